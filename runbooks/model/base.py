"""What every part of a runbook's model is made of."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainSerializer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=366)
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def parse_duration(text: object) -> timedelta:
    """Return ``90s``, ``5m``, ``2h`` or ``1d`` as a timedelta; raise ValueError otherwise."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([0-9]{1,8})([smhd])", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 90s, 5m, 2h or 1d")
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if duration > _LONGEST:
        raise ValueError(f"{text!r} is longer than {_LONGEST.days} days")
    return duration


def span(duration: timedelta) -> str:
    """Return a duration as it is written: ``90s``, ``5m``, ``2h``, ``1d``."""
    seconds = int(duration.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def parse_bytes(text: object) -> int:
    """Return ``512B``, ``50MiB`` or ``2GiB`` as a number of bytes; raise ValueError otherwise."""
    match = re.fullmatch(r"([0-9]{1,12})(B|KiB|MiB|GiB|TiB)", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a size; write 512B, 64KiB, 50MiB, 2GiB or 1TiB")
    return int(match[1]) * _SIZES[match[2]]


def one_or_more(value: object) -> object:
    """Let one value stand for a list of it."""
    return (value,) if isinstance(value, str | dict) else value


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=Annotated[str, Field(pattern="^[0-9]+[smhd]$")]),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s"),
]
Expression = str
"""A bare expression, as in ``if`` and ``assert``: no ``${{ }}`` around it."""
Value = JsonValue
"""A JSON value whose strings may hold ``${{ expression }}``."""
Expressions = Annotated[
    tuple[Expression, ...],
    BeforeValidator(one_or_more, json_schema_input_type=Expression | tuple[Expression, ...]),
]
"""One bare expression, or several that all have to hold."""


class Model(BaseModel):
    """Base: frozen, no unknown keys, YAML's own spelling accepted and written."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )
