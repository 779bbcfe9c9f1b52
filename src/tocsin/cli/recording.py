"""``tocsin runbook record``."""

from typing import Annotated

import typer

from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import aside
from tocsin.errors import Conflict
from tocsin.runbooks import yaml
from tocsin.runbooks.simulate.recording import recorded


async def record(
    run: Annotated[str, typer.Argument(metavar="ID", help="Id of a run that has ended, or how it begins.")],
) -> None:
    """Print a test that lives a run again as it was.

    Its world answers what the systems answered, and its people do what people did. What runs now may be tried
    on it, and what changes is seen. Secrets are not in it; names and addresses that the run met are.

    Example: `tocsin runbook record 3f2a91bc > runbooks/rds-failover.test.yaml`
    """
    async with opened() as house, house.database.transaction() as session:
        state = await house.runs.read(session, actor(), run)
        if not state.over and state.status != "needs_attention":
            raise Conflict(f"run {state.id[:8]} still goes on: {state.status}. Record it when it has ended.")
        program = await house.programs.get(session, state)
        entries = await house.log.read(session, f"run/{state.id}")
    text = yaml.write(recorded(entries, program, house.registry))
    typer.echo(f"# Recorded from run {state.id} of revision {state.revision[:12]}.\n{text}", nl=False)
    size = len(text.encode())
    if size > yaml.MAX_BYTES:
        raise Conflict(
            f"the test is {size // 1024} KiB, and {yaml.MAX_BYTES // 1024} KiB are the most. It was printed; "
            "shorten what its world puts out."
        )
    aside().print(
        f"put it beside the runbook, as {state.runbook}.test.yaml, and try it with `tocsin runbook test`"
    )
