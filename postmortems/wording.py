"""What a row of the timeline says, and how reasons are added to it."""

from collections.abc import Callable
from typing import Literal, NamedTuple

Kind = Literal[
    "incident", "status", "severity", "update", "role", "message", "alert", "page", "channel", "problem",
    "run", "step", "approval", "undo",
]  # fmt: skip
Namer = Callable[[str], str]
"""Returns the name behind a person's id."""


class Sentence(NamedTuple):
    """What a row of the timeline says."""

    kind: Kind
    text: str
    link: str = ""
    step: str | None = None


def because(reason: str) -> str:
    """Return a reason as the end of a sentence; nothing where there is none."""
    return f": {reason}" if reason else ""
