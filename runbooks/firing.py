"""The jobs of triggers: what our own events start, and what the clock does."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import Database
from tocsin.events import run as events
from tocsin.incidents.tables import Incident
from tocsin.jobs import Job
from tocsin.log import Entry
from tocsin.runbooks.model import Trigger
from tocsin.runbooks.occasions import Occasion, change_of, of_end, of_incident, of_tick
from tocsin.runbooks.schedules import newest
from tocsin.runbooks.storms import name_of
from tocsin.runbooks.tables import Tick
from tocsin.runbooks.triggers import Pull, Setting, Triggers

EVERY_MINUTE = "* * * * *"
_MINUTE = timedelta(minutes=1)


def reactions(entry: Entry) -> Iterable[Job]:
    """Return the job that lets triggers look at an event of our own. It may be done twice: they look once."""
    ended = isinstance(entry.event, events.RunFinished) and entry.event.status != "needs_attention"
    if ended or change_of(entry.event) is not None:
        yield Job(task="runbooks.fire", args={"position": entry.position})


class Firing:
    """Tells triggers what happened."""

    def __init__(self, database: Database, triggers: Triggers, setting: Setting) -> None:
        self._database = database
        self._triggers = triggers
        self._setting = setting

    async def fire(self, position: int) -> None:
        """Start what looks out for the event at this position of the log."""
        async with self._database.transaction() as session:
            [entry] = await self._setting.log.read_after(session, position - 1, 1)
            kind = "incident" if change_of(entry.event) is not None else "runbook"
            published = await self._setting.programs.published(session)
            # Most installations look out for one of the two at most, and a run's whole stream is long.
            if any(trigger.kind == kind for runbook in published for trigger in runbook.on):
                await self._triggers.answer(session, await self._occasion(session, entry))

    async def strike(self, timestamp: int) -> None:
        """Start what the clock starts. ``timestamp`` is the minute that the queue counted."""
        await self.strike_at(datetime.now(UTC))

    async def strike_at(self, now: datetime) -> None:
        """Start every schedule whose time has come since it was looked at last, each in its own transaction.

        Of times that were missed only the newest counts, and not if it is older than the trigger's max_age.
        """
        async with self._database.transaction() as session:
            published = await self._setting.programs.published(session)
            pairs = [(one, trigger) for one in published for trigger in one.on if trigger.schedule]
            timed = {name_of(*pair): pair for pair in pairs}
            # A schedule that comes back later counts from then on.
            await session.exec(delete(Tick).where(col(Tick.trigger).not_in(timed)))
        for name, (runbook, trigger) in timed.items():
            async with self._database.transaction() as session:
                tick = await self._due(session, name, trigger, now)
                if tick is not None:
                    await self._triggers.pull(session, Pull(runbook, trigger, of_tick(name, tick)))

    async def _due(
        self, session: AsyncSession, name: str, trigger: Trigger, now: datetime
    ) -> datetime | None:
        """Return the time that has come and nobody has counted, and count it.

        The row is ours until the transaction is over: of several processes one counts a time.
        """
        # The minute before the first look: a schedule may have been published in it.
        first = insert(Tick).values(trigger=name, last=now - _MINUTE).on_conflict_do_nothing()
        await (await session.connection()).execute(first)
        row = (await session.exec(select(Tick).where(Tick.trigger == name).with_for_update())).one()
        since = max(row.last, now - trigger.max_age)
        tick = newest(trigger.schedule, since, now) if trigger.schedule else None
        if tick is not None:
            row.last = tick
            session.add(row)
        return tick

    async def _occasion(self, session: AsyncSession, entry: Entry) -> Occasion:
        """Return an event as triggers look at it."""
        incident = await session.get_one(Incident, entry.incident_id) if entry.incident_id else None
        seen = self._setting.seen(incident) if incident else None
        change = change_of(entry.event)
        if change is not None and incident is not None and seen is not None:
            return of_incident(entry, change, incident, seen)
        assert isinstance(entry.event, events.RunFinished)  # noqa: S101  # as the reaction found
        [first, *_] = await self._setting.log.read(session, f"run/{entry.run_id}")
        assert isinstance(first.event, events.RunRequested)  # noqa: S101  # a run begins with it
        return of_end(entry, first.event, incident, seen)
