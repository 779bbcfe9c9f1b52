// The page: reads the whole state after every change and draws it; the address names the channel and the message.

import { h, link } from "./dom.js";
import { composer } from "./composer.js";
import { renderBlocks } from "./kit.js";
import { drawMessages } from "./messages.js";
import { drawModal } from "./modal.js";
import { emojify, knowNames, mrkdwn } from "./mrkdwn.js";
import { drawSidebar } from "./sidebar.js";
import { follow, post, readState } from "./wire.js";

const $ = (id) => document.getElementById(id);
const page = { state: null, you: localStorage.you ?? "U0ANA", channel: "C0GENERAL", thread: "", home: false, jump: "" };

const person = (id) => page.state.users.find((one) => one.id === id) ?? { id, name: id, real_name: id, is_bot: false };
const room = () => page.state.channels.find((one) => one.id === page.channel);
const visible = (message) => !message.ephemeral_to || message.ephemeral_to === page.you;

function context() {
  return {
    you: page.you,
    channel: page.channel,
    user: person,
    people: () => page.state.users.filter((one) => !one.is_bot).map((one) => ({ id: one.id, name: one.real_name })),
    rooms: () => page.state.channels.filter((one) => one.name && !one.is_archived),
    days: true,
    shortcuts: page.state.message_shortcuts,
    openThread: (ts) => { page.thread = ts; draw(); },
  };
}

async function refresh() {
  page.state = await readState();
  draw();
}

function draw() {
  if (!page.state) return;
  if (!room()) page.channel = page.state.channels[0].id;
  const byId = (list, name) => Object.fromEntries(list.map((one) => [one.id, name(one)]));
  knowNames({
    users: byId(page.state.users, (one) => one.real_name),
    channels: byId(page.state.channels, (one) => one.name ?? "direct message"),
    groups: byId(page.state.usergroups, (one) => one.handle),
    you: page.you,
  });
  markRead();
  drawPersona();
  drawSidebar($("channels"), page, { person, visible, seen, go });
  if (page.home) drawHome();
  else drawChannel();
  drawThread();
  const mine = page.state.views.filter((view) => view.type === "modal" && view.user === page.you);
  drawModal($("overlay"), mine.at(-1), context());
}

function drawPersona() {
  const people = page.state.users.filter((one) => !one.is_bot);
  if ($("persona").options.length === people.length) return;
  $("persona").replaceChildren(...people.map((one) => h("option", { value: one.id }, `${one.name}, ${one.profile.title}`)));
  $("persona").value = page.you;
}

function title(shown) {
  if (!shown.is_im) return `# ${shown.name}`;
  return person(shown.members.find((id) => id !== page.you) ?? page.you).real_name;
}

function drawChannel() {
  const shown = room();
  document.title = `${title(shown)}, to practise`;
  $("heading").replaceChildren(
    h("h1", {}, shown.is_private && !shown.is_im ? "🔒 " : "", title(shown)),
    h("p", { class: "topic" }, mrkdwn(shown.topic?.value ?? "")),
    h("span", { class: "members", title: shown.members.map((id) => person(id).real_name).join(", ") }, `${shown.members.length} members`));
  $("bar").replaceChildren(...bookmarks(shown), ...pins(shown));
  const messages = shown.messages.filter((message) => visible(message) && !message.is_reply);
  drawMessages($("messages"), messages, context());
  const member = shown.members.includes(page.you);
  $("composer").hidden = shown.is_archived || !member;
  $("words").placeholder = shown.is_im ? `Message ${title(shown)}` : `Message #${shown.name}, or type / for a command`;
  if (!member || shown.is_archived) $("messages").append(outside(shown));
  jump();
}

function outside(shown) {
  if (shown.is_archived) return h("p", { class: "outside" }, `#${shown.name} is archived. It can be read, and its name stays taken.`);
  return h("p", { class: "outside" }, `You are not in #${shown.name}. `,
    h("button", { type: "button", class: "kit-button primary", onclick: () => post("member", { user: page.you, channel: page.channel }) }, "Join channel"));
}

const bookmarks = (shown) => shown.bookmarks.map((one) => h("span", { class: "chip" }, link(one.link, one.emoji ? emojify(`${one.emoji} `) : "🔗 ", one.title)));

function pins(shown) {
  return shown.pins.map((pin) => {
    const message = shown.messages.find((one) => one.ts === pin.ts);
    const words = message?.text || message?.blocks?.find((block) => block.text)?.text.text || "a message";
    return h("button", { type: "button", class: "chip", title: `Pinned by ${person(pin.by).real_name}`,
      onclick: () => { page.jump = pin.ts; jump(); } }, "📌 ", emojify(words.replace(/<[^>|]*\|?([^>]*)>/g, "$1").replace(/[*_`]/g, "")).slice(0, 60));
  });
}

function jump() {
  if (!page.jump) return;
  const target = $(`m-${page.jump}`);
  page.jump = "";
  target?.scrollIntoView({ block: "center" });
  target?.classList.add("found");
}

function drawHome() {
  const view = page.state.views.find((one) => one.type === "home" && one.user === page.you);
  $("heading").replaceChildren(h("h1", {}, "🔔 Tocsin"), h("p", { class: "topic" }, "Home"));
  $("bar").replaceChildren();
  $("composer").hidden = true;
  const kit = { ...context(), state: {}, act: (one, used) => post("press", { user: page.you, view_id: view.id, action_id: one.action_id, ...used }) };
  $("messages").replaceChildren(h("div", { class: "home" }, view ? renderBlocks(view.blocks, kit) : h("p", { class: "outside" }, "The app has not published a home tab for you.")));
}

let threadComposer;
function drawThread() {
  $("thread").hidden = !page.thread || page.home;
  if (!page.thread || page.home) return;
  if (!$("thread-messages")) {
    threadComposer = composerForm();
    $("thread").replaceChildren(
      h("header", {}, h("h2", {}, "Thread"), h("button", { type: "button", class: "quiet", "aria-label": "Close thread",
        onclick: () => { page.thread = ""; draw(); } }, "✕")),
      h("section", { id: "thread-messages" }), threadComposer);
  }
  threadComposer.hidden = $("composer").hidden;
  const thread = room().messages.filter((one) => visible(one) && (one.ts === page.thread || one.thread_ts === page.thread));
  drawMessages($("thread-messages"), thread, { ...context(), openThread: null, days: false });
}

function composerForm() {
  const form = h("form", { class: "composer", autocomplete: "off" }, h("textarea", { rows: 1, placeholder: "Reply…", "aria-label": "Reply" }),
    h("button", { type: "submit", "aria-label": "Send reply" }, "Send"));
  composer(form, null, (words) => say(words, page.thread), () => page.state);
  return form;
}

function say(words, thread_ts = "") {
  const where = { user: page.you, channel: page.channel, text: words };
  return words.startsWith("/") && !thread_ts ? post("command", where) : post("message", { ...where, thread_ts });
}

// -- what has been read, per person and channel ---------------------------------------------------

const seenKey = (channel) => `seen ${page.you} ${channel}`;
const seen = (channel) => localStorage.getItem(seenKey(channel)) ?? "";
function markRead() {
  const last = room().messages.filter(visible).at(-1);
  if (last && !page.home && !document.hidden) localStorage.setItem(seenKey(page.channel), last.ts);
}

// -- where we are ---------------------------------------------------------------------------------

function go(channel) {
  location.hash = channel;
}

function arrive() {
  const [channel, ts] = location.hash.slice(1).split("/");
  const opensHome = channel === "home";
  if (opensHome && !page.home) post("home", { user: page.you });
  page.home = opensHome;
  if (channel && !opensHome) page.channel = channel;
  page.thread = "";
  page.jump = ts ?? "";
  $("messages").scrollTop = $("messages").scrollHeight;
  draw();
  $("messages").scrollTop = page.jump ? $("messages").scrollTop : $("messages").scrollHeight;
  $("words").focus();
}

$("persona").addEventListener("change", (event) => {
  page.you = localStorage.you = event.target.value;
  page.thread = "";
  draw();
});
window.addEventListener("hashchange", arrive);
document.addEventListener("visibilitychange", draw);
composer($("composer"), $("suggestions"), (words) => say(words), () => page.state);
follow(refresh, (online) => { $("line").textContent = online ? "live" : "reconnecting…"; });
await refresh();
arrive();
