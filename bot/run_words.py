"""``/runbook``: the words about runs, and the switch that stops them all."""

from collections.abc import Iterator

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.names import RUNBOOK
from tocsin.bot.office import Ask, Links, Office, Reply
from tocsin.bot.scenes import readable, run_card
from tocsin.bot.views.run import progress
from tocsin.bot.views.text import ago, esc, link
from tocsin.bot.views.waits import stopped
from tocsin.bot.words import Word
from tocsin.errors import Invalid
from tocsin.incidents import look
from tocsin.incidents.tables import Incident
from tocsin.runbooks import switch
from tocsin.runbooks.tables import Run

LISTED = 8
_LOOKED_THROUGH = 50


async def _status(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    if ask.words:
        state = await readable(office, session, ask, ask.words)
        words = progress(await run_card(office, session, state))
        return Reply(words.text, words.blocks)
    here = await look.of_channel(session, ask.channel)
    runs = await office.runs.newest(session, ask.actor, _LOOKED_THROUGH)
    if here is None:
        mine = [run for run in runs if await _is_public(session, run)]
    else:
        incident = await office.lifecycle.read(session, ask.actor, here.id)
        mine = [run for run in runs if run.incident_id == incident.id]
    stop = await switch.current(session)
    lines = list(_lines(office, mine[:LISTED])) or [f"No run yet. `{RUNBOOK} list` shows what can be run."]
    return Reply("\n".join([*([stopped(stop)] if stop else []), *lines]))


async def _cancel(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, how = _split(ask, "cancel 3f2a91bc`, with `undo` after it to take back what it did.")
    if how not in {"", "undo"}:
        raise Invalid(f"Say `{RUNBOOK} cancel {run_id}`, or with `undo` after it. Nothing was cancelled.")
    state = await readable(office, session, ask, run_id)
    undo = how == "undo"
    await office.runs.cancel(
        session, ask.actor, state.id, compensate=undo, reason=f"cancelled by {ask.actor}"
    )
    after = ", then takes back what it did" if undo else ""
    return Reply(f"Run `{state.id[:8]}` stops after the step it is in{after}.")


async def _pause(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, reason = _split(ask, "pause 3f2a91bc`, and why after it.")
    state = await readable(office, session, ask, run_id)
    await office.care.pause(session, ask.actor, state.id, reason)
    return Reply(f"Run `{state.id[:8]}` is paused: it begins nothing further until it is resumed.")


async def _resume(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, _ = _split(ask, "resume 3f2a91bc`.")
    state = await readable(office, session, ask, run_id)
    await office.care.resume(session, ask.actor, state.id)
    return Reply(f"Run `{state.id[:8]}` goes on.")


async def _rerun(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, how = _split(ask, "rerun 3f2a91bc`, with `failed` or `from STEP` after it.")
    word, _, since = how.partition(" ")
    if how not in {"", "failed"} and (word != "from" or not since.strip()):
        raise Invalid(
            f"Say `{RUNBOOK} rerun {run_id}`, with `failed` or `from STEP` after it. Nothing was started."
        )
    state = await readable(office, session, ask, run_id)
    begun = await office.care.rerun(
        session, ask.actor, state.id, since=since.strip() or None, failed=how == "failed"
    )
    url = Links(office.base_url).run(begun.id)
    return Reply(f"Run {link(url, begun.id[:8])} repeats `{state.id[:8]}`; it is stored and begins now.")


async def _break_glass(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    run_id, reason = _split(ask, "break-glass 3f2a91bc why it cannot wait`.")
    state = await readable(office, session, ask, run_id)
    await office.care.break_glass(session, ask.actor, state.id, reason)
    return Reply(f"No freeze holds for run `{state.id[:8]}`. Everybody is told.")


async def _stop_all(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    await office.switch.stop(session, ask.actor, ask.words)
    return Reply("All automation is stopped: no run begins anything further. Everybody is told.")


async def _resume_all(office: Office, session: AsyncSession, ask: Ask) -> Reply:
    await office.switch.resume(session, ask.actor)
    return Reply("Automation goes on: every run goes on where it was. Everybody is told.")


def _split(ask: Ask, usage: str) -> tuple[str, str]:
    """Return the run that was typed and what stands after it; raise Invalid when there is none."""
    run_id, _, rest = ask.words.partition(" ")
    if not run_id:
        raise Invalid(f"Say which run: `{RUNBOOK} {usage}")
    return run_id, rest.strip()


async def _is_public(session: AsyncSession, run: Run) -> bool:
    return run.incident_id is None or not (await session.get_one(Incident, run.incident_id)).private


def _lines(office: Office, runs: list[Run]) -> Iterator[str]:
    for run in runs:
        url = Links(office.base_url).run(run.id)
        line = f"{link(url, run.id[:8])} {esc(run.runbook)} · *{run.status.replace('_', ' ')}*"
        yield f"{line} · {esc(run.requested_by)} {ago(run.requested_at)}"


RUN_WORDS = (
    Word("status", _status, "the newest runs, or one of them", "status [RUN]", ("show", "runs")),
    Word("cancel", _cancel, "stop a run after the step it is in", "cancel RUN [undo]", ("stop", "abort")),
    Word("pause", _pause, "let a run begin nothing further", "pause RUN [why]"),
    Word("resume", _resume, "let a paused run go on", "resume RUN"),
    Word("rerun", _rerun, "run an ended run again", "rerun RUN [failed | from STEP]", ("retry",)),
    Word("break-glass", _break_glass, "change things in spite of a freeze; admins", "break-glass RUN why"),
    Word("stop-all", _stop_all, "stop all automation, everywhere", "stop-all why"),
    Word("resume-all", _resume_all, "let automation go on; admins", "resume-all"),
)
