// The messages of one channel or thread.

import { clock, day, h } from "./dom.js";
import { emoji } from "./emoji.js";
import { renderBlocks } from "./kit.js";
import { mrkdwn } from "./mrkdwn.js";
import { post } from "./wire.js";

const QUIET = /^(channel|group)_/;
const QUICK = ["pushpin", "white_check_mark", "eyes", "star"];
const TOGETHER_SECONDS = 300;

// Rows that did not change stay as they are, so an open select or preview survives what others write.
const drawn = new WeakMap();

function kept(place, key, make) {
  const rows = drawn.get(place) ?? new Map();
  drawn.set(place, rows);
  if (!rows.has(key)) rows.set(key, make());
  return rows.get(key);
}

function forget(place, rows) {
  const known = drawn.get(place) ?? new Map();
  for (const [key, row] of known) if (!rows.includes(row)) known.delete(key);
}

export function drawMessages(place, messages, context) {
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 80;
  let before = null;
  const rows = messages.flatMap((message) => {
    const newDay = !before || day(before.ts) !== day(message.ts);
    const previous = newDay ? null : before;
    const key = JSON.stringify([context.you, context.channel, previous?.ts, message]);
    const row = kept(place, key, () => drawMessage(message, previous, context));
    before = message;
    return newDay && context.days ? [h("div", { class: "day" }, h("span", {}, day(message.ts))), row] : [row];
  });
  forget(place, rows);
  for (const child of [...place.children]) if (!rows.includes(child)) child.remove();
  rows.forEach((row, index) => {
    if (place.children[index] !== row) place.insertBefore(row, place.children[index] ?? null);
  });
  if (atEnd) place.scrollTop = place.scrollHeight;
}

function drawMessage(message, before, context) {
  if (QUIET.test(message.subtype ?? "")) return quietLine(message);
  const author = context.user(message.user);
  const follows = before && before.user === message.user && !QUIET.test(before.subtype ?? "")
    && message.ts - before.ts < TOGETHER_SECONDS && before.ephemeral_to === message.ephemeral_to;
  const kinds = ["message", follows && "follows", message.ephemeral_to && "ephemeral", message.pinned_to && "pinned"];
  return h("article", { class: kinds.filter(Boolean).join(" "), id: `m-${message.ts}` },
    h("div", { class: "face" }, follows ? h("time", {}, clock(message.ts)) : face(author)),
    h("div", { class: "content" },
      message.ephemeral_to && h("p", { class: "note" }, "👁 Only visible to you"),
      message.pinned_to && h("p", { class: "note" }, "📌 Pinned"),
      !follows && h("header", {}, h("strong", {}, author.real_name), author.is_bot && h("span", { class: "app" }, "APP"),
        h("time", { title: new Date(message.ts * 1000).toString() }, clock(message.ts))),
      body(message, context), files(message), reactions(message, context), replies(message, context)),
    !message.ephemeral_to && toolbar(message, context));
}

function quietLine(message) {
  return h("p", { class: "quiet-line", id: `m-${message.ts}` }, h("time", {}, clock(message.ts)), h("span", {}, mrkdwn(message.text)));
}

const HUES = [8, 28, 96, 160, 200, 232, 268, 320];
export function face(user) {
  const hue = HUES[[...user.id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % HUES.length];
  const initials = user.real_name.split(" ").map((word) => word[0]).slice(0, 2).join("");
  return h("span", { class: `avatar hue-${hue}`, "aria-hidden": "true" }, user.name === "tocsin" ? "🔔" : initials);
}

function body(message, context) {
  const kit = {
    ...context,
    state: {},
    act: (one, used) => post("press", { user: context.you, channel: context.channel, ts: message.ts, action_id: one.action_id, ...used }),
    suggest: (one) => post("suggest", { user: context.you, channel: context.channel, ts: message.ts, action_id: one.action_id, value: "" }),
  };
  const edited = message.edited && !context.user(message.user).is_bot && h("small", { class: "edited" }, " (edited)");
  const blocks = message.blocks ?? [];
  const words = blocks.length ? null : h("div", { class: "kit-text" }, mrkdwn(message.text), edited);
  return [words, ...renderBlocks(blocks, kit), ...(message.attachments ?? []).map((one) => attachment(one, kit))];
}

function attachment(one, kit) {
  return h("div", { class: "attachment" }, h("div", {},
    one.title && h("strong", {}, one.title), one.text && h("div", { class: "kit-text" }, mrkdwn(one.text)),
    renderBlocks(one.blocks ?? [], kit)));
}

function files(message) {
  return (message.files ?? []).map((file) => h("div", { class: "file" },
    h("span", { class: "file-icon" }, file.filetype.slice(0, 4) || "file"),
    h("div", {}, h("strong", {}, file.title), h("small", {}, `${file.name} · ${size(file.size)}`)),
    h("a", { href: new URL(file.url_private).pathname, download: file.name, class: "kit-button" }, "Download"),
    /^(md|txt|json|ya?ml|log)$/.test(file.filetype) && preview(file)));
}

function preview(file) {
  const pre = h("pre", { class: "preview" });
  return h("details", { ontoggle: async (event) => {
    if (event.target.open && !pre.textContent) pre.textContent = await (await fetch(new URL(file.url_private).pathname)).text();
  } }, h("summary", {}, "Preview"), pre);
}

const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KB`);

function react(message, name, context, remove) {
  return post("react", { user: context.you, channel: context.channel, ts: message.ts, name, remove });
}

function reactions(message, context) {
  if (!message.reactions) return null;
  return h("div", { class: "reactions" }, message.reactions.map(({ name, users }) => {
    const mine = users.includes(context.you);
    const who = users.map((one) => context.user(one).real_name).join(", ");
    return h("button", { type: "button", class: mine ? "mine" : "", title: `${who} reacted with :${name}:`,
      onclick: () => react(message, name, context, mine) }, `${emoji(name)} ${users.length}`);
  }));
}

function replies(message, context) {
  if (!message.reply_count || !context.openThread) return null;
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  return h("button", { type: "button", class: "replies", onclick: () => context.openThread(message.ts) }, count,
    h("small", {}, `last at ${clock(message.latest_reply)}`));
}

function toolbar(message, context) {
  const pinned = Boolean(message.pinned_to);
  const mine = (name) => message.reactions?.some((one) => one.name === name && one.users.includes(context.you));
  return h("div", { class: "toolbar" },
    QUICK.map((name) => h("button", { type: "button", title: `React with :${name}:`,
      onclick: () => react(message, name, context, mine(name)) }, emoji(name))),
    context.openThread && h("button", { type: "button", title: "Reply in thread", onclick: () => context.openThread(message.ts) }, "💬"),
    context.shortcuts.map((one) => h("button", { type: "button", class: "text", title: `Shortcut: ${one.title}`,
      onclick: () => post("shortcut", { user: context.you, callback_id: one.callback_id, channel: context.channel, ts: message.ts }) }, one.title)),
    h("button", { type: "button", title: pinned ? "Unpin" : "Pin to channel", class: "text",
      onclick: () => post("pin", { user: context.you, channel: context.channel, ts: message.ts, remove: pinned }) },
      pinned ? "Unpin" : "Pin"));
}
