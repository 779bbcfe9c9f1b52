"""``tocsin runbook permissions``."""

from collections.abc import Mapping
from typing import Annotated, Literal

import typer
from pydantic import JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.cli import asking
from tocsin.cli.opening import opened
from tocsin.cli.printing import print_json, print_table
from tocsin.errors import Invalid
from tocsin.events.runbook import Channel
from tocsin.main import House
from tocsin.runbooks.grants import Grants, Right
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.policies import as_iam_policy, as_roles, as_scopes
from tocsin.runbooks.work import Program

Form = Literal["text", "json", "k8s", "iam", "slack", "pagerduty"]
Names = Annotated[list[str], typer.Argument(metavar="NAME|FILE…", help="Names of runbooks, or their files.")]
User = Annotated[
    str | None,
    typer.Option(
        metavar="USER", help="With k8s: bind the roles to this user, or service account by its user name."
    ),
]


async def permissions(
    names: Names,
    inputs: asking.Inputs = None,
    format: Annotated[Form, typer.Option(help="As a table, or as the system takes it.")] = "text",
    to: User = None,
    channel: asking.Channel = "published",
) -> None:
    """Print the rights that exactly these runbooks need of the systems they act on.

    What only a run knows stands as `*`; -i fixes an input, and narrows the rights to it.

    Example: `tocsin runbook permissions scale-deployment -i namespace=shop --format k8s | kubectl apply -f -`
    """
    async with opened() as house, house.database.transaction() as session:
        rights = await _rights(session, house, names, inputs, channel)
    match format:
        case "text":
            _print(rights)
        case "json":
            print_json([_told(right) for right in rights])
        case "k8s":
            typer.echo(as_roles(rights, to), nl=False)
        case "iam":
            typer.echo(as_iam_policy(rights), nl=False)
        case _:
            typer.echo(as_scopes(rights, format), nl=False)


async def _rights(
    session: AsyncSession, house: House, names: list[str], inputs: list[str] | None, channel: Channel
) -> list[Right]:
    given = asking.pairs(inputs or (), "-i namespace=shop")
    grants = Grants(house.registry, house.connections.names())
    programs = [await _program(session, house, name, channel) for name in names]
    unknown = sorted(given.keys() - {one for program in programs for one in program.runbook.inputs})
    if unknown:
        raise Invalid(f"none of the runbooks has an input `{unknown[0]}`")
    return [right for program in programs for right in grants.rights(program, _fixed(program, given))]


async def _program(session: AsyncSession, house: House, name: str, channel: Channel) -> Program:
    runbook = await asking.find_runbook(session, house, name, None, channel)
    pins = {sub: one.digest for sub, one in (await house.runs.called(session, runbook)).items()}
    return await house.programs.made(session, runbook, pins)


def _fixed(program: Program, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    mine = {name: value for name, value in given.items() if name in program.runbook.inputs}
    return coerce({name: program.runbook.inputs[name] for name in mine}, mine, from_text=True)


def _told(right: Right) -> dict[str, str]:
    plain = right.permission.model_dump()
    return {"connection": right.connection, **plain, "runbook": right.runbook, "action": right.action}


def _print(rights: list[Right]) -> None:
    needed: dict[tuple[str, str, str], list[str]] = {}
    for right in rights:
        row = (right.connection, right.permission.verb, right.permission.resource)
        users = needed.setdefault(row, [])
        if right.runbook not in users:
            users.append(right.runbook)
    rows = [(*row, ", ".join(users)) for row, users in sorted(needed.items())]
    print_table(("Connection", "Right", "To", "For"), rows, len(rows), "They need no rights.")
