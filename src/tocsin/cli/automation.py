"""``tocsin automation``: the switch that stops everything."""

from typing import Annotated

import typer

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import out, print_json, when
from tocsin.runbooks import switch


async def stop(reason: Annotated[str, typer.Option(help="Why; everybody reads it.")]) -> None:
    """Stop all automation: no run begins anything further.

    What is at work comes to its end. Runs that are asked for meanwhile wait.

    Example: `tocsin automation stop --reason "it eats data"`
    """
    async with opened() as house, house.database.transaction() as session:
        await house.switch.stop(session, actor(), reason)
    typer.echo("all automation is stopped; `tocsin automation resume` lets it go on")


async def resume() -> None:
    """Let automation go on: every run goes on where it was.

    Example: `tocsin automation resume`
    """
    async with opened() as house, house.database.transaction() as session:
        await house.switch.resume(session, actor())
    typer.echo("automation goes on")


async def status(json: asking.AsJson = False) -> None:
    """Say whether all automation is stopped, since when, by whom and why.

    Exits with 1 while it is.

    Example: `tocsin automation status`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "run.read")
        found = await switch.current(session)
    if json:
        print_json({"stopped": found.model_dump(mode="json", exclude={"id"}) if found else None})
    elif found is not None:
        out().print(f"stopped by {found.stopped_by} on {when(found.stopped_at)}: {found.reason}")
    else:
        typer.echo("automation goes on")
    raise typer.Exit(1 if found else 0)
