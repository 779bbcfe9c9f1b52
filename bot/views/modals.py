"""The windows people fill in; at most seven inputs, only what cannot be guessed is required."""

from collections.abc import Sequence

from tocsin.bot.names import Field, Modal
from tocsin.bot.views.text import Block, clamp, plain, section
from tocsin.incidents.tables import Incident
from tocsin.organisation import Organisation

_SUBMITS = {
    Modal.DECLARE: "Declare",
    Modal.UPDATE: "Post",
    Modal.SEVERITY: "Change",
    Modal.RESOLVE: "Resolve",
    Modal.REJECT: "Reject",
}


def declare(organisation: Organisation, title: str = "") -> Block:
    """Return the window that declares an incident."""
    severities = [(one.name, f"{one.name.upper()} {one.description}") for one in organisation.severities]
    services = [(slug, one.name) for slug, one in organisation.services.items()]
    inputs = [
        _required(_input(Field.TITLE, "What is wrong?", _text(Field.TITLE, title, limit=200))),
        _input(
            Field.SEVERITY, "How bad is it?", _select(Field.SEVERITY, severities), "Can be changed later."
        ),
        _input(Field.SUMMARY, "What do you see, whom does it hurt?", _text(Field.SUMMARY, lines=True)),
        _input(Field.PRIVATE, "Who may see it?", _private()),
    ]
    if services:
        inputs.insert(2, _input(Field.SERVICE, "Service", _select(Field.SERVICE, services)))
    return _modal(Modal.DECLARE, "Declare an incident", inputs)


def update(incident: Incident, organisation: Organisation) -> Block:
    """Return the window that tells everybody where things stand."""
    statuses = [(one, one) for one in organisation.statuses]
    inputs = [
        _required(_input(Field.MESSAGE, "Where do things stand?", _text(Field.MESSAGE, lines=True))),
        _input(Field.STATUS, "Status", _select(Field.STATUS, statuses, incident.status)),
    ]
    return _modal(Modal.UPDATE, f"Update {incident.ref}", inputs, incident.id)


def severity(incident: Incident, organisation: Organisation) -> Block:
    """Return the window that changes the severity."""
    choices = [(one.name, f"{one.name.upper()} {one.description}") for one in organisation.severities]
    chosen = _select(Field.SEVERITY, choices, incident.severity)
    inputs = [
        _required(_input(Field.SEVERITY, "How bad is it?", chosen)),
        _input(Field.REASON, "Why?", _text(Field.REASON)),
    ]
    return _modal(Modal.SEVERITY, f"Severity of {incident.ref}", inputs, incident.id)


def resolve(incident: Incident) -> Block:
    """Return the window that ends the incident."""
    reason = _text(Field.REASON, lines=True)
    inputs = [_input(Field.REASON, "What fixed it?", reason, "It begins the postmortem.")]
    return _modal(Modal.RESOLVE, f"Resolve {incident.ref}", inputs, incident.id)


def reject(value: str) -> Block:
    """Return the window that asks why the answer is no."""
    inputs = [_required(_input(Field.REASON, "Why not?", _text(Field.REASON, lines=True)))]
    return _modal(Modal.REJECT, "Reject", inputs, value)


def notice(title: str, text: str) -> Block:
    """Return a window that only says something."""
    return {"type": "modal", "title": plain(title, 24), "close": plain("Close"), "blocks": [section(text)]}


def _modal(callback_id: Modal, title: str, inputs: list[Block], about: str = "") -> Block:
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(title, 24),
        "submit": plain(_SUBMITS[callback_id], 24),
        "close": plain("Close", 24),
        "private_metadata": about,
        "blocks": inputs,
    }


def _input(name: Field, label: str, element: Block, hint: str = "") -> Block:
    block: Block = {"type": "input", "block_id": name, "label": plain(label, 2000), "element": element}
    return block | {"optional": True} | ({"hint": plain(hint, 2000)} if hint else {})


def _required(block: Block) -> Block:
    return block | {"optional": False}


def _text(name: Field, initial: str = "", *, lines: bool = False, limit: int = 3000) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": name, "multiline": lines, "max_length": limit}
    return element | ({"initial_value": clamp(initial, limit)} if initial else {})


def _select(name: Field, choices: Sequence[tuple[str, str]], chosen: str = "") -> Block:
    options = [_option(value, label) for value, label in choices[:100]]
    initial = next((option for option in options if option["value"] == chosen), None)
    element: Block = {"type": "static_select", "action_id": name, "options": options}
    return element | ({"initial_option": initial} if initial else {})


def _private() -> Block:
    option = _option("yes", "Only whom it is about: a private channel, no announcement")
    return {"type": "checkboxes", "action_id": Field.PRIVATE, "options": [option]}


def _option(value: str, label: str) -> Block:
    return {"text": plain(label.strip()), "value": value}
