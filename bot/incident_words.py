"""``/incident``: every word, and what it does."""

import re

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.names import INCIDENT, ActionId
from tocsin.bot.office import Ask, Office, Reply
from tocsin.bot.scenes import scene
from tocsin.bot.speech import Words
from tocsin.bot.views import modals
from tocsin.bot.views.incident import listing, summary
from tocsin.bot.views.text import actions, button, esc, section
from tocsin.bot.words import Word, help_text
from tocsin.errors import Invalid
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Incident

LISTED = 20
_REF = re.compile(r"(INC-\d{1,9})\b\s*", re.IGNORECASE)
_LONGEST_TITLE = 200


async def target(office: Office, session: AsyncSession, ask: Ask) -> tuple[Incident, str]:
    """Return the incident that is named, else the channel's, and the words after its name."""
    named = _REF.match(ask.words)
    if named:
        return await office.lifecycle.read(session, ask.actor, named[1]), ask.words[named.end() :]
    here = await look.of_channel(session, ask.channel)
    if here is None:
        raise Invalid(
            "This is no incident's channel. Say it there, or name the incident: "
            f"`{INCIDENT} status INC-12`. `{INCIDENT} list` shows the open ones."
        )
    return await office.lifecycle.read(session, ask.actor, here.id), ask.words


async def card(office: Office, session: AsyncSession, incident: Incident) -> Words:
    """Return an incident as it stands."""
    return summary(await scene(office, session, incident))


async def open_incident(office: Office, session: AsyncSession, ask: Ask, wanted: Declaration) -> Reply:
    """Declare, and say that it is stored."""
    incident = await office.lifecycle.declare(session, ask.actor, wanted)
    return Reply(
        f"*{incident.ref} {esc(incident.title)}* is declared ({incident.severity}). "
        "Its channel opens in a moment; you will be invited."
    )


def declaration(title: str, **rest: str | bool | None) -> Declaration:
    """Return a declaration; raise Invalid when there is no title, or too much of it."""
    plain = " ".join(title.split())
    if not plain or len(plain) > _LONGEST_TITLE:
        raise Invalid(
            f"A title needs 1 to {_LONGEST_TITLE} characters, not {len(plain)}. Nothing was declared."
        )
    return Declaration.model_validate({"title": plain, **rest})


async def tray(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    """Show what can be done here: the incident's buttons in its channel, the door elsewhere."""
    here = await look.of_channel(session, ask.channel)
    if here is not None:
        words = await card(office, session, await office.lifecycle.read(session, ask.actor, here.id))
        return Reply(words.text, words.blocks)
    row = actions(
        button(ActionId.DECLARE, "Declare an incident", style="primary"),
        button(ActionId.LIST, "Open incidents"),
    )
    text = f"Something wrong? `{INCIDENT} help` shows every word."
    return Reply(text, (section(text), row))


async def _declare(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    if not ask.words:
        return Reply(view=modals.declare(office.organisation))
    return await open_incident(office, session, ask, declaration(ask.words))


async def _status(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, rest = await target(office, session, ask)
    status, _, reason = rest.partition(" ")
    if not status:
        words = await card(office, session, incident)
        return Reply(words.text, words.blocks)
    changed = await office.lifecycle.change_status(
        session, ask.actor, incident.id, status.lower(), reason.strip()
    )
    return Reply(f"{changed.ref} is {changed.status} now.")


async def _update(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, rest = await target(office, session, ask)
    if not rest:
        return Reply(view=modals.update(incident, office.organisation))
    await office.lifecycle.post_update(session, ask.actor, incident.id, rest)
    return Reply(f"{incident.ref}: the update is stored and will be shown.")


async def _severity(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, rest = await target(office, session, ask)
    name, _, reason = rest.partition(" ")
    if not name:
        return Reply(view=modals.severity(incident, office.organisation))
    changed = await office.lifecycle.change_severity(
        session, ask.actor, incident.id, name.lower(), reason.strip()
    )
    return Reply(f"{changed.ref} is {changed.severity} now.")


async def _role(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, rest = await target(office, session, ask)
    typed = rest.partition("<@")[0].strip().lower()
    roles = [role for role in office.organisation.roles if typed and typed in role.lower()]
    if len(roles) != 1 or not ask.mentioned:
        known = ", ".join(office.organisation.roles)
        raise Invalid(f"Say whose role it is: `{INCIDENT} role commander @ana`. The roles are {known}.")
    person = ask.mentioned[0]
    assigned = events.RoleAssigned(role=roles[0], person=person.id, person_name=str(person))
    await office.lifecycle.assign_role(session, ask.actor, incident.id, assigned)
    return Reply(f"<@{person.id}> is {roles[0]} of {incident.ref} now.")


async def _resolve(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, reason = await target(office, session, ask)
    resolved = await office.lifecycle.resolve(session, ask.actor, incident.id, reason)
    return Reply(f"{resolved.ref} is resolved.")


async def _reopen(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident, reason = await target(office, session, ask)
    reopened = await office.lifecycle.reopen(session, ask.actor, incident.id, reason)
    return Reply(f"{reopened.ref} is open again: {reopened.status}.")


async def list_open(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    """Show the open incidents that everybody may see."""
    found = await look.newest(session, LISTED, only_open=True)
    return Reply(listing(found, office.organisation))


async def _help(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(help_text(INCIDENT, INCIDENT_WORDS))


INCIDENT_WORDS = (
    Word(
        "declare",
        _declare,
        "open an incident; without a title, a form",
        "declare Checkout is slow",
        ("new", "create"),
    ),
    Word("status", _status, "show where it stands, or move it on", "status [identified]", ("show",)),
    Word("update", _update, "tell everybody where things stand", "update We roll back", ("post",)),
    Word("severity", _severity, "make it more or less bad", "severity sev1 [why]", ("sev",)),
    Word("role", _role, "give somebody a role", "role commander @ana", ("assign", "lead")),
    Word("resolve", _resolve, "end it", "resolve [what fixed it]", ("close", "done")),
    Word("reopen", _reopen, "take it up again", "reopen [why]"),
    Word("list", list_open, "the open incidents", "list", ("ls",)),
    Word("help", _help, "this list; any word takes a name, as in `status INC-12`", "help", ("?",)),
)
