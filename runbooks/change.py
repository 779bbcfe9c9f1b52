"""One thing that a new revision changes, in words."""

import json
from typing import Literal, NamedTuple

from pydantic import JsonValue

from tocsin.runbooks import looser

Kind = Literal[
    "step_added",
    "step_removed",
    "step_moved",
    "risk_raised",
    "permission_widened",
    "guardrail_loosened",
    "changed",
]
RAISING = frozenset({"step_added", "risk_raised", "permission_widened", "guardrail_loosened"})
"""Kinds of change that take more reviewers."""
_SHOWN = 60
"""Characters of a value; longer ones are cut."""


class Change(NamedTuple):
    """One thing that is different."""

    kind: Kind
    text: str

    @property
    def raises(self) -> bool:
        """Say whether more people should look at it."""
        return self.kind in RAISING


def judged(what: str, rule: looser.Rule | None, before: JsonValue, after: JsonValue) -> Change:
    """Return what it means that a value is another one: ``rule`` says whether it lets more happen."""
    verdict = rule(before, after) if rule else None
    if verdict is None:
        return Change("changed", moved(what, before, after))
    return Change("guardrail_loosened", f"{what} {verdict}{_from_to(before, after)}")


def moved(what: str, before: JsonValue, after: JsonValue) -> str:
    """Say that something is another one."""
    return f"{what} is changed{_from_to(before, after)}"


def short(value: JsonValue) -> str:
    """Return a value on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = ", ".join(map(str, value)) or "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _from_to(before: JsonValue, after: JsonValue) -> str:
    if before is True or after is True or isinstance(before, dict) or isinstance(after, dict):
        return ""
    return f": {short(before)} → {short(after)}"
