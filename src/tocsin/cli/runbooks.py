"""``tocsin runbook``: the commands on what is recorded."""

import difflib
from typing import Annotated, Any, Literal

import typer

from tocsin.actions.registry import Registry
from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import print_document, print_json, print_table, when
from tocsin.connections import Connections
from tocsin.runbooks.drawing import as_svg
from tocsin.runbooks.mermaid import as_mermaid
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.tables import Revision

Drawing = Literal["mermaid", "svg"]


async def list_published(limit: asking.Limit = 100, json: asking.AsJson = False) -> None:
    """List the published runbooks.

    Example: `tocsin runbook list --json`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        found = await house.revisions.published(session)
    if json:
        print_json([_told(one) for one in found[:limit]])
        return
    rows = [
        (
            one.runbook,
            parse(one).title,
            f"{one.number} ({one.digest[:12]})",
            when(one.recorded_at),
            one.origin,
        )
        for one in found
    ]
    columns = ("Runbook", "Title", "Revision", "Recorded", "From")
    print_table(columns, rows, limit, "no runbook is published; `tocsin runbook publish FILE` publishes one")


async def show(name: asking.NameOrFile, revision: asking.Revision = None) -> None:
    """Print a runbook as a checklist to follow by hand.

    A file needs no database: keep the printed list for the day when Tocsin itself is down.

    Example: `tocsin runbook show rollback-deployment > rollback.md`
    """
    runbook, registry = await _found(name, revision)
    print_document(as_markdown(runbook, runbook.digest, registry))


async def graph(
    name: asking.NameOrFile,
    revision: asking.Revision = None,
    format: Annotated[Drawing, typer.Option(help="How it is drawn.")] = "mermaid",
) -> None:
    """Draw a runbook, as Mermaid or as SVG.

    A file needs no database.

    Example: `tocsin runbook graph rollback-deployment --format svg > rollback.svg`
    """
    runbook, _ = await _found(name, revision)
    typer.echo((as_svg if format == "svg" else as_mermaid)(runbook), nl=False)


async def _found(name: str, revision: str | None) -> tuple[Runbook, Registry]:
    """Return a runbook and what knows its actions; a file's without a database."""
    if asking.is_file(name):
        registry = Registry(Connections({}))
        return asking.load_file(name, registry), registry
    async with opened() as house, house.database.transaction() as session:
        return await asking.find_runbook(session, house, name, revision), house.registry


async def diff(
    name: asking.Name,
    before: Annotated[str, typer.Argument(metavar="DIGEST", help="The older revision.")],
    after: Annotated[str, typer.Argument(metavar="DIGEST", help="The newer revision.")],
) -> None:
    """Show what changed between two revisions of a runbook.

    Example: `tocsin runbook diff scale-deployment 3f2a91bc 81d0c4e7`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        old, new = [await house.revisions.get(session, name, one) for one in (before, after)]
    texts = (old.text.splitlines(), new.text.splitlines())
    for line in difflib.unified_diff(*texts, old.digest[:12], new.digest[:12], lineterm=""):
        typer.echo(line)


async def publish(name: asking.NameOrFile, revision: asking.Revision = None) -> None:
    """Make a file or a recorded revision the one that runs.

    A file is recorded first. What a person has published stays until a person publishes another; changed
    files on the server do not move it.

    Example: `tocsin runbook publish runbooks/restart-checkout.yaml`
    """
    async with opened() as house, house.database.transaction() as session:
        if asking.is_file(name):
            runbook = asking.load_file(name, house.registry)
            digest = await house.revisions.record(session, actor(), asking.read_file(name), name)
            published = await house.revisions.publish(session, actor(), runbook.name, digest)
        else:
            found = await house.revisions.get(session, name, revision)
            published = await house.revisions.publish(session, actor(), name, found.digest)
    typer.echo(f"{published.runbook}: revision {published.number} ({published.digest[:12]}) is published")


def _told(revision: Revision) -> dict[str, Any]:
    return revision.model_dump(mode="json", exclude={"content", "text"})
