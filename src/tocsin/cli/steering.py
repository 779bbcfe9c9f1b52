"""``tocsin run``: hold a run up, do its manual steps, say what only a person can see, run it again."""

from typing import Annotated

import typer
from pydantic import JsonValue

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import aside
from tocsin.cli.runs import RunId
from tocsin.errors import Conflict
from tocsin.runbooks.state import RunState

Step = Annotated[str, typer.Option(help="Address of the step, as `tocsin run show` prints it.")]
ManualStep = Annotated[
    str | None, typer.Option("--step", help="Address of the manual step, where several wait.")
]
Why = Annotated[str, typer.Option("--reason", help="Why; everybody reads it.")]


async def pause(run: RunId, reason: Why = "") -> None:
    """Let a run begin nothing further until it is resumed.

    Example: `tocsin run pause 3f2a91bc --reason "a deploy is going on"`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.care.pause(session, actor(), run, reason)
    typer.echo(f"run {state.id[:8]} is paused; `tocsin run resume {state.id[:8]}` lets it go on")


async def resume(run: RunId) -> None:
    """Let a paused run go on.

    Example: `tocsin run resume 3f2a91bc`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.care.resume(session, actor(), run)
    typer.echo(f"run {state.id[:8]} goes on")


async def break_glass(
    run: RunId, reason: Annotated[str, typer.Option(help="Why it cannot wait; it is looked at afterwards.")]
) -> None:
    """Let a run change things in spite of a freeze. An admin does that.

    Example: `tocsin run break-glass 3f2a91bc --reason "customers cannot pay"`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.care.break_glass(session, actor(), run, reason)
    typer.echo(f"no freeze holds for run {state.id[:8]}; everybody is told")


async def complete(
    run: RunId,
    step: ManualStep = None,
    tick: Annotated[
        list[str] | None,
        typer.Option("--tick", metavar="ENTRY", help="An entry of the checklist; give it repeatedly."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every entry of the checklist is done.")] = False,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", "-f", metavar="NAME=VALUE", help="What is filled in; give it repeatedly."),
    ] = None,
) -> None:
    """Say that a manual step is done.

    Every entry of its checklist has to be ticked, by --tick or all at once by --all.

    Example: `tocsin run complete 3f2a91bc --all -f ticket=4711`
    """
    given: dict[str, JsonValue] = asking.pairs(fields or (), "-f ticket=4711")
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.read(session, actor(), run)
        address = _by_hand(state, step)
        manual = state.step(address).manual
        ticked = manual.checklist if every and manual else tick or ()
        await house.care.complete(
            session,
            actor(),
            state.id,
            address,
            done=dict.fromkeys(ticked, True),
            fields=given,
            programs=house.programs,
            from_text=True,
        )
    typer.echo(f"done: {address} of run {state.id[:8]}")


async def refuse(
    run: RunId, reason: Annotated[str, typer.Option(help="Why; everybody reads it.")], step: ManualStep = None
) -> None:
    """Say that a manual step cannot be done; it has failed then.

    Example: `tocsin run refuse 3f2a91bc --reason "nobody answers the phone"`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.read(session, actor(), run)
        address = _by_hand(state, step)
        await house.care.refuse(session, actor(), state.id, address, reason)
    typer.echo(f"refused: {address} of run {state.id[:8]}")


async def resolve_undo(
    run: RunId,
    step: Step,
    undone: Annotated[bool, typer.Option("--undone/--try-again", help="What you did, or want.")],
) -> None:
    """Say that a step whose undo failed was put back by hand, or let it be tried again.

    Example: `tocsin run resolve-undo 3f2a91bc --step scale --undone`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.care.resolve_undo(session, actor(), run, step, undone=undone)
    what = "counts as put back" if undone else "is taken back once more"
    typer.echo(f"run {state.id[:8]} goes on: {step} {what}")


async def rerun(
    run: RunId,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="STEP", help="Take over what succeeded before this step."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Take over everything that succeeded, items included.")
    ] = False,
) -> None:
    """Start a run that has ended again, on the same revision with the same inputs.

    Example: `tocsin run rerun 3f2a91bc --failed`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.care.rerun(session, actor(), run, since=since, failed=failed)
    typer.echo(state.id)
    aside().print(f"it repeats run {run[:8]}; `tocsin run show {state.id[:8]}` shows it")


def _by_hand(state: RunState, step: str | None) -> str:
    """Return the manual step that is meant; raise Conflict when it has to be named."""
    waiting = [
        address
        for address, seen in state.steps.items()
        if seen.manual is not None and seen.status == "waiting"
    ]
    if step is not None:
        return step
    if len(waiting) != 1:
        named = f": --step {' or '.join(waiting)}" if waiting else ""
        how_many = "several manual steps; say which" if waiting else "no manual step"
        raise Conflict(f"run {state.id[:8]} waits for {how_many}{named}. Nothing was changed.")
    return waiting[0]
