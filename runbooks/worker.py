"""Moves runs on: fold, decide, do, append, until nothing can start. All that matters is in the log."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import structlog
from procrastinate.exceptions import ProcrastinateException
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import Database
from tocsin.errors import ActionFailed, ErrorClass, StaleStream, TocsinError
from tocsin.events import Event, Fact
from tocsin.events import run as events
from tocsin.incidents.tables import Incident
from tocsin.jobs import Job, JobQueue
from tocsin.log import Log
from tocsin.runbooks import endings, locks, mistakes, switch
from tocsin.runbooks.consequences import beginning, follow
from tocsin.runbooks.deeds import Deed, Deeds
from tocsin.runbooks.fold import apply, fold
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.reactions import advance_job
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run
from tocsin.runbooks.work import Program, TakeLocks

logger = structlog.get_logger(__name__)
NEWS = 1.0
"""Seconds between two looks for what people did meanwhile: to a run at work, or to all of them."""


PASSING = (StaleStream, ActionFailed, ProcrastinateException, SQLAlchemyError, psycopg.Error, OSError)
"""What goes by and is tried again: somebody else moved the run on, a probe or the database cannot answer."""


@dataclass(frozen=True)
class Engine:
    """What the worker stands on; built by the composition root."""

    database: Database
    log: Log
    queue: JobQueue
    programs: Programs
    deeds: Deeds


class Worker:
    """The jobs of runs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stopped = (-NEWS, False)
        """When it was last looked whether everything is stopped, and what was seen."""

    async def advance(self, run_id: str) -> None:
        """Do all that can be done now for one run; raise StaleStream when somebody else moved it on.

        A mistake in our code or an action's parks the run: nobody would hear of a run that only waits.
        """
        try:
            await self._advance(run_id)
        except PASSING:
            raise
        except Exception as error:
            # The entry point of runs. That of jobs would try again and give up, and leave this run waiting
            # for ever under a status that says it goes on. The traceback is redacted on its way out.
            logger.exception("run_broke", run=run_id)
            await self._park(run_id, mistakes.of_ours(error))

    async def _advance(self, run_id: str) -> None:
        async with self._engine.database.transaction() as session:
            await self._engine.log.hold(session, f"run/{run_id}")
            state = fold(await self._engine.log.read(session, f"run/{run_id}"))
            program = await self._engine.programs.get(session, state)
            state, deeds = await self._settle(session, program, state)
        at_work: dict[asyncio.Task[Event], Deed] = {}
        try:
            while deeds or at_work:
                for deed in deeds:
                    at_work[asyncio.create_task(self._do(program, state, deed))] = deed
                done, _ = await asyncio.wait(at_work, timeout=NEWS, return_when=asyncio.FIRST_COMPLETED)
                state, deeds = await self._take_in(program, state, at_work, done)
        finally:
            for task in at_work:
                task.cancel()

    async def wake(self, run_id: str) -> None:
        """Move a run on whose time has come. A sleeping job with the run's lock would block its others."""
        async with self._engine.database.transaction() as session:
            await self._engine.queue.defer(session, [advance_job(run_id)])

    async def hand_over(self) -> None:
        """Move the runs on that stood in line behind one that ended."""
        async with self._engine.database.transaction() as session:
            waiting = await locks.first_in_line(session)
            await self._engine.queue.defer(session, [advance_job(run_id) for run_id in waiting])

    async def go_on(self) -> None:
        """Move every run on that is not over: the automation was stopped, and is not any more."""
        async with self._engine.database.transaction() as session:
            waiting = (await session.exec(select(Run.id).where(col(Run.finished_at).is_(None)))).all()
            await self._engine.queue.defer(session, [advance_job(run_id) for run_id in waiting])

    async def tell_channel(self, incident_id: str) -> None:
        """Tell the incident's runs its channel, once it has one."""
        async with self._engine.database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
            query = select(Run.id).where(Run.incident_id == incident_id, col(Run.finished_at).is_(None))
            for run_id in (await session.exec(query)).all() if incident.channel else ():
                known = events.ChannelKnown(channel=incident.channel or "")
                fact = Fact(event=known, incident_id=incident_id, run_id=run_id, source_ref="channel")
                await self._engine.log.append(session, f"run/{run_id}", [fact])

    async def _do(self, program: Program, state: RunState, deed: Deed) -> Event:
        """Do it and return what happened; what an action never should raise is a question to a person."""
        try:
            return await self._engine.deeds.do(program, state, deed)
        except TocsinError:
            raise
        except Exception as error:
            # Actions are other people's code, too, and raise what they like. Only here is it still known
            # which step it was, and so whether its effect may have happened: a person is asked that.
            logger.exception("action_broke", run=state.id, step=deed.step)
            uses = Moment(program, state, datetime.now(UTC)).find(deed.step).step.uses
            return mistakes.of_action(deed, uses or "its action", error)

    async def _park(self, run_id: str, event: Event) -> None:
        """Let the run wait for a person, unless it is over, or waits for one already."""
        async with self._engine.database.transaction() as session:
            await self._engine.log.hold(session, f"run/{run_id}")
            run = await session.get_one(Run, run_id)
            if run.finished_at is None and run.status != "needs_attention":
                fact = Fact(event=event, incident_id=run.incident_id, run_id=run_id)
                await self._engine.log.append(session, f"run/{run_id}", [fact])

    async def _take_in(
        self,
        program: Program,
        state: RunState,
        at_work: dict[asyncio.Task[Event], Deed],
        done: set[asyncio.Task[Event]],
    ) -> tuple[RunState, Sequence[Deed]]:
        """Append what came of the deeds that are done; return what is to be done besides those at work."""
        async with self._engine.database.transaction() as session:
            state = await self._catch_up(session, state, list(at_work.values()))
            for task in done:
                del at_work[task]
            happened = [task.result() for task in done]
            busy = frozenset(deed.step for deed in at_work.values())
            return await self._settle(session, program, state, happened, busy)

    async def _settle(
        self,
        session: AsyncSession,
        program: Program,
        state: RunState,
        happened: Sequence[Event] = (),
        busy: frozenset[str] = frozenset(),
    ) -> tuple[RunState, Sequence[Deed]]:
        """Append what happened and all that follows without touching the world; return what to do in it.

        What is about to be done is in the log before it is done, so that a crash in between is seen.
        """
        stopped = await self._is_stopped(session)
        while True:
            said, decision = follow(Moment(program, state, datetime.now(UTC), busy), happened, stopped)
            take = next((work for work in decision.work if isinstance(work, TakeLocks)), None)
            deeds = [work for work in decision.work if not isinstance(work, TakeLocks)]
            if take is None:
                said += [event for deed in deeds if (event := beginning(deed)) is not None]
            state = await self._append(session, state, said)
            if take is not None:
                happened = await self._line_up(session, state, take)
                if happened:
                    continue
                # It stands in line: what needs no lock goes on meanwhile.
                state = await self._append(session, state, list(filter(None, map(beginning, deeds))))
            moment = Moment(program, state, datetime.now(UTC), busy)
            at = endings.deadline(moment) if take is not None else decision.wake_at
            await self._set_alarm(session, state, at)
            return state, deeds

    async def _is_stopped(self, session: AsyncSession) -> bool:
        at, stopped = self._stopped
        if time.monotonic() - at >= NEWS:
            stopped = await switch.is_stopped(session)
            self._stopped = (time.monotonic(), stopped)
        return stopped

    async def _line_up(self, session: AsyncSession, state: RunState, take: TakeLocks) -> list[Event]:
        """Take the locks, or say who is in front; nothing, when that is known already."""
        if state.held:
            await locks.alone(session)
        holders = await locks.in_front(session, state.id, take.resources)
        if not holders:
            return [events.LocksTaken(resources=take.resources)]
        if (state.awaited, state.holders) == (take.resources, holders):
            return []
        if state.held and await locks.closes_circle(session, state.id, holders):
            return [_locked_out(take, state.step(take.step).attempt + 1, holders)]
        return [events.LocksAwaited(resources=take.resources, holders=holders)]

    async def _catch_up(self, session: AsyncSession, before: RunState, deeds: Sequence[Deed]) -> RunState:
        """Return the run with what was appended meanwhile: a person may cancel while an effect is at work.

        Raise StaleStream when one of the deeds is not ours any more: another worker took the run over while
        this one was frozen, and what came of the deed here must not count.
        """
        after = before
        await self._engine.log.hold(session, f"run/{before.id}")
        for entry in await self._engine.log.read(session, f"run/{before.id}", before.version):
            after = apply(after, entry)
        lost = [deed.step for deed in deeds if after.step(deed.step) != before.step(deed.step)]
        if lost or after.over:
            raise StaleStream(f"run {before.id[:8]} was moved on by somebody else: {', '.join(lost)}")
        return after

    async def _append(self, session: AsyncSession, state: RunState, happened: Sequence[Event]) -> RunState:
        facts = [Fact(event=event, incident_id=state.incident_id, run_id=state.id) for event in happened]
        if not facts:
            return state
        log, stream = self._engine.log, f"run/{state.id}"
        for entry in await log.extend(session, stream, facts, version=state.version, head=state.head):
            state = apply(state, entry)
        return state

    async def _set_alarm(self, session: AsyncSession, state: RunState, at: datetime | None) -> None:
        if at is not None:
            key = f"wake:{state.id}:{at.isoformat()}"
            alarm = Job(task="runbooks.wake", args={"run_id": state.id}, merge=key, at=at)
            await self._engine.queue.defer(session, [alarm])


def _locked_out(take: TakeLocks, attempt: int, holders: tuple[str, ...]) -> Event:
    resources, others = ", ".join(take.resources), ", ".join(run_id[:8] for run_id in holders)
    error = f"needs {resources}, held by run {others}, which waits for what this run holds"
    return events.StepFailed(step=take.step, attempt=attempt, error=error, kind=ErrorClass.CONFLICT)
