// Slack's mrkdwn into nodes: https://docs.slack.dev/messaging/formatting-message-text

import { emoji } from "./emoji.js";
import { h, link } from "./dom.js";

let names = { users: {}, channels: {}, groups: {}, you: "" };
export const knowNames = (known) => { names = known; };

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const unescapeText = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
export const emojify = (text) => text.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name));

const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(?<![\\w*])\\*(?=\\S)([^*\\n]+?)(?<=\\S)\\*(?![\\w*])",
    "(?<![\\w_])_(?=\\S)([^_\\n]+?)(?<=\\S)_(?![\\w_])",
    "(?<![\\w~])~(?=\\S)([^~\\n]+?)(?<=\\S)~(?![\\w~])",
    ":([a-z0-9_+-]+):",
  ].join("|"),
  "g",
);

export function mrkdwn(text) {
  return text.split(/```\n?([\s\S]*?)\n?```/g).flatMap((part, index) =>
    index % 2 ? [h("pre", {}, unescapeText(part))] : paragraphs(part),
  );
}

function paragraphs(text) {
  const nodes = [];
  let quote = null;
  const lines = text.split("\n");
  lines.forEach((line, index) => {
    const quoted = line.match(/^(?:&gt;|>) ?(.*)$/);
    if (quoted) {
      if (!quote) nodes.push((quote = h("blockquote")));
      else quote.append(h("br"));
      quote.append(...inline(quoted[1]));
      return;
    }
    const afterQuote = quote !== null;
    quote = null;
    if (index > 0 && !afterQuote) nodes.push(h("br"));
    nodes.push(...inline(line));
  });
  return nodes;
}

function inline(text) {
  const nodes = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    nodes.push(unescapeText(text.slice(last, found.index)));
    nodes.push(span(found));
    last = found.index + found[0].length;
  }
  nodes.push(unescapeText(text.slice(last)));
  return nodes;
}

function span([whole, code, token, bold, italic, struck, shortcode]) {
  if (code) return h("code", {}, unescapeText(code));
  if (token) return reference(token);
  if (bold) return h("strong", {}, ...inline(bold));
  if (italic) return h("em", {}, ...inline(italic));
  if (struck) return h("s", {}, ...inline(struck));
  return shortcode ? emoji(shortcode) : whole;
}

function reference(token) {
  const [target, label] = token.split("|");
  if (target.startsWith("@")) return mention(target.slice(1), label);
  if (target.startsWith("#")) return channel(target.slice(1), label);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return h("span", { class: "mention" }, `@${names.groups[target.slice(9)] ?? label ?? "group"}`);
  if (target.startsWith("!")) return h("span", { class: "mention you" }, `@${target.slice(1)}`);
  return link(unescapeText(target), unescapeText(label ?? target.replace(/^mailto:/, "")));
}

export function mention(id, label) {
  const kind = id === names.you ? "mention you" : "mention";
  return h("span", { class: kind }, `@${names.users[id] ?? label ?? id}`);
}

export function channel(id, label) {
  return h("a", { class: "mention", href: `#${id}` }, `#${names.channels[id] ?? label ?? id}`);
}

function date(target, label) {
  const [, seconds, format] = target.split("^");
  const at = new Date(Number(seconds) * 1000);
  if (Number.isNaN(at.getTime())) return label ?? "";
  const text = format
    .replace(/\{date[a-z_]*\}|\{day_divider_pretty\}/g, () => at.toLocaleDateString([], { day: "numeric", month: "short" }))
    .replace(/\{time_secs\}/g, () => at.toLocaleTimeString())
    .replace(/\{time\}/g, () => at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }))
    .replace(/\{ago\}/g, () => `${Math.max(0, Math.round((Date.now() - at.getTime()) / 60000))} min ago`);
  return h("time", { datetime: at.toISOString(), title: at.toString() }, text);
}

export function textObject(object) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text) : [emojify(object.text)];
}
