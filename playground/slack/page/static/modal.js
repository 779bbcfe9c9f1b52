// The modals on your screen: the topmost is shown, what you typed survives redrawing.

import { h } from "./dom.js";
import { choice, readAll } from "./inputs.js";
import { renderBlocks } from "./kit.js";
import { textObject } from "./mrkdwn.js";
import { post } from "./wire.js";

let shown = "";

export function drawModal(overlay, view, context) {
  const version = view ? `${view.id} ${view.hash} ${JSON.stringify(view.errors)}` : "";
  if (version === shown) return;
  const typed = view && shown.startsWith(`${view.id} `) ? readAll(overlay) : {};
  shown = version;
  overlay.hidden = !view;
  overlay.replaceChildren(...(view ? [dialog(view, context)] : []));
  restore(overlay, typed);
  overlay.querySelector("input, textarea, select")?.focus();
}

function restore(overlay, typed) {
  for (const made of overlay.querySelectorAll("[data-block]")) {
    const value = typed[made.dataset.block]?.[made.dataset.action];
    if (typeof value === "string" && !made.matches("div") && value !== choice(made)) made.value = value;
  }
}

function dialog(view, context) {
  const you = context.you;
  const close = () => post("close", { user: you, view_id: view.id });
  const submit = async (event) => {
    event.preventDefault();
    form.classList.add("busy");
    await post("submit", { user: you, view_id: view.id, values: readAll(form) });
    form.classList.remove("busy");
  };
  const kit = {
    ...context,
    errors: view.errors,
    state: view.state.values,
    act: (one, used) => post("press", { user: you, view_id: view.id, action_id: one.action_id, ...used }),
    suggest: (one) => post("suggest", { user: you, view_id: view.id, action_id: one.action_id, value: "" }),
  };
  const form = h("form", { class: "modal", onsubmit: submit, role: "dialog", "aria-modal": "true", novalidate: true,
    onkeydown: (event) => event.key === "Escape" && close() },
    h("header", {}, h("h2", {}, textObject(view.title)),
      h("button", { type: "button", class: "quiet", "aria-label": "Close", onclick: close }, "✕")),
    view.errors[""] && h("p", { class: "error", role: "alert" }, view.errors[""]),
    h("div", { class: "modal-body" }, renderBlocks(view.blocks, kit)),
    h("footer", {},
      h("button", { type: "button", class: "kit-button", onclick: close }, view.close ? textObject(view.close) : "Cancel"),
      view.submit && h("button", { type: "submit", class: "kit-button primary" }, textObject(view.submit))));
  return form;
}
