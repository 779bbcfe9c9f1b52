// Block Kit: blocks of messages and views, their buttons and selects.
// `act(element, {value, selected})` is called when somebody uses an element.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { channel, emojify, mention, mrkdwn, textObject } from "./mrkdwn.js";
import { choice, control, isInput } from "./inputs.js";

export function renderBlocks(blocks, context) {
  return blocks.map((block) => renderBlock(block, context));
}

function renderBlock(block, context) {
  switch (block.type) {
    case "header": return h("h3", { class: "kit-header" }, textObject(block.text));
    case "divider": return h("hr");
    case "section": return section(block, context);
    case "context": return h("div", { class: "kit-context" }, block.elements.map(contextElement));
    case "actions": return h("div", { class: "kit-actions" }, block.elements.map((one) => element(one, block, context)));
    case "image": return figure(block);
    case "markdown": return h("div", { class: "kit-text" }, mrkdwn(block.text.replace(/\*\*/g, "*")));
    case "rich_text": return h("div", { class: "kit-text" }, block.elements.map(rich));
    case "input": return input(block, context);
    default: return h("div", { class: "kit-unknown" }, `(${block.type})`);
  }
}

function section(block, context) {
  return h("div", { class: "kit-section" },
    h("div", { class: "kit-body" },
      block.text && h("div", { class: "kit-text" }, textObject(block.text)),
      block.fields && h("div", { class: "kit-fields" }, block.fields.map((one) => h("div", {}, textObject(one))))),
    block.accessory && h("div", { class: "kit-accessory" }, element(block.accessory, block, context)));
}

const contextElement = (one) => (one.type === "image" ? picture(one) : h("span", {}, textObject(one)));
const picture = (one) => h("img", { src: one.image_url, alt: one.alt_text, loading: "lazy" });

function figure(block) {
  return h("figure", {}, block.title && h("figcaption", {}, textObject(block.title)), picture(block));
}

function input(block, context) {
  const error = context.errors?.[block.block_id];
  return h("div", { class: error ? "kit-input wrong" : "kit-input" },
    h("label", { for: id(block, block.element) }, textObject(block.label), block.optional && h("small", {}, " (optional)")),
    element(block.element, block, context),
    error && h("p", { class: "error", role: "alert" }, `⚠ ${error}`),
    block.hint && h("p", { class: "hint" }, textObject(block.hint)));
}

const id = (block, one) => `in-${block.block_id}-${one.action_id}`;

function element(one, block, context) {
  if (one.type === "image") return picture(one);
  if (one.type === "button") return button(one, block, context);
  if (one.type === "overflow") return overflow(one, block, context);
  if (!isInput(one)) return h("span", { class: "kit-unknown" }, `(${one.type})`);
  const made = control(one, context.state?.[block.block_id]?.[one.action_id], context);
  made.id = id(block, one);
  made.dataset.block = block.block_id;
  made.dataset.action = one.action_id;
  if (block.type !== "input" || block.dispatch_action) {
    made.addEventListener("change", async () => {
      const selected = choice(made);
      if (selected !== null && (await confirmed(one.confirm))) context.act(one, { selected });
    });
  }
  return made;
}

function button(one, block, context) {
  const press = async () => {
    if (!(await confirmed(one.confirm))) return;
    if (one.url) window.open(one.url, "_blank", "noopener");
    made.classList.add("busy");
    await context.act(one, { value: one.value ?? null });
    made.classList.remove("busy");
  };
  const made = h("button", { type: "button", class: `kit-button ${one.style ?? ""}`, onclick: press }, emojify(one.text.text));
  made.dataset.action = one.action_id;
  return made;
}

function overflow(one, block, context) {
  const menu = h("select", { class: "kit-overflow", "aria-label": "More" }, h("option", { value: "" }, "⋯"),
    one.options.map((option) => h("option", { value: option.value }, emojify(option.text.text))));
  menu.addEventListener("change", async () => {
    const selected = menu.value;
    menu.value = "";
    if (selected && (await confirmed(one.confirm))) context.act(one, { selected });
  });
  return menu;
}

function confirmed(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((settle) => {
    const answer = (yes) => () => { dialog.remove(); settle(yes); };
    const dialog = h("dialog", { class: "confirm", oncancel: answer(false) },
      h("h3", {}, textObject(confirm.title)), h("p", {}, textObject(confirm.text)),
      h("div", { class: "kit-actions end" },
        h("button", { type: "button", class: "kit-button", onclick: answer(false) }, confirm.deny.text),
        h("button", { type: "button", class: `kit-button ${confirm.style ?? "primary"}`, onclick: answer(true) }, confirm.confirm.text)));
    document.body.append(dialog);
    dialog.showModal();
  });
}

function rich(part) {
  const inner = (part.elements ?? []).map((one) => (part.type === "rich_text_list" ? h("li", {}, rich(one)) : richElement(one)));
  switch (part.type) {
    case "rich_text_list": return h(part.style === "ordered" ? "ol" : "ul", {}, inner);
    case "rich_text_preformatted": return h("pre", {}, inner);
    case "rich_text_quote": return h("blockquote", {}, inner);
    default: return h("span", {}, inner);
  }
}

function richElement(one) {
  const styled = Object.entries({ bold: "strong", italic: "em", strike: "s", code: "code" })
    .filter(([style]) => one.style?.[style])
    .reduce((node, [, tag]) => h(tag, {}, node), plainRich(one));
  return styled;
}

function plainRich(one) {
  switch (one.type) {
    case "link": return link(one.url, one.text ?? one.url);
    case "user": return mention(one.user_id);
    case "channel": return channel(one.channel_id);
    case "emoji": return emoji(one.name);
    case "broadcast": return h("span", { class: "mention you" }, `@${one.range}`);
    default: return one.text ?? "";
  }
}
