"""What a plan would change, in a block of code."""

import json
from collections.abc import Sequence
from itertools import groupby

from pydantic import JsonValue

from tocsin.actions.base import Change, Plan
from tocsin.bot.views.text import clamp, clamp_lines, esc
from tocsin.events import run as events

DIFF = 2600
"""Characters of a diff, so that it fits into a section with its fence."""
_VALUE = 80


def plan_of(planned: events.StepPlanned) -> Plan:
    """Return what every plan says, without the snapshot for undo."""
    return Plan.model_validate({name: planned.plan[name] for name in Plan.model_fields})


def diff(changes: Sequence[Change], limit: int = DIFF) -> str:
    """Return the changes as ``field   before → after``, by resource."""
    lines = []
    for resource, group in groupby(
        (one for one in changes if one.before != one.after), lambda one: one.resource
    ):
        found = list(group)
        wide = max(len(one.field) for one in found)
        lines.append(fenced(resource))
        lines += [
            f"  {fenced(one.field):<{wide}}   {shown(one.before)} → {shown(one.after)}" for one in found
        ]
    return clamp_lines(lines, limit) or "nothing would change: it is as wanted already"


def shown(value: JsonValue) -> str:
    """Return a value on one line."""
    return fenced(clamp(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _VALUE))


def fenced(text: str) -> str:
    """Return a text that cannot end the code block it stands in."""
    return esc(text).replace("`", "'").replace("\n", "⏎")
