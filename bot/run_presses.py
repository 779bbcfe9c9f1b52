"""What the buttons on a run's messages do."""

from collections.abc import Awaitable, Callable, Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.asks import Question, questions
from tocsin.bot.names import ActionId
from tocsin.bot.office import Ask, Office, Reply
from tocsin.bot.scenes import matter, readable
from tocsin.bot.views import approval, modals, run_forms
from tocsin.bot.words import Handler
from tocsin.errors import Conflict, NotFound
from tocsin.runbooks import interventions, tree
from tocsin.runbooks.state import RunState

Form = Callable[[RunState], dict[str, object]]


async def _approve(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    request = interventions.asked(state, digest)
    if request.confirm is not None:
        return Reply(view=run_forms.approve(request, ask.about))
    await office.runs.approve(session, ask.actor, state.id, digest)
    return Reply()


async def _reject(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(view=modals.reject(ask.about))


async def _details(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, digest = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    question = _asked(questions(await office.log.read(session, f"run/{state.id}")), digest)
    return Reply(view=approval.details(await matter(office, session, state, question)))


def _asked(asked: list[Question], digest: str) -> Question:
    for question in reversed(asked):
        if question.digest == digest:
            return question
    raise NotFound("This approval is not known any more; the run's message shows what it waits for.")


def _opens(form: Form) -> Handler:
    """Return what opens a window about the run that the button carries."""

    async def handle(office: Office, session: AsyncSession, ask: Ask) -> Reply:
        return Reply(view=form(await readable(office, session, ask, ask.about)))

    return handle


async def _rerun(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    program = await office.programs.read(session, state)
    return Reply(view=run_forms.rerun(state, program.runbook))


async def _pause(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    await office.care.pause(session, ask.actor, state.id)
    return Reply(f"Run `{state.id[:8]}` is paused: it begins nothing further until it is resumed.")


async def _resume(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    await office.care.resume(session, ask.actor, state.id)
    return Reply(f"Run `{state.id[:8]}` goes on.")


async def _abort(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    state = await readable(office, session, ask, ask.about)
    reason = f"left as it is by {ask.actor}"
    await office.runs.cancel(session, ask.actor, state.id, compensate=False, reason=reason)
    return Reply(f"Run `{state.id[:8]}` ends here; what it did stays.")


async def _complete(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _, step = ask.about.partition(":")
    state = await readable(office, session, ask, run_id)
    seen = state.step(step)
    if seen.manual is None or seen.status != "waiting":
        raise Conflict(f"Step {step!r} of run {state.id[:8]} waits for nobody any more; nothing was changed.")
    manual = tree.find(await office.programs.read(session, state), state, step).step.manual
    fields = manual.fields if manual else {}
    if fields or seen.manual.checklist:
        return Reply(view=run_forms.complete(seen.manual, fields, ask.about))
    programs = office.programs
    await office.care.complete(session, ask.actor, state.id, step, done={}, fields={}, programs=programs)
    return Reply()


async def _refuse(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    return Reply(view=run_forms.refuse(ask.about))


def _answers(*, yes: bool) -> Callable[[Office, AsyncSession, Ask], Awaitable[Reply]]:
    """Return what tells the run what somebody saw: ``DOUBT:RUN:STEP`` is what the button carries."""

    async def handle(office: Office, session: AsyncSession, ask: Ask) -> Reply:
        doubt, run_id, step = ask.about.split(":", 2)
        state = await readable(office, session, ask, run_id)
        if doubt == "undo":
            await office.care.resolve_undo(session, ask.actor, state.id, step, undone=yes)
        else:
            await office.runs.resolve_unknown(session, ask.actor, state.id, step, happened=yes)
        return Reply()

    return handle


RUN_PRESSES: Mapping[ActionId, Handler] = {
    ActionId.APPROVE: _approve,
    ActionId.REJECT: _reject,
    ActionId.DETAILS: _details,
    ActionId.PAUSE_RUN: _pause,
    ActionId.RESUME_RUN: _resume,
    ActionId.CANCEL_RUN: _opens(run_forms.cancel),
    ActionId.BREAK_GLASS: _opens(run_forms.break_glass),
    ActionId.RERUN: _rerun,
    ActionId.COMPLETE: _complete,
    ActionId.REFUSE: _refuse,
    ActionId.DOUBT_YES: _answers(yes=True),
    ActionId.DOUBT_NO: _answers(yes=False),
    ActionId.ABORT_RUN: _abort,
}
