"""JSON values as expressions see them: what they are called, how large they may be, how they combine."""

import json
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Undefined
from pydantic import JsonValue

from tocsin.errors import BadExpression

MAX_TEXT = 64 * 1024
MAX_ITEMS = 10_000

_KINDS: tuple[tuple[tuple[type, ...], str], ...] = (
    ((bool,), "true or false"),
    ((int, float), "a number"),
    ((str,), "a text"),
    ((list, tuple), "a list"),
    ((dict,), "a map"),
)
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


def bounded(value: Any) -> Any:
    """Return ``value``; raise BadExpression when it is longer than an expression may make it."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise BadExpression(f"makes a text longer than {MAX_TEXT // 1024} KiB")
    if isinstance(value, list | dict) and len(value) > MAX_ITEMS:
        raise BadExpression(f"makes a list longer than {MAX_ITEMS} items")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise BadExpression("makes a number of more than 63 bits")
    return value


def refuse_undefined(values: Iterable[Any]) -> None:
    """Raise UndefinedError when one of the values is not there."""
    for value in values:
        if isinstance(value, Undefined):
            str(value)  # a StrictUndefined raises here and names what is missing


def kind(value: Any) -> str:
    """Return what people call this kind of value."""
    if value is None:
        return "null"
    for types, name in _KINDS:
        if isinstance(value, types):
            return name
    return "nothing"


def to_text(value: JsonValue) -> str:
    """Return how a value looks inside a text; raise BadExpression for null, a list or a map."""
    if isinstance(value, str):
        return value
    if value is None:
        raise BadExpression("is null inside a text; write `… | default('something')`")
    if isinstance(value, list | dict):
        raise BadExpression(f"is {kind(value)} inside a text; write `… | join(', ')` or `… | tojson`")
    return json.dumps(value)


def combine(sign: str, left: Any, right: Any) -> Any:
    """Return ``left sign right``: numbers with numbers, and ``+`` also texts with texts, lists with lists."""
    refuse_undefined((left, right))
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (left, right))
    alike = any(isinstance(left, one) and isinstance(right, one) for one in (str, list))
    if not numbers and not (alike and sign == "+"):
        raise BadExpression(f"cannot do {kind(left)} {sign} {kind(right)}")
    return bounded(_ARITHMETIC[sign](left, right))
