"""What the windows of a run do when they are submitted."""

from collections.abc import Mapping

from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.names import CHECKLIST, EVIDENCE, Field, Modal
from tocsin.bot.office import Ask, Links, Office, Reply
from tocsin.bot.scenes import readable
from tocsin.bot.views import run_forms
from tocsin.bot.views.text import link
from tocsin.bot.words import Handler
from tocsin.errors import Invalid


async def _approved(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    comment, typed = ask.fields.get(Field.COMMENT, ""), ask.fields.get(Field.CONFIRM, "")
    await office.runs.approve(session, ask.actor, state.id, digest, comment, typed)
    return Reply()


async def _rejected(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    await office.runs.reject(session, ask.actor, state.id, digest, ask.fields.get(Field.REASON, ""))
    return Reply()


async def _cancelled(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    undo = ask.fields.get(Field.HOW) == run_forms.UNDO
    reason = ask.fields.get(Field.REASON, f"cancelled by {ask.actor}")
    await office.runs.cancel(session, ask.actor, state.id, compensate=undo, reason=reason)
    return Reply()


async def _glass_broken(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    await office.care.break_glass(session, ask.actor, state.id, ask.fields.get(Field.REASON, ""))
    return Reply()


async def _rerun(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    how, since = ask.fields.get(Field.HOW, run_forms.WHOLE), ask.fields.get(Field.SINCE)
    if how == run_forms.SINCE and since is None:
        raise Invalid("Say from which step. Nothing was started.")
    begun = await office.care.rerun(
        session,
        ask.actor,
        state.id,
        since=since if how == run_forms.SINCE else None,
        failed=how == run_forms.FAILED,
    )
    return Reply(f"Run {link(Links(office.base_url).run(begun.id), begun.id[:8])} is stored and begins now.")


async def _completed(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, step = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    manual = state.step(step).manual
    ticked = {
        int(index)
        for name, value in ask.fields.items()
        if name.startswith(CHECKLIST)
        for index in value.split(",")
    }
    entries = manual.checklist if manual else ()
    given: dict[str, JsonValue] = {
        name.removeprefix(EVIDENCE): value for name, value in ask.fields.items() if name.startswith(EVIDENCE)
    }
    await office.care.complete(
        session,
        ask.actor,
        state.id,
        step,
        done={entry: index in ticked for index, entry in enumerate(entries)},
        fields=given,
        programs=office.programs,
        from_text=True,
    )
    return Reply()


async def _refused(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, step = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    await office.care.refuse(session, ask.actor, state.id, step, ask.fields.get(Field.REASON, ""))
    return Reply()


RUN_SUBMISSIONS: Mapping[Modal, Handler] = {
    Modal.APPROVE: _approved,
    Modal.REJECT: _rejected,
    Modal.CANCEL_RUN: _cancelled,
    Modal.BREAK_GLASS: _glass_broken,
    Modal.RERUN: _rerun,
    Modal.COMPLETE: _completed,
    Modal.REFUSE: _refused,
}
