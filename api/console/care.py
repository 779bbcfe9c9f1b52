"""What people do to a run from its page: decide, hold it up, do by hand, say what they saw, run it again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.run_views import readable_run
from tocsin.api.transactions import committed
from tocsin.events import Actor
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/runs/{run_id}")
Text = Annotated[str, Form(max_length=3000)]
Flag = Annotated[bool, Form()]
FIELD = "field."
"""Before the names of the form's fields that a manual step wants filled in."""
Act = Callable[[AsyncSession, RunState], Awaitable[RunState]]


@dataclass(frozen=True)
class Asked:
    """A run, and who asks for something to be done to it."""

    run_id: str
    door: Door
    actor: Actor

    async def do(self, act: Act) -> Response:
        """Do it to a run that the person may know of, and show the run that it returns."""

        async def work(session: AsyncSession) -> RunState:
            return await act(session, await readable_run(self.door, session, self.actor, self.run_id))

        state = await committed(self.door.database, work)
        return RedirectResponse(f"/runs/{state.id}", status_code=303)


async def _asked(run_id: str, door: TheDoor, actor: TheActor) -> Asked:
    return Asked(run_id, door, actor)


TheRun = Annotated[Asked, Depends(_asked)]


@router.post("/approve")
async def approve(run: TheRun, digest: Text, comment: Text = "", confirm: Text = "") -> Response:
    """Say yes to exactly this plan."""
    return await run.do(
        lambda session, state: run.door.runs.approve(session, run.actor, state.id, digest, comment, confirm)
    )


@router.post("/reject")
async def reject(run: TheRun, digest: Text, comment: Text = "") -> Response:
    """Say no to exactly this plan."""
    return await run.do(
        lambda session, state: run.door.runs.reject(session, run.actor, state.id, digest, comment)
    )


@router.post("/cancel")
async def cancel(run: TheRun, reason: Text = "", compensate: Flag = False) -> Response:
    """Stop the run after the step it is in."""
    return await run.do(
        lambda session, state: run.door.runs.cancel(
            session, run.actor, state.id, compensate=compensate, reason=reason
        )
    )


@router.post("/pause")
async def pause(run: TheRun, reason: Text = "") -> Response:
    """Begin nothing further of the run until it is resumed."""
    return await run.do(lambda session, state: run.door.care.pause(session, run.actor, state.id, reason))


@router.post("/resume")
async def resume(run: TheRun) -> Response:
    """Let a paused run go on."""
    return await run.do(lambda session, state: run.door.care.resume(session, run.actor, state.id))


@router.post("/break-glass")
async def break_glass(run: TheRun, reason: Text = "") -> Response:
    """Let the run change things in spite of a freeze."""
    return await run.do(
        lambda session, state: run.door.care.break_glass(session, run.actor, state.id, reason)
    )


@router.post("/complete")
async def complete(request: Request, run: TheRun, step: Text) -> Response:
    """Say that a manual step is done, with what was ticked and filled in."""
    given = (await request.form()).multi_items()
    ticked = {int(str(value)) for name, value in given if name == "tick" and str(value).isdecimal()}
    fields: dict[str, JsonValue] = {
        name.removeprefix(FIELD): value
        for name, value in given
        if name.startswith(FIELD) and isinstance(value, str) and value
    }

    async def act(session: AsyncSession, state: RunState) -> RunState:
        manual = state.step(step).manual
        entries = enumerate(manual.checklist if manual else ())
        return await run.door.care.complete(
            session,
            run.actor,
            state.id,
            step,
            done={entry: index in ticked for index, entry in entries},
            fields=fields,
            programs=run.door.programs,
            from_text=True,
        )

    return await run.do(act)


@router.post("/refuse")
async def refuse(run: TheRun, step: Text, reason: Text = "") -> Response:
    """Say that a manual step cannot be done."""
    return await run.do(
        lambda session, state: run.door.care.refuse(session, run.actor, state.id, step, reason)
    )


@router.post("/resolve-unknown")
async def resolve_unknown(run: TheRun, step: Text, happened: Flag) -> Response:
    """Say whether a step of unknown outcome happened."""
    return await run.do(
        lambda session, state: run.door.runs.resolve_unknown(
            session, run.actor, state.id, step, happened=happened
        )
    )


@router.post("/resolve-undo")
async def resolve_undo(run: TheRun, step: Text, undone: Flag) -> Response:
    """Say that a step whose undo failed was put back by hand, or let it be tried again."""
    return await run.do(
        lambda session, state: run.door.care.resolve_undo(session, run.actor, state.id, step, undone=undone)
    )


@router.post("/rerun")
async def rerun(run: TheRun, how: Text = "whole", since: Text = "") -> Response:
    """Start a run that has ended again, and show the new one."""
    return await run.do(
        lambda session, state: run.door.care.rerun(
            session,
            run.actor,
            state.id,
            since=since if how == "since" else None,
            failed=how == "failed",
        )
    )
