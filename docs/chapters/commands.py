"""``commands.md``: every command, from the table that the command line itself is made of."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from typer.main import get_command

from docs.reading import cell, prose
from tocsin.cli import app
from tocsin.cli.lazy import EXIT_CODES
from tocsin.cli.table import COMMANDS, Leaf

INTRO = f"""\
# Commands

`tocsin` talks straight to the database of the settings; nothing needs to be running for it, except where a
worker has to do something. Every command has `--help`.

{EXIT_CODES.replace("Exit codes:", "Exit codes of every command:")}.
"""


def commands() -> str:
    """Return the page."""
    return "\n".join([INTRO, *(line for words, leaf in leaves() for line in _command(words, leaf))])


def leaves() -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Yield every command with the words that name it."""
    for name, entry in COMMANDS.items():
        if isinstance(entry, Leaf):
            yield (name,), entry
        else:
            yield from (((name, verb), leaf) for verb, leaf in entry.commands.items())


def written(leaf: Leaf) -> Any:
    """Return the function that a command calls."""
    module, _, function = leaf.where.partition(":")
    return getattr(import_module(module if "." in module else f"tocsin.cli.{module}"), function)


def _command(words: tuple[str, ...], leaf: Leaf) -> Iterator[str]:
    parameters = _loaded(words).params
    arguments = [one for one in parameters if one.param_type_name == "argument"]
    options = [one for one in parameters if one.param_type_name == "option" and one.name != "help"]
    named = "".join(f" {_metavar(one)}" for one in arguments)
    yield from (
        f"## `tocsin {' '.join(words)}{named}`",
        "",
        prose(inspect.cleandoc(written(leaf).__doc__ or "")),
        "",
    )
    if arguments or options:
        yield from ("| | |", "|---|---|")
        yield from (f"| `{_metavar(one)}` | {cell(_help(one))} |" for one in arguments)
        yield from (f"| {_flags(one)} | {cell(_help(one))} |" for one in options)
        yield ""


def _loaded(words: tuple[str, ...]) -> Any:
    here: Any = get_command(app)
    for word in words:
        here = here.commands[word]
    return here.load()


def _metavar(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    return f"{name}…" if argument.nargs == -1 else name


def _flags(option: Any) -> str:
    flags = [*option.opts, *option.secondary_opts]
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return ", ".join(f"`{flag}{value}`" for flag in flags)


def _help(parameter: Any) -> str:
    told = [parameter.help or ""]
    default = parameter.default
    if parameter.required and parameter.param_type_name == "option":
        told.append("Required.")
    if not parameter.required and default not in (None, "", False) and not callable(default):
        told.append(f"Default: `{str(default).lower() if isinstance(default, bool) else default}`.")
    return " ".join(told)
