"""``tocsin runbook``: the commands that look at what is recorded."""

import difflib
from collections.abc import Iterator
from typing import Annotated, Any, get_args

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.registry import Registry
from tocsin.cli import asking
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import AHEAD, print_document, print_json, print_table, when
from tocsin.connections import Connections
from tocsin.errors import Invalid
from tocsin.events.runbook import Channel
from tocsin.main import House
from tocsin.postmortems.texts import tidy
from tocsin.runbooks.change import Change
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.tables import Revision

_EMPTY = {
    "published": "no runbook is published; `tocsin runbook publish FILE` publishes one",
    "stable": "no runbook is stable; `tocsin runbook publish NAME --channel stable` makes it so",
    "draft": "nothing waits for people to agree",
}
Which = Annotated[str, typer.Argument(metavar="REVISION", help="Digest, or how it begins; or a channel.")]


async def list_published(
    channel: asking.Channel = "published", limit: asking.Limit = 100, json: asking.AsJson = False
) -> None:
    """List the published runbooks, or those of another channel.

    The channel `draft` holds what waits for people to agree.

    Example: `tocsin runbook list --channel draft`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        found = await house.revisions.published(session, channel)
    if json:
        print_json([_told(one) for one in found[:limit]])
        return
    rows = [
        (one.runbook, parse(one).title, _numbered(one), when(one.recorded_at), one.origin) for one in found
    ]
    print_table(("Runbook", "Title", "Revision", "Recorded", "From"), rows, limit, _EMPTY[channel])


async def show(
    name: asking.NameOrFile,
    revision: asking.Revision = None,
    channel: asking.Channel = "published",
    json: asking.AsJson = False,
) -> None:
    """Print a runbook as a checklist to follow by hand.

    A file needs no database: keep the printed list for the day when Tocsin itself is down. As JSON it is the
    revision, and what a run of it would stay on, with the closure over that.

    Example: `tocsin runbook show rollback-deployment > rollback.md`
    """
    if json:
        await _show_json(name, revision, channel)
        return
    if asking.is_file(name):
        registry = Registry(Connections({}))
        runbook = asking.load_file(name, registry)
    else:
        async with opened() as house, house.database.transaction() as session:
            runbook = await asking.find_runbook(session, house, name, revision, channel)
            registry = house.registry
    print_document(as_markdown(runbook, runbook.digest, registry))


async def _show_json(name: str, revision: str | None, channel: Channel) -> None:
    if asking.is_file(name):
        raise Invalid("a file is no revision; name a runbook, or leave out --json")
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        found = await house.revisions.get(session, name, revision, channel)
        pins = await house.runs.pins(session, found)
        channels = await house.revisions.channels(session, name)
    print_json({**_told(found), "content": found.content, "channels": channels, **pins._asdict()})


async def history(name: asking.Name, limit: asking.Limit = 20, json: asking.AsJson = False) -> None:
    """List a runbook's revisions, the newest first: who wrote them, where, and which channels are there.

    Example: `tocsin runbook history restart-checkout`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        found = await house.revisions.history(session, name, limit + AHEAD)
        channels = await house.revisions.channels(session, name)
    if json:
        print_json([{**_told(one), "channels": _at(one, channels)} for one in found[:limit]])
        return
    rows = [
        (
            _numbered(one),
            ", ".join(_at(one, channels)),
            when(one.recorded_at),
            str(one.written_by),
            _where(one),
        )
        for one in found
    ]
    print_table(("Revision", "Channels", "Recorded", "Author", "From"), rows, limit, "")


async def diff(
    name: asking.Name,
    before: Which = "published",
    after: Which = "draft",
    json: asking.AsJson = False,
) -> None:
    """Show what the change between two revisions means, and then what it is, line by line.

    What takes more reviewers is marked with an exclamation mark. Without revisions it is the change that
    waits for people to agree.

    Example: `tocsin runbook diff scale-deployment 3f2a91bc 81d0c4e7`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "runbook.read")
        old, new = [await _find(session, house, name, one) for one in (before, after)]
        changes = await house.revisions.changes(session, new, old.digest)
    lines = difflib.unified_diff(
        old.text.splitlines(), new.text.splitlines(), old.digest[:12], new.digest[:12], lineterm=""
    )
    if json:
        said = [{"kind": one.kind, "text": one.text, "raises": one.raises} for one in changes]
        print_json({"before": old.digest, "after": new.digest, "changes": said, "text": "\n".join(lines)})
        return
    for line in (*change_lines(changes), *lines):
        typer.echo(tidy(line))


def change_lines(changes: tuple[Change, ...]) -> Iterator[str]:
    """Yield what a change means, one line each."""
    for change in changes:
        yield f"{'!' if change.raises else ' '} {change.text}"


async def _find(session: AsyncSession, house: House, name: str, which: str) -> Revision:
    """Return the revision that a word stands for: a channel, ``previous``, or a digest."""
    for channel in get_args(Channel):
        if which == channel:
            return await house.revisions.get(session, name, None, channel)
    return await house.revisions.get(session, name, which)


def _numbered(revision: Revision) -> str:
    return f"{revision.number} ({revision.digest[:12]})"


def _where(revision: Revision) -> str:
    return f"{revision.repository} {revision.origin}" if revision.repository else revision.origin


def _at(revision: Revision, channels: dict[str, str]) -> list[str]:
    return sorted(channel for channel, digest in channels.items() if digest == revision.digest)


def _told(revision: Revision) -> dict[str, Any]:
    return revision.model_dump(mode="json", exclude={"content", "text"})
