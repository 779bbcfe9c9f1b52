"""``tocsin runbook run``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from tocsin import serve
from tocsin.cli import asking
from tocsin.cli.following import follow
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import aside, print_json
from tocsin.cli.run_pages import as_json, exit_code
from tocsin.main import House


async def run(
    name: asking.Name,
    inputs: asking.Inputs = None,
    incident: asking.IncidentRef = None,
    revision: asking.Revision = None,
    channel: asking.Channel = "published",
    break_glass: Annotated[
        str, typer.Option("--break-glass", metavar="WHY", help="Why no freeze shall hold for it. Admins.")
    ] = "",
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it ends.")] = False,
    work: Annotated[
        bool, typer.Option("--work", help="Follow it, and do the work here: for when no worker runs.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON; what is followed goes to stderr.")
    ] = False,
) -> None:
    """Start a run, and follow it with --wait.

    The run is done by a worker: `tocsin serve` has one, `tocsin worker` is one more. With --work this process
    is one too, until the run ends. With --wait or --work the exit code tells how it went: 0 succeeded, 1 not,
    3 it needs a person's attention. Interrupting only stops the following: the run goes on.

    What was never published is a draft: such a run asks before it changes anything.

    Example: `tocsin runbook run scale-deployment -i replicas=6 --incident INC-12 --wait`
    """
    async with opened() as house:
        async with house.database.transaction() as session:
            request = await asking.run_request(session, house, name, inputs, incident)
            more = {"revision": revision, "channel": channel, "break_glass": break_glass}
            chosen = request.model_copy(update=more)
            state = await house.runs.start(session, actor(), chosen)
        aside().print(f"run {state.id[:8]} of {state.runbook} is started")
        if wait or work:
            async with _working(house, work):
                state = await follow(house, state.id)
    if json:
        print_json(as_json(state))
    elif not (wait or work):
        typer.echo(state.id)
        aside().print(f"`tocsin run show {state.id[:8]}` shows it")
    raise typer.Exit(exit_code(state.status) if wait or work else 0)


@asynccontextmanager
async def _working(house: House, wanted: bool) -> AsyncIterator[None]:
    """Do jobs for as long as the block takes, if that is wanted."""
    if not wanted:
        yield
        return
    stop = asyncio.Event()
    worker = asyncio.create_task(serve.work(house, stop, "cli"))
    try:
        yield
    finally:
        stop.set()
        await worker
