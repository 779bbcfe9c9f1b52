"""Runs: the list, and one of them with all that it waits for."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tocsin.api.auth import TheActor
from tocsin.api.console.pages import page
from tocsin.api.deps import TheDoor
from tocsin.api.lists import RUN_PLACE, Lists
from tocsin.api.live import Seen, ThePulse, changes, size_of
from tocsin.api.paging import Cursor, cursor_of, place_of
from tocsin.api.run_views import readable_run, run_detail, run_view
from tocsin.runbooks.standing import ABORT, ANSWERS
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/runs")
SHOWN = 50


@router.get("")
async def front(
    request: Request, door: TheDoor, actor: TheActor, incident: str | None = None, cursor: Cursor = None
) -> Response:
    """Show the runs, the newest first; those of one incident if given."""
    async with door.database.transaction() as session:
        lists = Lists(door, session, actor)
        only = await door.lifecycle.read(session, actor, incident) if incident else None
        found, more = await lists.runs(SHOWN, place_of(cursor, RUN_PLACE), only.id if only else None)
        incidents = await lists.of_runs(found)
        suggestions = await door.suggestions.open(session, actor, only)
    shown = {
        "suggestions": suggestions,
        "runs": [run_view(door, run, incidents.get(run.incident_id or "")) for run in found],
        "incident": only.ref if only else None,
        "more": None if more is None else cursor_of(more),
    }
    return page(request, "runs.html.j2", shown)


@router.get("/{run_id}")
async def show(
    run_id: str, request: Request, door: TheDoor, actor: TheActor, every: bool = False
) -> Response:
    """Show one run: its steps, what they change, what it waits for; ``every``: all items of its groups."""
    async with door.database.snapshot() as session:
        seen = await size_of(session, run_id=run_id)
        state = await readable_run(door, session, actor, run_id)
        run = await run_detail(door, session, state, every=every)
    shown = {"seen": seen, "run": run, "every": every, "answers": ANSWERS, "abort": ABORT}
    return page(request, "run.html.j2", shown)


async def _readable(run_id: str, door: TheDoor, actor: TheActor) -> RunState:
    async with door.database.transaction() as session:
        return await readable_run(door, session, actor, run_id)


@router.get("/{run_id}/live", response_class=EventSourceResponse)
async def watch(
    door: TheDoor, pulse: ThePulse, seen: Seen, run: Annotated[RunState, Depends(_readable)]
) -> AsyncIterator[ServerSentEvent]:
    """Say ``changed`` whenever something happens to the run."""

    async def look() -> int:
        async with door.database.transaction() as session:
            return await size_of(session, run_id=run.id)

    async for change in changes(pulse, seen, look):
        yield change
