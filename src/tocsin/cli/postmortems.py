"""``tocsin postmortem``."""

from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.incidents import Ref
from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import print_document, waiting
from tocsin.errors import Conflict, Invalid
from tocsin.events.incident import PostmortemDrafted
from tocsin.main import House
from tocsin.postmortems.render import Format

Version = Annotated[
    int | None, typer.Option(min=1, help="A draft exactly as it was written; left out: all known now.")
]


async def draft(ref: Ref) -> None:
    """Write the draft of a resolved incident's postmortem.

    That happens by itself when an incident is resolved and a worker runs. Done again, it changes nothing.

    Example: `tocsin postmortem draft INC-12`
    """
    async with opened() as house:
        async with house.database.transaction() as session:
            incident = await house.lifecycle.read(session, actor(), ref)
        with waiting("Writing"):
            await house.drafts.draft(incident.id)
        version = await _newest_version(house, incident.id)
    if not version:
        raise Conflict(
            f"{incident.ref} is not resolved, so no draft was written; "
            f"`tocsin postmortem show {incident.ref}` prints what is known now"
        )
    typer.echo(
        f"{incident.ref}: draft {version} is written; `tocsin postmortem show {incident.ref}` prints it"
    )


async def show(ref: Ref, version: Version = None) -> None:
    """Print a postmortem.

    Example: `tocsin postmortem show INC-12`
    """
    print_document(await _document(ref, "md", version))


async def export(
    ref: Ref,
    format: Annotated[Format, typer.Option(help="Markdown, HTML or JSON.")] = "md",
    output: Annotated[Path | None, typer.Option(help="The file; left out: stdout.", dir_okay=False)] = None,
    version: Version = None,
) -> None:
    """Write a postmortem to a file.

    Example: `tocsin postmortem export INC-12 --format html --output INC-12.html`
    """
    text = await _document(ref, format, version)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Invalid(f"cannot write {output}: {error.strerror}; choose another --output") from error
    typer.echo(f"{output} is written")


async def _document(ref: str, format: Format, version: int | None) -> str:
    async with opened() as house, house.database.transaction() as session:
        with waiting("Writing"):
            return await house.drafts.export(session, actor(), ref, format, version)


async def _newest_version(house: House, incident_id: str) -> int:
    async with house.database.transaction() as session:
        entries = await house.log.read(session, f"incident/{incident_id}")
    drafted = [one.event.version for one in entries if isinstance(one.event, PostmortemDrafted)]
    return max(drafted, default=0)
