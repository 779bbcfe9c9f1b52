"""What callers do to a run under way: decide, steer, do its manual steps, say what only a person can see."""

from fastapi import APIRouter, Response
from pydantic import Field, JsonValue

from tocsin.api.run_views import RunDetail
from tocsin.api.v1.asked import Body, TheRun

router = APIRouter(prefix="/runs/{run_id}", tags=["runs"])


class Approved(Body):
    """A yes to exactly one plan."""

    digest: str
    comment: str = Field(default="", max_length=3000)
    confirm: str = Field(default="", max_length=3000)
    """What the approval wants typed, where it wants that."""


class Rejected(Body):
    """A no to exactly one plan."""

    digest: str
    reason: str = Field(min_length=1, max_length=3000)


class Cancelled(Body):
    """How to stop."""

    compensate: bool = False
    """Undo what the run did."""
    reason: str = Field(default="", max_length=3000)


class Paused(Body):
    """Why nothing further shall begin."""

    reason: str = Field(default="", max_length=3000)


class Reason(Body):
    """Why; everybody reads it."""

    reason: str = Field(min_length=1, max_length=3000)


class Completed(Body):
    """What was done by hand."""

    ticked: tuple[str, ...] = ()
    """Entries of the checklist, as they are written there; all of them are needed."""
    fields: dict[str, JsonValue] = {}
    """What was to be filled in, by name."""


class Known(Body):
    """What somebody saw when they looked whether a step had happened, or had its effect."""

    step: str
    happened: bool


class Mended(Body):
    """What became of a step whose undo failed."""

    step: str
    undone: bool
    """True: put back by hand. False: try its undo again."""


class Again(Body):
    """How much of a run is done again, on the same revision with the same inputs."""

    since: str | None = None
    """Address of a step: what succeeded before it is taken over."""
    failed: bool = False
    """Take over everything that succeeded."""


@router.post("/approve", response_model=RunDetail)
async def approve_run(given: Approved, run: TheRun) -> Response:
    """Say yes to the plan with this digest; 409 when that is not asked any more."""
    return await run.answer(
        lambda session, state: run.door.runs.approve(
            session, run.actor, state.id, given.digest, given.comment, given.confirm
        )
    )


@router.post("/reject", response_model=RunDetail)
async def reject_run(given: Rejected, run: TheRun) -> Response:
    """Say no to the plan with this digest; the run is cancelled."""
    return await run.answer(
        lambda session, state: run.door.runs.reject(session, run.actor, state.id, given.digest, given.reason)
    )


@router.post("/cancel", response_model=RunDetail)
async def cancel_run(wanted: Cancelled, run: TheRun) -> Response:
    """Stop the run after the step it is in."""
    return await run.answer(
        lambda session, state: run.door.runs.cancel(
            session, run.actor, state.id, compensate=wanted.compensate, reason=wanted.reason
        )
    )


@router.post("/pause", response_model=RunDetail)
async def pause_run(wanted: Paused, run: TheRun) -> Response:
    """Begin nothing further of the run until it is resumed; what is at work comes to its end."""
    return await run.answer(
        lambda session, state: run.door.care.pause(session, run.actor, state.id, wanted.reason)
    )


@router.post("/resume", response_model=RunDetail)
async def resume_run(run: TheRun) -> Response:
    """Let a paused run go on."""
    return await run.answer(lambda session, state: run.door.care.resume(session, run.actor, state.id))


@router.post("/break-glass", response_model=RunDetail)
async def break_glass(why: Reason, run: TheRun) -> Response:
    """Let the run change things in spite of a freeze. An admin does that; it is looked at afterwards."""
    return await run.answer(
        lambda session, state: run.door.care.break_glass(session, run.actor, state.id, why.reason)
    )


@router.post("/steps/{step:path}/complete", response_model=RunDetail)
async def complete_step(step: str, done: Completed, run: TheRun) -> Response:
    """Say that a manual step is done: every entry of its checklist ticked, its fields filled in."""
    ticked = dict.fromkeys(done.ticked, True)
    return await run.answer(
        lambda session, state: run.door.care.complete(
            session, run.actor, state.id, step, done=ticked, fields=done.fields, programs=run.door.programs
        )
    )


@router.post("/steps/{step:path}/refuse", response_model=RunDetail)
async def refuse_step(step: str, why: Reason, run: TheRun) -> Response:
    """Say that a manual step cannot be done; it has failed then."""
    return await run.answer(
        lambda session, state: run.door.care.refuse(session, run.actor, state.id, step, why.reason)
    )


@router.post("/resolve-unknown", response_model=RunDetail)
async def resolve_unknown(known: Known, run: TheRun) -> Response:
    """Say whether a step of unknown outcome happened; the run goes on from there."""
    return await run.answer(
        lambda session, state: run.door.runs.resolve_unknown(
            session, run.actor, state.id, known.step, happened=known.happened
        )
    )


@router.post("/resolve-undo", response_model=RunDetail)
async def resolve_undo(mended: Mended, run: TheRun) -> Response:
    """Say that a step whose undo failed was put back by hand, or let it be tried again."""
    return await run.answer(
        lambda session, state: run.door.care.resolve_undo(
            session, run.actor, state.id, mended.step, undone=mended.undone
        )
    )


@router.post("/rerun", status_code=202, response_model=RunDetail)
async def rerun(again: Again, run: TheRun) -> Response:
    """Start a run that has ended again; the answer is the new run."""
    return await run.answer(
        lambda session, state: run.door.care.rerun(
            session, run.actor, state.id, since=again.since, failed=again.failed
        ),
        status=202,
    )
