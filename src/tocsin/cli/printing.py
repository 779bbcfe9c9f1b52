"""What people see: tables, times, JSON. Nothing that others wrote is ever markup or a control code here."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from tocsin.postmortems.clock import length, moment
from tocsin.postmortems.texts import tidy

WIDE = 160
"""Columns where there is no terminal to measure: a pipe, a file, a CI log."""
AHEAD = 1000
"""How many rows beyond the limit are counted before it is just said that there are more."""


class _Paper(Console):
    """A console that takes every text as it is."""

    def __init__(self, *, stderr: bool = False) -> None:
        terminal = (sys.stderr if stderr else sys.stdout).isatty()
        options: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}
        super().__init__(stderr=stderr, width=None if terminal else WIDE, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return ``text`` without characters that would steer the terminal."""
        return super().render_str(tidy(text), **options)


def out() -> Console:
    """Return where answers go: stdout."""
    return _Paper()


def aside() -> Console:
    """Return where everything goes that is not the answer: stderr."""
    return _Paper(stderr=True)


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show a spinner on stderr for as long as the block takes; nothing where there is no terminal."""
    with aside().status(f"{what}…"):
        yield


def print_json(value: object) -> None:
    """Print JSON on stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_document(markdown: str) -> None:
    """Print Markdown: set in type on a terminal, as it is written anywhere else."""
    if sys.stdout.isatty():
        out().print(Markdown(tidy(markdown)))
    else:
        typer.echo(markdown, nl=False)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]], limit: int, empty: str) -> None:
    """Print at most ``limit`` rows and say how many more there are; ``empty`` when there is none."""
    if not rows:
        aside().print(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")  # what is cut off cannot be copied
    for row in rows[:limit]:
        table.add_row(*row)
    out().print(table)
    more = len(rows) - limit
    if more > 0:
        count = f"{more} or more" if more >= AHEAD else str(more)
        aside().print(f"… {count} more; --limit shows them")


def when(at: datetime) -> str:
    """Return a time with its date, in the zone of this machine."""
    local = at.astimezone()
    assert local.tzinfo is not None  # noqa: S101  # astimezone gives one
    return moment(local, local.tzinfo)


def lasted(begin: datetime, end: datetime | None) -> str:
    """Return how long it took, or has taken up to now."""
    return length((end or datetime.now(UTC)) - begin)


def span(duration: timedelta) -> str:
    """Return a duration as a clock shows it."""
    return length(duration)
