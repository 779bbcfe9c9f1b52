"""The windows people fill in; at most seven inputs, only what cannot be guessed is required."""

from tocsin.bot.names import Field, Modal
from tocsin.bot.views.forms import entry, option, required, select, text_field, window
from tocsin.bot.views.text import Block, plain, section
from tocsin.incidents.tables import Incident
from tocsin.organisation import Organisation


def declare(organisation: Organisation, title: str = "") -> Block:
    """Return the window that declares an incident."""
    severities = [(one.name, f"{one.name.upper()} {one.description}") for one in organisation.severities]
    services = [(slug, one.name) for slug, one in organisation.services.items()]
    inputs = [
        required(entry(Field.TITLE, "What is wrong?", text_field(Field.TITLE, title, limit=200))),
        entry(Field.SEVERITY, "How bad is it?", select(Field.SEVERITY, severities), "Can be changed later."),
        entry(Field.SUMMARY, "What do you see, whom does it hurt?", text_field(Field.SUMMARY, lines=True)),
        entry(Field.PRIVATE, "Who may see it?", _private()),
    ]
    if services:
        inputs.insert(2, entry(Field.SERVICE, "Service", select(Field.SERVICE, services)))
    return window(Modal.DECLARE, "Declare an incident", inputs)


def update(incident: Incident, organisation: Organisation) -> Block:
    """Return the window that tells everybody where things stand."""
    statuses = [(one, one) for one in organisation.statuses]
    inputs = [
        required(entry(Field.MESSAGE, "Where do things stand?", text_field(Field.MESSAGE, lines=True))),
        entry(Field.STATUS, "Status", select(Field.STATUS, statuses, incident.status)),
    ]
    return window(Modal.UPDATE, f"Update {incident.ref}", inputs, incident.id)


def severity(incident: Incident, organisation: Organisation) -> Block:
    """Return the window that changes the severity."""
    choices = [(one.name, f"{one.name.upper()} {one.description}") for one in organisation.severities]
    chosen = select(Field.SEVERITY, choices, incident.severity)
    inputs = [
        required(entry(Field.SEVERITY, "How bad is it?", chosen)),
        entry(Field.REASON, "Why?", text_field(Field.REASON)),
    ]
    return window(Modal.SEVERITY, f"Severity of {incident.ref}", inputs, incident.id)


def resolve(incident: Incident) -> Block:
    """Return the window that ends the incident."""
    reason = text_field(Field.REASON, lines=True)
    inputs = [entry(Field.REASON, "What fixed it?", reason, "It begins the postmortem.")]
    return window(Modal.RESOLVE, f"Resolve {incident.ref}", inputs, incident.id)


def reject(value: str) -> Block:
    """Return the window that asks why the answer is no."""
    inputs = [required(entry(Field.REASON, "Why not?", text_field(Field.REASON, lines=True)))]
    return window(Modal.REJECT, "Reject", inputs, value)


def notice(title: str, text: str) -> Block:
    """Return a window that only says something."""
    return {"type": "modal", "title": plain(title, 24), "close": plain("Close"), "blocks": [section(text)]}


def _private() -> Block:
    only = option("yes", "Only whom it is about: a private channel, no announcement")
    return {"type": "checkboxes", "action_id": Field.PRIVATE, "options": [only]}
