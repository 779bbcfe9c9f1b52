"""What buttons and submitted windows do."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.incident_words import declaration, list_open, open_incident
from tocsin.bot.names import ActionId, Field, Modal
from tocsin.bot.office import Ask, Office, Reply
from tocsin.bot.run_presses import RUN_PRESSES
from tocsin.bot.run_submissions import RUN_SUBMISSIONS
from tocsin.bot.views import modals
from tocsin.bot.words import Handler


async def _declare(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(view=modals.declare(office.organisation))


async def _update(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident = await office.lifecycle.read(session, ask.actor, ask.about)
    return Reply(view=modals.update(incident, office.organisation))


async def _severity(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident = await office.lifecycle.read(session, ask.actor, ask.about)
    return Reply(view=modals.severity(incident, office.organisation))


async def _resolve(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(view=modals.resolve(await office.lifecycle.read(session, ask.actor, ask.about)))


async def _run_suggested(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    found = await office.suggestions.read(session, ask.actor, ask.about)
    if found.incident_id is not None:
        await office.lifecycle.read(session, ask.actor, found.incident_id)
    await office.suggestions.take(session, ask.actor, found.id)
    return Reply()


PRESSES: Mapping[ActionId, Handler] = {
    ActionId.DECLARE: _declare,
    ActionId.LIST: list_open,
    ActionId.UPDATE: _update,
    ActionId.SEVERITY: _severity,
    ActionId.RESOLVE: _resolve,
    ActionId.RUN_SUGGESTED: _run_suggested,
    **RUN_PRESSES,
}


async def _declared(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    wanted = declaration(
        ask.fields.get(Field.TITLE, ""),
        severity=ask.fields.get(Field.SEVERITY),
        service=ask.fields.get(Field.SERVICE),
        summary=ask.fields.get(Field.SUMMARY, ""),
        private=Field.PRIVATE in ask.fields,
    )
    return await open_incident(office, session, ask, wanted)


async def _updated(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    incident = await office.lifecycle.read(session, ask.actor, ask.about)
    status = ask.fields.get(Field.STATUS, incident.status)
    if status != incident.status:
        await office.lifecycle.change_status(session, ask.actor, incident.id, status)
    await office.lifecycle.post_update(session, ask.actor, incident.id, ask.fields.get(Field.MESSAGE, ""))
    return Reply()


async def _severity_changed(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    severity, reason = ask.fields.get(Field.SEVERITY, ""), ask.fields.get(Field.REASON, "")
    await office.lifecycle.change_severity(session, ask.actor, ask.about, severity, reason)
    return Reply()


async def _resolved(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    await office.lifecycle.resolve(session, ask.actor, ask.about, ask.fields.get(Field.REASON, ""))
    return Reply()


SUBMISSIONS: Mapping[Modal, Handler] = {
    Modal.DECLARE: _declared,
    Modal.UPDATE: _updated,
    Modal.SEVERITY: _severity_changed,
    Modal.RESOLVE: _resolved,
    **RUN_SUBMISSIONS,
}
