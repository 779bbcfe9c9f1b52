// Keeps a page current: when the server says that something changed, the page is fetched again and its parts
// marked data-live are put in place of the old ones. What somebody is typing in, or has opened, stays.
"use strict";

const watched = document.querySelector("[data-watch]");
let due = false;
let busy = false;

const opened = (part) => [...part.querySelectorAll("details")].map((one) => one.open);
const typedIn = (part) =>
  part.contains(document.activeElement) ||
  [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((one) =>
    one.type === "checkbox" ? one.checked !== one.defaultChecked : one.value !== one.defaultValue,
  );

function replace(part, fresh) {
  if (!fresh || part.innerHTML === fresh.innerHTML && part.className === fresh.className) return;
  const asks = (one) => one.querySelector("[name=digest]")?.value;
  if (typedIn(part) && asks(part) === asks(fresh)) return;
  const open = opened(part);
  fresh.querySelectorAll("details").forEach((one, index) => { one.open = open[index] ?? false; });
  part.replaceWith(document.adoptNode(fresh));
}

async function refresh() {
  if (busy) { due = true; return; }
  busy = true;
  due = false;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelectorAll("[data-live]").forEach((part) => replace(part, page.getElementById(part.id)));
  } finally {
    busy = false;
    if (due) refresh();
  }
}

if (watched) {
  const stream = new EventSource(watched.dataset.watch);
  stream.addEventListener("changed", refresh);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}
