"""What buttons and submitted windows do."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.asks import Question, questions
from tocsin.bot.incident_words import declaration, list_open, open_incident
from tocsin.bot.names import ActionId, Field, Modal
from tocsin.bot.office import Ask, Links, Office, Reply
from tocsin.bot.views import approval, modals
from tocsin.bot.words import Handler
from tocsin.errors import NotFound
from tocsin.runbooks.revisions import parse


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


async def _approve(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    await office.runs.approve(session, ask.actor, run_id, digest)
    return Reply()


async def _reject(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(view=modals.reject(ask.about))


async def _details(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    state = await office.runs.read(session, ask.actor, run_id)
    if state.incident_id is not None:
        await office.lifecycle.read(session, ask.actor, state.incident_id)
    runbook = parse(await office.revisions.get(session, state.runbook, state.revision))
    question = _asked(questions(await office.log.read(session, f"run/{state.id}")), digest)
    return Reply(
        view=approval.details(approval.Matter(question, state, runbook, Links(office.base_url).run(state.id)))
    )


def _asked(asked: list[Question], digest: str) -> Question:
    for question in reversed(asked):
        if question.digest == digest:
            return question
    raise NotFound("This approval is not known any more; the run's message shows what it waits for.")


async def _cancel_run(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    reason = f"cancelled by {ask.actor}"
    state = await office.runs.cancel(session, ask.actor, ask.about, compensate=False, reason=reason)
    return Reply(f"Run `{state.id[:8]}` stops after the step it is in.")


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
    ActionId.APPROVE: _approve,
    ActionId.REJECT: _reject,
    ActionId.DETAILS: _details,
    ActionId.CANCEL_RUN: _cancel_run,
    ActionId.RUN_SUGGESTED: _run_suggested,
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


async def _rejected(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    await office.runs.reject(session, ask.actor, run_id, digest, ask.fields.get(Field.REASON, ""))
    return Reply()


SUBMISSIONS: Mapping[Modal, Handler] = {
    Modal.DECLARE: _declared,
    Modal.UPDATE: _updated,
    Modal.SEVERITY: _severity_changed,
    Modal.RESOLVE: _resolved,
    Modal.REJECT: _rejected,
}
