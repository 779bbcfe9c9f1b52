"""``tocsin slack``."""

from typing import Annotated

import typer

from tocsin.bot.manifest import manifest
from tocsin.cli.printing import print_json


def print_manifest(
    url: Annotated[
        str | None, typer.Option(help="Where Slack reaches this installation: https://tocsin.acme.example.")
    ] = None,
    socket: Annotated[
        bool, typer.Option("--socket", help="For Socket Mode: Slack need not reach it.")
    ] = False,
) -> None:
    """Print the manifest of the Slack app.

    Paste it at https://api.slack.com/apps, under Create New App, From a manifest, JSON.

    Example: `tocsin slack manifest --url https://tocsin.acme.example`
    """
    if (url is None) != socket:
        raise typer.BadParameter("give either --url or --socket")
    if url is not None and not url.startswith("https://"):
        raise typer.BadParameter("Slack takes only addresses that start with https://", param_hint="--url")
    print_json(manifest(url))
