"""Live views: what the log gains, told to whoever watches."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.sse import ServerSentEvent
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import Database
from tocsin.log import Entry, EventRow

INTERVAL = 0.4
"""Seconds between two looks at the log. No NOTIFY: it would make commits wait in line."""
LONGEST = 600.0
"""Seconds a stream is kept open; browsers come back by themselves, and are asked again who they are."""
GAP = timedelta(seconds=3)
"""How long a missing position may still be in somebody's transaction."""


class Pulse:
    """Knows the log's newest position: one look at a time for all who watch, none when nobody does."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = asyncio.Lock()
        self._looked = 0.0
        self._position = 0

    async def position(self) -> int:
        """Return the newest position, at most INTERVAL seconds old."""
        async with self._lock:
            if time.monotonic() - self._looked >= INTERVAL:
                async with self._database.transaction() as session:
                    newest = await session.exec(select(func.max(EventRow.position)))
                    self._position = newest.one() or 0
                self._looked = time.monotonic()
            return self._position

    async def beats(self) -> AsyncIterator[None]:
        """Yield whenever the log may have grown, and every GAP besides, until LONGEST is over."""
        began = told = time.monotonic()
        seen = -1
        while time.monotonic() - began < LONGEST:
            now, newest = time.monotonic(), await self.position()
            if newest != seen or now - told >= GAP.total_seconds():
                seen, told = newest, now
                yield
            await asyncio.sleep(INTERVAL)


async def _pulse(request: Request) -> Pulse:
    pulse: Pulse = request.app.state.pulse
    return pulse


ThePulse = Annotated[Pulse, Depends(_pulse)]


async def _seen(
    seen: Annotated[int, Query(ge=0)] = 0, last_event_id: Annotated[int | None, Header(ge=0)] = None
) -> int:
    return seen if last_event_id is None else last_event_id


Seen = Annotated[int, Depends(_seen)]
"""What a page knew when it was made, or, when a browser comes back, what it was told last."""


async def changes(
    pulse: Pulse, seen: int, look: Callable[[], Awaitable[int]]
) -> AsyncIterator[ServerSentEvent]:
    """Say ``changed`` whenever `look` finds another number than the watcher has seen.

    A page carries the number that was true of what it shows, so that what happens between the page and its
    stream is told too.
    """
    async for _ in pulse.beats():
        now = await look()
        if now != seen:
            yield ServerSentEvent(event="changed", data=now, id=str(now))
        seen = now


def settled(entries: Sequence[Entry], after: int, now: datetime | None = None) -> list[Entry]:
    """Return the entries up to the first gap that may still be filled.

    Positions are given out before their transactions commit, so a lower one can appear after a higher one.
    Whoever goes on from what is returned here misses nothing.
    """
    old = (now or datetime.now(UTC)) - GAP
    kept: list[Entry] = []
    for entry in entries:
        if entry.position != after + 1 and entry.recorded_at > old:
            break
        kept.append(entry)
        after = entry.position
    return kept


async def size_of(session: AsyncSession, *, incident_id: str | None = None, run_id: str | None = None) -> int:
    """Return how many events an incident, or a run, has: another number means that something happened."""
    of_run = col(EventRow.stream) == f"run/{run_id}"
    where = col(EventRow.incident_id) == incident_id if run_id is None else of_run
    return (await session.exec(select(func.count()).select_from(EventRow).where(where))).one()
