"""The parts of which windows are made."""

from collections.abc import Sequence

from tocsin.bot.names import Modal
from tocsin.bot.views.text import Block, clamp, plain

_BOXES = 10
"""Boxes of one element; https://docs.slack.dev/reference/block-kit/block-elements/checkboxes-element."""
_BOX = 75
"""Characters of what stands beside a box."""
_SUBMITS = {
    Modal.DECLARE: "Declare",
    Modal.UPDATE: "Post",
    Modal.SEVERITY: "Change",
    Modal.RESOLVE: "Resolve",
    Modal.REJECT: "Reject",
    Modal.APPROVE: "Approve",
    Modal.CANCEL_RUN: "Cancel the run",
    Modal.BREAK_GLASS: "Break the glass",
    Modal.RERUN: "Run again",
    Modal.COMPLETE: "Done",
    Modal.REFUSE: "Refuse",
}


def window(callback_id: Modal, title: str, blocks: list[Block], about: str = "") -> Block:
    """Return a window that is submitted; ``about`` comes back with it."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "submit": plain(_SUBMITS[callback_id], 24),
        "close": plain("Close", 24),
        "private_metadata": about,
        "blocks": blocks,
    }


def entry(name: str, label: str, element: Block, hint: str = "") -> Block:
    """Return an input that may be left empty."""
    block: Block = {"type": "input", "block_id": name, "label": plain(label, 2000), "element": element}
    return block | {"optional": True} | ({"hint": plain(hint, 2000)} if hint else {})


def required(block: Block) -> Block:
    """Return an input that has to be filled in."""
    return block | {"optional": False}


def text_field(name: str, initial: str = "", *, lines: bool = False, limit: int = 3000) -> Block:
    """Return a line, or with ``lines`` a field of several."""
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": lines, "max_length": limit}
    return element | ({"initial_value": clamp(initial, limit)} if initial else {})


def select(name: str, choices: Sequence[tuple[str, str]], chosen: str = "") -> Block:
    """Return a list of which one is chosen; ``choices`` are values with their labels."""
    options = [option(value, label) for value, label in choices[:100]]
    initial = next((one for one in options if one["value"] == chosen), None)
    element: Block = {"type": "static_select", "action_id": name, "options": options}
    return element | ({"initial_option": initial} if initial else {})


def checklist(name: str, label: str, entries: Sequence[str]) -> list[Block]:
    """Return boxes to tick; their values are the indexes of the entries. Slack takes ten in one block."""
    blocks = []
    for first in range(0, len(entries), _BOXES):
        some = enumerate(entries[first : first + _BOXES], first)
        options = [_box(str(index), text) for index, text in some]
        own = f"{name}{first // _BOXES}"
        boxes: Block = {"type": "checkboxes", "action_id": own, "options": options}
        blocks.append(entry(own, label if first == 0 else f"{label} (more)", boxes))
    return blocks


def option(value: str, label: str) -> Block:
    """Return one choice."""
    return {"text": plain(label.strip()), "value": value}


def _box(value: str, label: str) -> Block:
    head, rest = label[:_BOX], label[_BOX:]
    return option(value, head or "…") | ({"description": plain(rest, _BOX)} if rest.strip() else {})
