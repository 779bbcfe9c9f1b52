"""What people type to name a runbook, its inputs and an incident."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.registry import Registry
from tocsin.cli.opening import actor
from tocsin.errors import BadRunbook, NotFound
from tocsin.events import runbook as events
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.load import check
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse

Name = Annotated[str, typer.Argument(help="Name of a runbook.")]
NameOrFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help="Name of a runbook, or its file.")]
Revision = Annotated[
    str | None,
    typer.Option(
        metavar="DIGEST", help="A revision, or how it begins; `previous`: where the channel was before."
    ),
]
Channel = Annotated[
    events.Channel, typer.Option(help="Which revision: of this channel. --revision names another one.")
]
Inputs = Annotated[
    list[str] | None,
    typer.Option("--input", "-i", metavar="NAME=VALUE", help="An input; give it repeatedly."),
]
IncidentRef = Annotated[str | None, typer.Option(metavar="REF", help="The incident it is for: INC-12.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many rows at most.")]


def is_file(name: str) -> bool:
    """Say whether a file is meant: a runbook's name has neither dot nor slash."""
    return "." in name or "/" in name


def read_file(path: str) -> str:
    """Return a runbook file's text; raise NotFound or BadRunbook when it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadRunbook(f"{path}:1:1: is not UTF-8 text") from error


def load_file(path: str, registry: Registry) -> Runbook:
    """Return the runbook of a file; raise BadRunbook with every error, its actions' included."""
    runbook, problems = check(read_file(path), path, registry)
    if runbook is None:
        raise BadRunbook("\n".join(str(one) for one in problems if one.level == "error"))
    return runbook


async def find_runbook(
    session: AsyncSession, house: House, name: str, revision: str | None, channel: events.Channel
) -> Runbook:
    """Return a runbook by its file, or by its name and revision."""
    house.access.authorize(actor(), "runbook.read")
    if is_file(name):
        return load_file(name, house.registry)
    return parse(await house.revisions.get(session, name, revision, channel))


async def run_request(
    session: AsyncSession, house: House, runbook: str, inputs: Sequence[str] | None, incident: str | None
) -> RunRequest:
    """Return the request that was typed; raise NotFound when there is no such incident."""
    request = RunRequest(runbook=runbook, inputs=pairs(inputs or (), "-i replicas=6"), from_text=True)
    if incident is None:
        return request
    found = await house.lifecycle.read(session, actor(), incident)
    return request.model_copy(update={"incident_id": found.id})


def pairs(typed: Sequence[str], example: str) -> dict[str, JsonValue]:
    """Return what was typed as ``name=value``, by name; raise BadParameter for anything else."""
    values: dict[str, JsonValue] = {}
    for one in typed:
        name, sign, value = one.partition("=")
        if not sign or not name:
            raise typer.BadParameter(f"{one!r} is no name with a value; write {example}")
        values[name] = value
    return values
