// The list of channels, with what is unread.

import { h } from "./dom.js";
import { face } from "./messages.js";

export function drawSidebar(place, page, { person, visible, seen, go }) {
  const mine = (room) => room.members.includes(page.you);
  const rooms = page.state.channels.filter((room) => mine(room) || (!room.is_private && !room.is_im));
  const named = rooms.filter((room) => room.name && !room.is_mpim);
  const row = (room) => drawRow(room, page, { person, visible, seen, go, mine });
  place.replaceChildren(
    ...part("Channels", named.filter((room) => !room.is_archived), row),
    ...part("Direct messages", rooms.filter((room) => room.is_im || room.is_mpim), row),
    h("h2", {}, "Apps"),
    h("button", { type: "button", class: page.home ? "row here" : "row", onclick: () => go("home") }, h("span", { class: "mark" }, "🔔"), "Tocsin"),
    ...part("Archived", named.filter((room) => room.is_archived), row));
}

const part = (title, rooms, row) => (rooms.length ? [h("h2", {}, title), ...rooms.map(row)] : []);

function drawRow(room, page, { person, visible, seen, go, mine }) {
  const here = room.id === page.channel && !page.home;
  const unread = room.messages.filter((one) => visible(one) && one.user !== page.you && Number(one.ts) > Number(seen(room.id) || 0));
  const loud = mine(room) && !here && unread.length > 0;
  const kinds = ["row", here && "here", loud && "unread", !mine(room) && "foreign"].filter(Boolean).join(" ");
  return h("button", { type: "button", class: kinds, onclick: () => go(room.id), "aria-current": here ? "page" : undefined },
    h("span", { class: "mark" }, mark(room, page, person)), h("span", { class: "name" }, label(room, page, person)),
    loud && h("span", { class: "count", "aria-label": `${unread.length} unread` }, String(Math.min(unread.length, 99))));
}

const other = (room, page, person) => person(room.members.find((id) => id !== page.you) ?? page.you);

function mark(room, page, person) {
  if (room.is_im) return face(other(room, page, person));
  return room.is_private ? "🔒" : "#";
}

function label(room, page, person) {
  if (room.is_im) return other(room, page, person).real_name;
  return room.is_mpim ? room.members.map((id) => person(id).name).join(", ") : room.name;
}
