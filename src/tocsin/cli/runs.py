"""``tocsin run``: look at runs, and decide on them."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import AHEAD, aside, lasted, out, print_json, print_table, when
from tocsin.cli.run_pages import as_json, page, pending, request_lines
from tocsin.events.run import ApprovalRequested
from tocsin.incidents.tables import Incident
from tocsin.main import House
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run

RunId = Annotated[str, typer.Argument(metavar="ID", help="Id of a run, or how it begins.")]
Digest = Annotated[
    str | None, typer.Option(metavar="DIGEST", help="Decide only if this, or what begins so, is still asked.")
]
AtStep = Annotated[
    str | None, typer.Option("--step", help="Address of the step that asks, where several do.")
]


async def list_newest(limit: asking.Limit = 20, json: asking.AsJson = False) -> None:
    """List the newest runs.

    Example: `tocsin run list --limit 50`
    """
    async with opened() as house, house.database.transaction() as session:
        found = await house.runs.newest(session, actor(), limit + AHEAD)
        refs = await _refs(session, found[:limit])
    if json:
        print_json([one.model_dump(mode="json") for one in found[:limit]])
        return
    rows = [_row(one, refs.get(one.incident_id or "", "")) for one in found]
    columns = ("Run", "Runbook", "Status", "Incident", "Requested by", "Requested", "Took")
    print_table(columns, rows, limit, "no run yet; `tocsin runbook run NAME` starts one")


async def show(
    run: RunId,
    every: Annotated[bool, typer.Option("--every", help="All items of every foreach.")] = False,
    json: asking.AsJson = False,
) -> None:
    """Show a run: its steps, plans, approvals, and what it waits for.

    Example: `tocsin run show 3f2a91bc`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.read(session, actor(), run)
        program = await house.programs.read(session, state)
        incident = await session.get(Incident, state.incident_id) if state.incident_id else None
    if json:
        print_json(as_json(state))
        return
    console = out()
    for line in page(state, program, incident.ref if incident else None, every=every):
        console.print(line)


async def approve(
    run: RunId,
    comment: Annotated[str, typer.Option(help="Kept with the approval.")] = "",
    confirm: Annotated[str, typer.Option(help="What the approval wants typed.")] = "",
    step: AtStep = None,
    digest: Digest = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again on a terminal.")] = False,
) -> None:
    """Approve what a run asks for now.

    The plan is shown first; on a terminal it is asked whether that is what you mean. The approval holds for
    exactly this plan: if the world changes before it is acted on, people are asked again.

    Example: `tocsin run approve 3f2a91bc --comment "checked the graphs"`
    """
    async with opened() as house:
        state, request = await _asked(house, run, step, digest)
        _print_request(state, request)
        if sys.stdin.isatty() and not yes:
            typer.confirm("Approve?", abort=True)
        async with house.database.transaction() as session:
            after = await house.runs.approve(session, actor(), state.id, request.digest, comment, confirm)
    given = len(after.step(request.step).approvals)
    typer.echo(
        f"approved: {request.step} of run {state.id[:8]}, {given} of {request.count}, digest {request.digest}"
    )


async def reject(
    run: RunId,
    reason: Annotated[str, typer.Option(help="Why; everybody reads it.")],
    step: AtStep = None,
    digest: Digest = None,
) -> None:
    """Refuse what a run asks for now; the run is cancelled.

    Example: `tocsin run reject 3f2a91bc --reason "the deploy is still going on"`
    """
    async with opened() as house:
        state, request = await _asked(house, run, step, digest)
        _print_request(state, request)
        async with house.database.transaction() as session:
            await house.runs.reject(session, actor(), state.id, request.digest, reason)
    typer.echo(f"rejected: {request.step} of run {state.id[:8]}, digest {request.digest}")


async def cancel(
    run: RunId,
    compensate: Annotated[bool, typer.Option("--compensate", help="Undo what the run did.")] = False,
    reason: Annotated[str, typer.Option(help="Why; everybody reads it.")] = "",
) -> None:
    """Stop a run after the step it is in.

    Example: `tocsin run cancel 3f2a91bc --compensate --reason "wrong cluster"`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.cancel(session, actor(), run, compensate=compensate, reason=reason)
    after = ", then undoes what it did" if compensate else "; what it did stays"
    typer.echo(f"run {state.id[:8]} stops after the step it is in{after}")


async def resolve_unknown(
    run: RunId,
    step: Annotated[str, typer.Option(help="Id of the step.")],
    happened: Annotated[bool, typer.Option("--happened/--did-not-happen", help="What you found.")],
) -> None:
    """Say whether a step of unknown outcome happened; the run goes on.

    Example: `tocsin run resolve-unknown 3f2a91bc --step failover --happened`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.resolve_unknown(session, actor(), run, step, happened=happened)
    typer.echo(f"run {state.id[:8]} goes on: {step} {'happened' if happened else 'did not happen'}")


async def _asked(
    house: House, run: str, step: str | None, digest: str | None
) -> tuple[RunState, ApprovalRequested]:
    async with house.database.transaction() as session:
        state = await house.runs.read(session, actor(), run)
    return state, pending(state, step, digest)


def _print_request(state: RunState, request: ApprovalRequested) -> None:
    console = aside()
    console.print(f"{state.runbook}, step {request.step}, asked for by {state.requested_by}:")
    for line in request_lines(state, request):
        console.print(line)


async def _refs(session: AsyncSession, runs: Sequence[Run]) -> dict[str, str]:
    ids = {one.incident_id for one in runs if one.incident_id}
    found = (await session.exec(select(Incident).where(col(Incident.id).in_(ids)))).all()
    return {one.id: one.ref for one in found}


def _row(run: Run, ref: str) -> tuple[str, ...]:
    took = lasted(run.requested_at, run.finished_at)
    words = run.status.replace("_", " ")
    return run.id[:8], run.runbook, words, ref, run.requested_by, when(run.requested_at), took
