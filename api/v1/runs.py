"""Runs of runbooks."""

import asyncio
import time
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.api.lists import RUN_PLACE, Lists
from tocsin.api.paging import Cursor, Limit, Page, cursor_of, place_of
from tocsin.api.run_views import RunDetail, RunView, readable_run, run_detail, run_view
from tocsin.api.v1.asked import Body
from tocsin.events import Actor
from tocsin.events.runbook import Channel
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/runs", tags=["runs"])
WAIT = 60.0
"""Seconds that ``wait`` waits at most."""
_LOOK = 0.25
_PARKED = frozenset({"awaiting_approval", "needs_attention"})


class Wanted(Body):
    """What it takes to start a run."""

    runbook: str
    inputs: dict[str, JsonValue] = {}
    incident: str | None = None
    """Ref or id of the incident it belongs to."""
    channel: Channel = "published"
    """Which revision: the one that this channel is at."""
    revision: str | None = Field(default=None, pattern="^[0-9a-f]{6,64}$")
    """Digest of another revision, or the beginning of it. One that was never published only proposes."""
    mode: Literal["propose", "auto"] = "auto"
    """propose: ask before the first change, even where the runbook does not."""
    break_glass: str = Field(default="", max_length=3000)
    """Why no freeze shall hold for it. An admin's word; it is looked at afterwards."""
    wait: bool = False
    """Answer when the run has ended or waits for people, at the latest after 60 seconds."""


@router.post("", status_code=202, response_model=RunDetail)
async def start_run(wanted: Wanted, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Start a run. Asked again with the same key, ``wait`` waits no more: the answer is the first one."""

    async def start(session: AsyncSession) -> RunDetail:
        state = await door.runs.start(session, actor, await _request(door, session, actor, wanted))
        return await run_detail(door, session, state)

    answer = await once.answer(202, start)
    if not wanted.wait:
        return answer
    ended = await _settled(door, actor, RunDetail.model_validate_json(bytes(answer.body)).id)
    return Response(ended.model_dump_json(), status_code=202, media_type="application/json")


@router.get("")
async def list_runs(
    door: TheDoor, actor: TheActor, incident: str | None = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[RunView]:
    """List runs, the newest first; those of one incident if given."""
    place = place_of(cursor, RUN_PLACE)
    async with door.database.transaction() as session:
        lists = Lists(door, session, actor)
        only = (await door.lifecycle.read(session, actor, incident)).id if incident else None
        found, more = await lists.runs(limit, place, only)
        incidents = await lists.of_runs(found)
    return Page(
        items=tuple(run_view(door, run, incidents.get(run.incident_id or "")) for run in found),
        next_cursor=None if more is None else cursor_of(more),
    )


@router.get("/{run_id}")
async def get_run(run_id: str, door: TheDoor, actor: TheActor, every: bool = False) -> RunDetail:
    """Return one run, by id or the beginning of it: status, steps, plan, approvals, what it waits for.

    Of many items those that failed or are at work are among the steps; with ``every`` all are.
    """
    async with door.database.transaction() as session:
        return await run_detail(door, session, await readable_run(door, session, actor, run_id), every=every)


async def _request(door: Door, session: AsyncSession, actor: Actor, wanted: Wanted) -> RunRequest:
    plain = wanted.model_dump(include={"runbook", "inputs", "channel", "revision", "mode", "break_glass"})
    if wanted.incident is None:
        return RunRequest(trigger="api", **plain)
    incident = await door.lifecycle.read(session, actor, wanted.incident)
    return RunRequest(trigger="api", incident_id=incident.id, **plain)


async def _settled(door: Door, actor: Actor, run_id: str) -> RunDetail:
    """Return the run as soon as nothing more happens to it by itself, or when WAIT is over."""
    until = time.monotonic() + WAIT
    while True:
        async with door.database.transaction() as session:
            state = await readable_run(door, session, actor, run_id)
            if _still(state) or time.monotonic() > until:
                return await run_detail(door, session, state)
        await asyncio.sleep(_LOOK)


def _still(state: RunState) -> bool:
    by_hand = any(seen.manual is not None and seen.status == "waiting" for seen in state.steps.values())
    return state.over or state.status in _PARKED or state.paused is not None or by_hand
