// The field people write in: Enter sends, Shift+Enter breaks the line, / suggests commands.

import { h } from "./dom.js";

export function composer(form, suggestions, send, state) {
  const words = form.querySelector("textarea");
  const submit = async () => {
    const text = words.value.trim();
    if (!text) return;
    words.value = "";
    fit();
    await send(text);
  };
  const fit = () => {
    words.rows = Math.min(8, words.value.split("\n").length);
    if (suggestions) suggest(suggestions, words, state());
  };
  words.addEventListener("input", fit);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && suggestions) suggestions.hidden = true;
    if (event.key === "Tab" && suggestions && !suggestions.hidden) {
      event.preventDefault();
      suggestions.firstElementChild.click();
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
}

function suggest(place, words, state) {
  const typed = words.value;
  const offered = /^\/\S*$/.test(typed) ? state.commands.filter((one) => one.command.startsWith(typed)) : [];
  place.hidden = offered.length === 0;
  place.replaceChildren(...offered.map((one) => h("button", { type: "button", role: "option",
    onclick: () => { words.value = `${one.command} `; place.hidden = true; words.focus(); } },
    h("strong", {}, one.command), h("code", {}, one.hint), h("small", {}, one.description))));
}
