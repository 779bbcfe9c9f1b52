// Build elements. Text always becomes a text node, so nothing anybody writes can become markup.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SAFE = /^(https?:|mailto:)/i;

export function link(address, ...children) {
  const href = SAFE.test(address) ? address : undefined;
  const here = href?.startsWith(location.origin) && href.includes("/archives/");
  return h("a", { href, target: here ? undefined : "_blank", rel: "noopener noreferrer" }, ...children);
}

export function clock(ts) {
  return new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day(ts) {
  const date = new Date(Number(ts) * 1000);
  const today = new Date().toDateString() === date.toDateString();
  return today ? "Today" : date.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}
