// The controls people fill in: in modals, and as selects in messages.

import { h } from "./dom.js";
import { emojify } from "./mrkdwn.js";

const TYPES = { datepicker: "date", timepicker: "time", number_input: "number", email_text_input: "email", url_text_input: "url" };
const PEOPLE = /users_select$/;
const ROOMS = /(conversations|channels)_select$/;

export const isInput = (one) => /_select$|_input$|picker$|^checkboxes$|^radio_buttons$/.test(one.type);

// Make the control; `state` is what was entered before.
export function control(one, state, context) {
  const known = state && (state.value ?? state.selected_option?.value ?? state.selected_user ?? state.selected_conversation
    ?? state.selected_channel ?? state.selected_date ?? state.selected_time ?? state.selected_options?.map((o) => o.value)
    ?? state.selected_users ?? null);
  const value = known ?? beginning(one);
  if (one.type === "checkboxes" || one.type === "radio_buttons") return group(one, value);
  if (/_select$/.test(one.type)) return select(one, value, context);
  return typed(one, value);
}

function beginning(one) {
  return one.initial_value ?? one.initial_option?.value ?? one.initial_user ?? one.initial_conversation ?? one.initial_channel
    ?? one.initial_date ?? one.initial_time ?? one.initial_options?.map((option) => option.value) ?? one.initial_users ?? null;
}

function typed(one, value) {
  const common = { placeholder: one.placeholder?.text, maxlength: one.max_length, value: value ?? "" };
  if (one.multiline) return h("textarea", { ...common, rows: 4 });
  return h("input", { ...common, type: TYPES[one.type] ?? "text" });
}

function select(one, value, context) {
  const many = one.type.startsWith("multi_");
  const chosen = [value ?? []].flat();
  const made = h("select", { multiple: many },
    many ? null : h("option", { value: "" }, one.placeholder?.text ?? "Select…"), offers(one, context));
  for (const option of made.options) option.selected = chosen.includes(option.value) || (!many && !chosen.length && !option.value);
  if (one.type.includes("external")) askTheApp(made, one, context);
  return made;
}

function offers(one, context) {
  const plain = (option) => h("option", { value: option.value }, emojify(option.text.text));
  if (PEOPLE.test(one.type)) return context.people().map(({ id, name }) => h("option", { value: id }, name));
  if (ROOMS.test(one.type)) return context.rooms().map(({ id, name }) => h("option", { value: id }, `#${name}`));
  if (one.option_groups) return one.option_groups.map((set) => h("optgroup", { label: set.label.text }, set.options.map(plain)));
  return (one.options ?? []).map(plain);
}

async function askTheApp(made, one, context) {
  const answer = await context.suggest(one);
  const options = answer.options ?? (answer.option_groups ?? []).flatMap((set) => set.options);
  made.append(...options.map((option) => h("option", { value: option.value }, emojify(option.text.text))));
}

function group(one, value) {
  const kind = one.type === "checkboxes" ? "checkbox" : "radio";
  const chosen = [value ?? []].flat();
  const name = `${one.action_id}-${Math.random().toString(36).slice(2)}`;
  return h("div", { class: "kit-group" }, one.options.map((option) => h("label", {},
    h("input", { type: kind, name, value: option.value, checked: chosen.includes(option.value) }),
    h("span", {}, emojify(option.text.text), option.description && h("small", {}, emojify(option.description.text))))));
}

// Read a control: a string, a list of strings, or null when nothing is chosen.
export function choice(made) {
  if (made.matches("div")) {
    const on = [...made.querySelectorAll("input:checked")].map((box) => box.value);
    return made.querySelector("input[type=checkbox]") ? on : on[0] ?? null;
  }
  if (made.multiple) return [...made.selectedOptions].map((option) => option.value);
  if (made.matches("select")) return made.value || null;
  return made.value;
}

// Read every control inside a form, by block and action.
export function readAll(form) {
  const values = {};
  for (const made of form.querySelectorAll("[data-block]")) {
    (values[made.dataset.block] ??= {})[made.dataset.action] = choice(made);
  }
  return values;
}
