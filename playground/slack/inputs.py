"""What a person puts into the elements of a message or a modal, in the shape Slack sends it."""

from collections.abc import Sequence

from tocsin.playground.slack.blocks import elements_of, options_of
from tocsin.playground.slack.errors import NoSuchThing
from tocsin.playground.slack.shapes import Json, child, text

_CHOSEN = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
    "rich_text_input": "rich_text_value",
}
_ONE_OPTION = ("static_select", "external_select", "radio_buttons", "overflow")
_MANY_OPTIONS = ("multi_static_select", "multi_external_select", "checkboxes")
_STATELESS = ("button", "overflow", "workflow_button")
_INITIAL = {
    "selected_option": "initial_option",
    "selected_options": "initial_options",
    "selected_user": "initial_user",
    "selected_users": "initial_users",
    "selected_conversation": "initial_conversation",
    "selected_conversations": "initial_conversations",
    "selected_channel": "initial_channel",
    "selected_channels": "initial_channels",
    "selected_date": "initial_date",
    "selected_time": "initial_time",
    "selected_date_time": "initial_date_time",
    "value": "initial_value",
}

Simple = str | int | list[str] | None


def slot(element: Json) -> str:
    """Name the key that holds what was entered, such as value or selected_option."""
    kind = text(element, "type")
    if kind in _ONE_OPTION:
        return "selected_option"
    if kind in _MANY_OPTIONS:
        return "selected_options"
    return _CHOSEN.get(kind, "value")


def filled(element: Json, entered: Simple) -> Json:
    """Build an element's state from a plain value: text, option value, user id, or a list of them."""
    kind = text(element, "type")
    value: object = entered
    if kind in _ONE_OPTION and entered is not None:
        value = _option(element, str(entered))
    elif kind in _MANY_OPTIONS:
        many = entered if isinstance(entered, list) else [entered]
        value = [_option(element, str(one)) for one in many if one not in (None, "")]
    return {"type": kind, slot(element): value}


def initial(element: Json) -> Json:
    """Build an element's state before anybody touched it."""
    key = slot(element)
    empty: object = [] if key.endswith("s") else None
    return {"type": text(element, "type"), key: element.get(_INITIAL.get(key, ""), empty)}


def _option(element: Json, value: str) -> Json:
    if "external" in text(element, "type"):
        return {"text": {"type": "plain_text", "text": value, "emoji": True}, "value": value}
    for option in options_of(element):
        if text(option, "value") == value or text(child(option, "text"), "text") == value:
            return option
    offered = ", ".join(text(option, "value") for option in options_of(element))
    raise NoSuchThing(f"{text(element, 'action_id')} has no option {value!r}; it offers {offered}")


def values(blocks: Sequence[Json], known: Json, entered: Json) -> Json:
    """Build `state.values`: initial values, over them what is known, over that what was just entered.

    `entered` maps action_id to a plain value, or block_id to {action_id: plain value,
    or state in Slack's own shape}.
    """
    state: dict[str, Json] = {}
    used: set[str] = set()
    for block, element in elements_of(blocks):
        if text(element, "type") in _STATELESS:
            continue
        block_id, action_id = text(block, "block_id"), text(element, "action_id")
        current = child(child(known, block_id), action_id) or initial(element)
        within = child(entered, block_id)
        if action_id in within:
            own = within[action_id]
            current = own if isinstance(own, dict) else filled(element, _simple(own))
            used = used | {block_id}
        elif action_id in entered:
            current, used = filled(element, _simple(entered[action_id])), used | {action_id}
        state.setdefault(block_id, {})[action_id] = current
    missed = entered.keys() - used
    if missed:
        names = ", ".join(action for block in state.values() for action in block)
        raise NoSuchThing(f"no input named {', '.join(sorted(missed))}; the inputs are {names}")
    return dict(state)


def _simple(value: object) -> Simple:
    if isinstance(value, list):
        return [str(one) for one in value]
    return value if isinstance(value, str | int) else None


def missing(blocks: Sequence[Json], state: Json) -> dict[str, str]:
    """List, by block_id, what Slack's client complains of before it sends anything."""
    found: dict[str, str] = {}
    for block, element in elements_of(blocks):
        if text(block, "type") != "input":
            continue
        block_id = text(block, "block_id")
        entered = child(child(state, block_id), text(element, "action_id")).get(slot(element))
        if entered in (None, "", []):
            if block.get("optional") is not True:
                found[block_id] = "Please complete this required field."
        elif isinstance(entered, str):
            found.update(_length_error(block_id, element, entered))
    return found


def _length_error(block_id: str, element: Json, entered: str) -> dict[str, str]:
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and len(entered) < least:
        return {block_id: f"Please enter at least {least} characters."}
    if isinstance(most, int) and len(entered) > most:
        return {block_id: f"Please enter at most {most} characters."}
    return {}
