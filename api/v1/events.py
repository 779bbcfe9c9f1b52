"""The log, for auditors and for programs that follow along."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.live import ThePulse, settled
from tocsin.log import Entry

router = APIRouter(prefix="/events", tags=["events"])
BATCH = 500
Stream = Annotated[str | None, Query(max_length=200, description="`incident/<id>`, `run/<id>`, …")]
After = Annotated[int, Query(ge=0, description="Log position to go on from")]


class EventView(BaseModel):
    """One line of the log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    position: int
    stream: str
    version: int
    """From 1, without gaps, per stream."""
    type: str
    event: dict[str, JsonValue]
    actor: str
    """``kind:id``."""
    actor_name: str
    source: str
    source_ref: str | None
    incident_id: str | None
    run_id: str | None
    occurred_at: datetime
    recorded_at: datetime
    hash: str
    """SHA-256 over the event and the hash before it."""


class EventList(BaseModel):
    """A stretch of the log."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: tuple[EventView, ...]
    next_after: int
    """Give it back as ``after``; the same as before when there is nothing new."""


@router.get("")
async def list_events(
    door: TheDoor,
    actor: TheActor,
    stream: Stream = None,
    after: After = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> EventList:
    """Return the log from a position on, the oldest first."""
    door.access.authorize(actor, "audit.read")
    entries = await _read(door, after, limit, stream)
    return EventList(items=tuple(map(_view, entries)), next_after=entries[-1].position if entries else after)


async def _start(
    door: TheDoor,
    pulse: ThePulse,
    actor: TheActor,
    after: Annotated[int | None, Query(ge=0)] = None,
    last_event_id: Annotated[int | None, Header(ge=0)] = None,
) -> int:
    """Return the position to begin at, before the answer begins: where the caller was, else now."""
    door.access.authorize(actor, "audit.read")
    known = last_event_id if last_event_id is not None else after
    return await pulse.position() if known is None else known


@router.get("/live", response_class=EventSourceResponse)
async def follow_events(
    door: TheDoor, pulse: ThePulse, position: Annotated[int, Depends(_start)], stream: Stream = None
) -> AsyncIterator[ServerSentEvent]:
    """Send every event as it is logged. ``id`` is the position: come back with it in ``Last-Event-ID``."""
    async for _ in pulse.beats():
        while entries := await _read(door, position, BATCH, stream):
            for entry in entries:
                yield ServerSentEvent(data=_view(entry), event=entry.event.type, id=str(entry.position))
            position = entries[-1].position


async def _read(door: Door, after: int, limit: int, stream: str | None) -> list[Entry]:
    async with door.database.transaction() as session:
        entries = await door.log.read_after(session, after, limit, stream)
    # One stream's appends wait for each other, so there nothing can come in between.
    return settled(entries, after) if stream is None else entries


def _view(entry: Entry) -> EventView:
    same = set(EventView.model_fields) & set(Entry.model_fields) - {"event", "actor"}
    return EventView(
        **{name: getattr(entry, name) for name in same},
        type=entry.event.type,
        event=entry.event.model_dump(mode="json", exclude={"type"}),
        actor=f"{entry.actor.kind}:{entry.actor.id}",
        actor_name=str(entry.actor),
    )
