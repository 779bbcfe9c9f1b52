"""The command line: one more door to the same commands. It talks straight to the database of the settings."""

from importlib.metadata import version
from typing import Annotated

import typer

from tocsin.cli.lazy import EXIT_CODES, Root

app = typer.Typer(
    cls=Root,
    name="tocsin",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("tocsin"))
        raise typer.Exit


@app.callback()
def _tocsin(
    asked: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Incident response and runbook automation on one event log.

    Example: `tocsin serve`
    """


def main() -> None:
    """Run the command line of this process."""
    app()
