"""``tocsin incident``: the words that Slack has."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text
from sqlmodel import SQLModel

from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import AHEAD, lasted, out, print_json, print_table, when
from tocsin.errors import Invalid
from tocsin.incidents import look
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Assignment, Incident, Page
from tocsin.postmortems.clock import elapsed
from tocsin.postmortems.texts import tidy
from tocsin.postmortems.timeline import Row, timeline

Ref = Annotated[str, typer.Argument(metavar="REF", help="The incident: INC-12, or 12.")]
Reason = Annotated[str, typer.Option(help="Why; it stands on the timeline.")]


async def declare(
    title: Annotated[str, typer.Argument(help="What is wrong, in a few words.")],
    severity: Annotated[
        str | None, typer.Option(help="Its service's, or the usual one, when left out.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Slug in the services catalogue.")] = None,
    summary: Annotated[str, typer.Option(help="What is known so far.")] = "",
    private: Annotated[bool, typer.Option("--private", help="Only for who is invited.")] = False,
    json: asking.AsJson = False,
) -> None:
    """Declare an incident.

    Example: `tocsin incident declare "Checkout answers with 500" --severity sev2 --service checkout`
    """
    try:
        wanted = Declaration(
            title=title, severity=severity, service=service, summary=summary, private=private
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise Invalid(f"{first['loc'][0]}: {first['msg']}; nothing was declared") from None
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.declare(session, actor(), wanted)
    _print_changed(incident, json, "declared")


async def list_newest(
    all: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    limit: asking.Limit = 20,
    json: asking.AsJson = False,
) -> None:
    """List the open incidents.

    Private ones are never listed; `show` shows them to their people.

    Example: `tocsin incident list --all --json`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "incident.read")
        found = await look.newest(session, limit + AHEAD, only_open=not all)
    if json:
        print_json([_told(one) for one in found[:limit]])
        return
    rows = [(one.ref, one.severity, one.status, one.title, when(one.opened_at), _took(one)) for one in found]
    columns = ("Incident", "Severity", "Status", "Title", "Opened", "Took")
    print_table(columns, rows, limit, "no incident; `tocsin incident declare TITLE` declares one")


async def show(ref: Ref, json: asking.AsJson = False) -> None:
    """Show an incident as it stands.

    Example: `tocsin incident show INC-12`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.read(session, actor(), ref)
        pages = await look.pages(session, incident.id)
        roles = await look.roles(session, incident.id)
    if json:
        found = {"pages": _rows(pages), "roles": _rows(roles)}
        print_json({**_told(incident), **found})
    else:
        _print(incident, pages, roles)


async def update(
    ref: Ref, message: Annotated[str, typer.Argument(help="Where things stand.")], json: asking.AsJson = False
) -> None:
    """Tell everybody where things stand.

    Example: `tocsin incident update INC-12 "Rolled back; watching the error rate"`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.post_update(session, actor(), ref, message)
    _print_changed(incident, json, "update posted")


async def status(
    ref: Ref,
    status: Annotated[str, typer.Argument(help="investigating, identified, monitoring, resolved …")],
    reason: Reason = "",
    json: asking.AsJson = False,
) -> None:
    """Move an incident to another status.

    Example: `tocsin incident status INC-12 monitoring`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.change_status(session, actor(), ref, status, reason)
    _print_changed(incident, json)


async def severity(
    ref: Ref,
    severity: Annotated[
        str, typer.Argument(help="sev1 is the worst, unless your organisation says otherwise.")
    ],
    reason: Reason = "",
    json: asking.AsJson = False,
) -> None:
    """Set an incident's severity.

    Example: `tocsin incident severity INC-12 sev1 --reason "all regions"`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.change_severity(session, actor(), ref, severity, reason)
    _print_changed(incident, json)


async def resolve(ref: Ref, reason: Reason = "", json: asking.AsJson = False) -> None:
    """End an incident.

    Example: `tocsin incident resolve INC-12 --reason "rolled back"`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.resolve(session, actor(), ref, reason)
    _print_changed(incident, json)


async def reopen(ref: Ref, reason: Reason = "", json: asking.AsJson = False) -> None:
    """Take a resolved incident up again.

    Example: `tocsin incident reopen INC-12 --reason "it is back"`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.reopen(session, actor(), ref, reason)
    _print_changed(incident, json)


async def show_timeline(ref: Ref, limit: asking.Limit = 200, json: asking.AsJson = False) -> None:
    """Print what happened, in order.

    Example: `tocsin incident timeline INC-12`
    """
    async with opened() as house, house.database.transaction() as session:
        incident = await house.lifecycle.read(session, actor(), ref)
        rows = timeline(await house.log.read_incident(session, incident.id))
    if json:
        print_json([row.model_dump(mode="json") for row in rows[:limit]])
        return
    columns = ("When", "Since", "Who", "What")
    print_table(columns, [_line(row) for row in rows], limit, "nothing happened yet")


def _print(incident: Incident, pages: list[Page], roles: list[Assignment]) -> None:
    facts = [
        ("severity", incident.severity),
        ("status", incident.status),
        ("service", incident.service or ""),
        ("opened", f"{when(incident.opened_at)} by {incident.opened_by}"),
        ("resolved", when(incident.resolved_at) if incident.resolved_at else ""),
        ("took" if incident.resolved_at else "so far", _took(incident)),
        ("channel", f"#{incident.channel_name}" if incident.channel_name else ""),
        ("summary", incident.summary),
        ("update", incident.update),
        *((one.role, one.person_name) for one in roles),
        *(("page", f"{one.status}: {one.title} {one.url}".rstrip()) for one in pages),
    ]
    private = " (private)" if incident.private else ""
    console = out()
    console.print(Text(f"{incident.ref} {tidy(incident.title)}{private}", "bold"))
    for name, value in facts:
        if value:
            console.print(f"  {name}: {value}")


def _print_changed(incident: Incident, json: bool, what: str = "") -> None:
    if json:
        print_json(_told(incident))
    else:
        done = f" {what}:" if what else ":"
        out().print(f"{incident.ref}{done} {incident.title} ({incident.severity}, {incident.status})")


def _told(incident: Incident) -> dict[str, Any]:
    return {"ref": incident.ref, **incident.model_dump(mode="json")}


def _rows(table: Sequence[SQLModel]) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json") for row in table]


def _took(incident: Incident) -> str:
    return lasted(incident.opened_at, incident.resolved_at)


def _line(row: Row) -> tuple[str, ...]:
    times = f" ({row.times} times)" if row.times > 1 else ""
    return when(row.at), elapsed(row.elapsed), row.actor, f"{row.text}{times}"
