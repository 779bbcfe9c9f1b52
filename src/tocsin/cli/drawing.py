"""``tocsin runbook graph``."""

from typing import Annotated, Literal

import typer

from tocsin.actions.registry import Registry
from tocsin.cli import asking
from tocsin.cli.opening import opened
from tocsin.connections import Connections
from tocsin.runbooks.drawing import as_svg
from tocsin.runbooks.mermaid import as_mermaid

Drawing = Literal["mermaid", "svg"]


async def graph(
    name: asking.NameOrFile,
    revision: asking.Revision = None,
    channel: asking.Channel = "published",
    format: Annotated[Drawing, typer.Option(help="How it is drawn.")] = "mermaid",
) -> None:
    """Draw a runbook, as Mermaid or as SVG.

    A file needs no database.

    Example: `tocsin runbook graph rollback-deployment --format svg > rollback.svg`
    """
    if asking.is_file(name):
        runbook = asking.load_file(name, Registry(Connections({})))
    else:
        async with opened() as house, house.database.transaction() as session:
            runbook = await asking.find_runbook(session, house, name, revision, channel)
    typer.echo((as_svg if format == "svg" else as_mermaid)(runbook), nl=False)
