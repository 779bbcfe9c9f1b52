"""Commands that are listed without being imported, and the one place where errors become exit codes."""

import asyncio
import functools
import inspect
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from tocsin.cli.table import COMMANDS, Leaf, Topic
from tocsin.errors import BadSetting, TocsinError

if sys.platform == "win32":
    from asyncio import SelectorEventLoop as _LOOP  # the one that psycopg works on
else:
    from uvloop import new_event_loop as _LOOP  # a fifth more webhooks and steps than with asyncio's own

EXIT_CODES = (
    "Exit codes: 0 done · 1 refused, failed or not found · 2 wrong usage or setting · "
    "3 a run or a revision waits for people · 130 interrupted"
)


class _Listed(TyperCommand):
    """A command as ``--help`` lists it."""

    def __init__(self, name: str, leaf: Leaf) -> None:
        super().__init__(name, help=leaf.help)
        self._where = leaf.where

    def load(self) -> Any:
        """Import the module and return the command itself."""
        module, _, function = self._where.partition(":")
        app = typer.Typer(
            add_completion=False,
            pretty_exceptions_enable=False,
            rich_markup_mode="markdown",
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        with warnings.catch_warnings():
            # platformdirs, under the embedded database, warns on import where no desktop session is.
            warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
            written = getattr(import_module(module), function)
        app.command(self.name, epilog=EXIT_CODES)(_synchronous(written))
        return get_command(app)


class _Group(TyperGroup):
    """Imports a command when it is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Return the command that the arguments name, and what is left of them."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, _Listed) else command, rest


class Root(_Group):
    """``tocsin``: knows every command, and says what went wrong in a line instead of a traceback."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**{**attrs, "commands": _listed(COMMANDS)})

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit with 2 for a wrong setting, 1 for every other error of ours."""
        try:
            return super().invoke(ctx)
        except TocsinError as error:
            typer.echo(f"tocsin: {error}", err=True)
            raise typer.Exit(2 if isinstance(error, BadSetting) else 1) from None


def _listed(table: Mapping[str, Leaf | Topic]) -> dict[str, TyperCommand | TyperGroup]:
    return {
        name: _Listed(name, entry) if isinstance(entry, Leaf) else _topic(name, entry)
        for name, entry in table.items()
    }


def _topic(name: str, topic: Topic) -> _Group:
    return _Group(
        name=name,
        help=f"{topic.help}\n\nExample: `tocsin {name} {next(iter(topic.commands))} --help`",
        epilog=EXIT_CODES,
        commands=_listed(topic.commands),  # type: ignore[arg-type]  # both are commands
        no_args_is_help=True,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _synchronous(function: Callable[..., Any]) -> Callable[..., Any]:
    if not inspect.iscoroutinefunction(function):
        return function

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with asyncio.Runner(loop_factory=_LOOP) as runner:
            return runner.run(function(*args, **kwargs))

    return call
