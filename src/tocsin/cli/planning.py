"""``tocsin runbook plan``."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.plans import planned_lines
from tocsin.cli.printing import aside, out, print_json, waiting
from tocsin.events.run import RunRequested
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.fold import begin
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.preview import PlannedStep, preview
from tocsin.runbooks.work import Program


async def plan(
    name: asking.NameOrFile,
    inputs: asking.Inputs = None,
    incident: asking.IncidentRef = None,
    revision: asking.Revision = None,
    channel: asking.Channel = "published",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what a run would change, and touch nothing.

    Actions only look. Steps that depend on what an earlier one finds are named, and planned in the run.
    Exits with 1 when an action refuses to plan.

    Example: `tocsin runbook plan scale-deployment -i replicas=6`
    """
    async with opened() as house:
        async with house.database.transaction() as session:
            runbook = await asking.find_runbook(session, house, name, revision, channel)
            request = await asking.run_request(session, house, runbook.name, inputs, incident)
            pins = {sub: one.digest for sub, one in (await house.runs.called(session, runbook)).items()}
            program = await house.programs.made(session, runbook, pins)
            scope = await house.runs.scope(session, request)
        with waiting("Asking the systems"):
            steps = await _preview(house, program, request.model_copy(update={"scope": scope}))
    if json:
        told = [step.model_dump(mode="json") for step in steps]
        print_json({"runbook": runbook.name, "revision": runbook.digest, "steps": told})
    else:
        _print(runbook, steps)
    raise typer.Exit(1 if any(step.failed for step in steps) else 0)


async def _preview(house: House, program: Program, request: RunRequest) -> list[PlannedStep]:
    runbook = program.runbook
    asked = RunRequested(
        runbook=runbook.name,
        revision=runbook.digest,
        inputs=coerce(runbook.inputs, request.inputs, from_text=True, known=house.settings.organisation),
        mode=request.mode,
        trigger=request.trigger,
        scope=request.scope,
    )
    state = begin("preview", asked, actor(), datetime.now(UTC), request.incident_id)
    return await preview(program, house.deeds, state)


def _print(runbook: Runbook, steps: list[PlannedStep]) -> None:
    console = out()
    console.print(f"{runbook.title} ({runbook.name}, revision {runbook.digest[:12]})")
    for number, step in enumerate(steps, 1):
        for line in planned_lines(number, step):
            console.print(line)
    aside().print("Nothing was changed. Plans are made again when the run begins.")
