"""Runs: the list, and one of them with its approvals."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.console.pages import page
from tocsin.api.deps import TheDoor
from tocsin.api.lists import RUN_PLACE, Lists
from tocsin.api.live import Seen, ThePulse, changes, size_of
from tocsin.api.paging import Cursor, cursor_of, place_of
from tocsin.api.run_views import readable_run, run_detail, run_view
from tocsin.api.transactions import committed
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/runs")
SHOWN = 50
Text = Annotated[str, Form(max_length=3000)]


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
async def show(run_id: str, request: Request, door: TheDoor, actor: TheActor) -> Response:
    """Show one run: its steps, what they change, who said yes."""
    async with door.database.snapshot() as session:
        seen = await size_of(session, run_id=run_id)
        run = await run_detail(door, session, await readable_run(door, session, actor, run_id))
    return page(request, "run.html.j2", {"seen": seen, "run": run})


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


@router.post("/{run_id}/approve")
async def approve(run_id: str, door: TheDoor, actor: TheActor, digest: Text, comment: Text = "") -> Response:
    """Say yes to exactly this plan."""

    async def work(session: AsyncSession) -> RunState:
        state = await readable_run(door, session, actor, run_id)
        return await door.runs.approve(session, actor, state.id, digest, comment)

    return _back(await committed(door.database, work))


@router.post("/{run_id}/reject")
async def reject(run_id: str, door: TheDoor, actor: TheActor, digest: Text, comment: Text = "") -> Response:
    """Say no to exactly this plan."""

    async def work(session: AsyncSession) -> RunState:
        state = await readable_run(door, session, actor, run_id)
        return await door.runs.reject(session, actor, state.id, digest, comment)

    return _back(await committed(door.database, work))


@router.post("/{run_id}/cancel")
async def cancel(
    run_id: str,
    door: TheDoor,
    actor: TheActor,
    reason: Text = "",
    compensate: Annotated[bool, Form()] = False,
) -> Response:
    """Stop the run after the step it is in."""

    async def work(session: AsyncSession) -> RunState:
        state = await readable_run(door, session, actor, run_id)
        return await door.runs.cancel(session, actor, state.id, compensate=compensate, reason=reason)

    return _back(await committed(door.database, work))


@router.post("/{run_id}/resolve-unknown")
async def resolve_unknown(
    run_id: str, door: TheDoor, actor: TheActor, step: Text, happened: Annotated[bool, Form()]
) -> Response:
    """Say whether a step of unknown outcome happened."""

    async def work(session: AsyncSession) -> RunState:
        state = await readable_run(door, session, actor, run_id)
        return await door.runs.resolve_unknown(session, actor, state.id, step, happened=happened)

    return _back(await committed(door.database, work))


def _back(state: RunState) -> Response:
    return RedirectResponse(f"/runs/{state.id}", status_code=303)
