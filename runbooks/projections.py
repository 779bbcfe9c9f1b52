"""Folds run and runbook events into the tables."""

from collections.abc import Sequence

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.events import run as events
from tocsin.events import starting, steering
from tocsin.log import Entry
from tocsin.runbooks import locks, records
from tocsin.runbooks.fold import status_after
from tocsin.runbooks.tables import Lock, Run, Stop, Suggestion

TABLES = (Run, Suggestion, Lock, Stop, *records.TABLES)


async def empty(session: AsyncSession) -> None:
    """Forget everything that was folded."""
    for table in TABLES:
        await session.exec(delete(table))


async def project(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Fold entries; those of no interest change nothing."""
    statuses: dict[str | None, str] = {}
    for entry in entries:
        await records.project(session, entry)  # first: it looks at how the run stood before
        await _fold(session, entry)
        if (status := status_after(entry.event)) is not None:
            statuses[entry.run_id] = status
    for run_id, status in statuses.items():
        await session.exec(update(Run).where(col(Run.id) == run_id).values(status=status))


async def _fold(session: AsyncSession, entry: Entry) -> None:
    match entry.event:
        case events.RunRequested() as requested:
            session.add(_requested(entry, requested))
            await _taken(session, entry, requested)
        case starting.RunSuggested() as suggested:
            session.add(_suggested(entry, suggested))
        case events.RunFinished() as finished:
            await _finished(session, entry, finished)
        case events.LocksAwaited(resources=resources) | events.LocksTaken(resources=resources):
            held = isinstance(entry.event, events.LocksTaken)
            await _line_up(session, entry, resources, held)
        case steering.AutomationStopped(reason=reason):
            session.add(Stop(reason=reason, stopped_by=str(entry.actor), stopped_at=entry.occurred_at))
        case steering.AutomationResumed():
            await session.exec(delete(Stop))
        case _:
            return
    await session.flush()


def _requested(entry: Entry, event: events.RunRequested) -> Run:
    return Run(
        id=entry.run_id or "",
        **event.model_dump(include={"runbook", "revision", "mode", "trigger", "dedupe_key", "rerun_of"}),
        rate_key=event.keys.get("rate"),
        cooldown_key=event.keys.get("cooldown"),
        fired_by=event.fired_by or None,
        status="requested",
        incident_id=entry.incident_id,
        requested_by=str(entry.actor),
        requested_at=entry.occurred_at,
    )


async def _taken(session: AsyncSession, entry: Entry, event: events.RunRequested) -> None:
    if event.suggestion is not None:
        values = {"run_id": entry.run_id, "taken_by": str(entry.actor)}
        await session.exec(update(Suggestion).where(col(Suggestion.id) == event.suggestion).values(values))


def _suggested(entry: Entry, event: starting.RunSuggested) -> Suggestion:
    return Suggestion(
        id=event.suggestion,
        **event.model_dump(include={"runbook", "inputs", "trigger", "fired_by", "dedupe_key"}),
        incident_id=entry.incident_id,
        position=entry.position,
        suggested_at=entry.occurred_at,
    )


async def _finished(session: AsyncSession, entry: Entry, event: events.RunFinished) -> None:
    run = await session.get_one(Run, entry.run_id)
    run.summary = event.summary
    if event.status == "needs_attention":
        return  # it still holds its locks: a person has to look at what it touched
    run.finished_at = entry.occurred_at
    places = await session.exec(select(Lock.resource).where(col(Lock.run_id) == entry.run_id))
    await locks.guard(session, places.all())  # whoever lines up now is seen by the hand-over
    await session.exec(delete(Lock).where(col(Lock.run_id) == entry.run_id))


async def _line_up(session: AsyncSession, entry: Entry, resources: tuple[str, ...], held: bool) -> None:
    for resource in resources:
        place = await session.get(Lock, (resource, entry.run_id))
        position = place.position if place else entry.position
        await session.merge(Lock(resource=resource, run_id=entry.run_id or "", position=position, held=held))
