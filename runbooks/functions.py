"""The filters, tests and functions that expressions may use; there are no others.

Every one takes and returns JSON values, is bounded in time and size, and raises BadExpression or TypeError
instead of guessing. The docstrings are the reference.
"""

import json
import math
import operator
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NoReturn
from urllib.parse import quote

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from tocsin.errors import BadExpression
from tocsin.runbooks.model import parse_duration
from tocsin.runbooks.patterns import full_match
from tocsin.runbooks.values import MAX_TEXT, bounded, kind, refuse_undefined, to_text


def _default(value: Any, fallback: Any, also_null: bool = True) -> Any:
    """Return ``fallback`` for what is not there or null; ``default('x', false)`` keeps null."""
    absent = isinstance(value, Undefined) or (also_null and value is None)
    return fallback if absent else value


def _int(value: Any) -> int:
    """Return a whole number from a number or its text; a fraction is cut off."""
    return int(value) if isinstance(value, str | bool) else math.trunc(value)


def _float(value: Any) -> float:
    """Return a number from a number or its text."""
    return float(value)


def _string(value: Any) -> str:
    """Return text as it is, a number or true/false as JSON writes it."""
    return _text(value) if isinstance(value, str) else to_text(value)


def _bool(value: Any) -> bool:
    """Return true or false from itself or from the text ``true`` or ``false``."""
    if isinstance(value, bool):
        return value
    if value not in {"true", "false"}:
        raise BadExpression(f"bool takes true, false or their text, not {kind(value)}")
    return bool(value == "true")


def _lower(value: Any) -> str:
    """Return the text in lower case."""
    return _text(value).lower()


def _upper(value: Any) -> str:
    """Return the text in upper case."""
    return _text(value).upper()


def _trim(value: Any) -> str:
    """Return the text without white space at its ends."""
    return _text(value).strip()


def _replace(value: Any, old: str, new: str) -> str:
    """Return the text with every ``old`` replaced by ``new``."""
    text = _text(value)
    grown = len(text) + text.count(_text(old)) * (len(_text(new)) - len(old))
    if grown > MAX_TEXT:
        raise BadExpression(f"makes a text longer than {MAX_TEXT // 1024} KiB")
    return text.replace(old, new)


def _split(value: Any, separator: str | None = None) -> list[str]:
    """Return the parts of the text between separators; between white space when none is given."""
    return _text(value).split(separator)


def _join(value: Any, separator: str = "") -> str:
    """Return the list's texts and numbers as one text."""
    parts = [_string(item) for item in _list(value)]
    if sum(map(len, parts)) + len(_text(separator)) * len(parts) > MAX_TEXT:
        raise BadExpression(f"makes a text longer than {MAX_TEXT // 1024} KiB")
    return separator.join(parts)


def _length(value: Any) -> int:
    """Return how many characters, items or keys there are."""
    return len(value)


def _first(value: Any) -> Any:
    """Return the first item; an empty list is an error."""
    return _nonempty(value)[0]


def _last(value: Any) -> Any:
    """Return the last item; an empty list is an error."""
    return _nonempty(value)[-1]


def _unique(value: Any) -> list[Any]:
    """Return the items without repetition, in their order."""
    return list({json.dumps(item, sort_keys=True): item for item in _list(value)}.values())


def _sort(value: Any, reverse: bool = False, attribute: str | None = None) -> list[Any]:
    """Return the items in order, by one of their fields when ``attribute`` is given."""
    chosen = (lambda item: _field(item, attribute)) if attribute else None
    return sorted(_list(value), key=chosen, reverse=reverse)


def _map(value: Any, attribute: str) -> list[Any]:
    """Return one field of every item: ``pods | map(attribute='name')``."""
    return [_field(item, attribute) for item in _list(value)]


def _selectattr(value: Any, attribute: str, test: str = "==", other: Any = True) -> list[Any]:
    """Return the items whose field passes: ``pods | selectattr('restarts', '>', 3)``."""
    if test not in _COMPARISONS:
        raise BadExpression(f"selectattr compares with {', '.join(_COMPARISONS)}, not {test!r}")
    compare = _COMPARISONS[test]
    return [item for item in _list(value) if compare(_field(item, attribute), other)]


def _tojson(value: Any) -> str:
    """Return the value as JSON on one line, keys sorted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _fromjson(value: Any) -> Any:
    """Return the value that a JSON text holds."""
    return json.loads(_text(bounded(value)), parse_constant=_no_constant)


def _regex_match(value: Any, pattern: str) -> bool:
    """Say whether the whole text matches the pattern; write ``.*`` around it to find it anywhere."""
    return full_match(_text(pattern), _text(bounded(value)))


def _duration(value: Any) -> int:
    """Return the seconds of ``90s``, ``5m``, ``2h`` or ``1d``."""
    return int(parse_duration(_text(value)).total_seconds())


def _promql_str(value: Any) -> str:
    """Return a quoted PromQL string literal (https://prometheus.io/docs/prometheus/latest/querying/basics/)."""
    return json.dumps(_string(value), ensure_ascii=False)


def _urlencode(value: Any) -> str:
    """Return the text percent-encoded for one part of a path or query."""
    return quote(_string(value), safe="")


def _round(value: Any, digits: int = 0) -> float | int:
    """Return the number rounded to ``digits`` decimals (0 to 15), a whole number when none."""
    number = _number(value)
    if not 0 <= digits <= 15:
        raise BadExpression("round takes 0 to 15 digits")
    return round(number, digits) if digits else round(number)


def _abs(value: Any) -> float | int:
    """Return the number without its sign."""
    return abs(_number(value))


def _min(value: Any) -> Any:
    """Return the least item: ``[a, b] | min``."""
    return min(_nonempty(value))


def _max(value: Any) -> Any:
    """Return the greatest item."""
    return max(_nonempty(value))


@pass_context
def _now(context: Context) -> str:
    """Return the time of the decision, RFC 3339 in UTC; the same on every replay."""
    if context.get(NOW) is None:
        raise BadExpression("now() is not known here")
    return str(context[NOW])


NOW = "_now"
"""Where the evaluator puts the scope's ``now``: no expression can say a name that begins with ``_``."""


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise BadExpression(f"needs a text here, not {kind(value)}; write `… | string`")
    return value


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadExpression(f"needs a number here, not {kind(value)}; write `… | float`")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise BadExpression(f"needs a list here, not {kind(value)}")
    return list(bounded(value))


def _nonempty(value: Any) -> list[Any]:
    items = _list(value)
    if not items:
        raise BadExpression("the list is empty; test `… | length > 0` first")
    return items


def _field(item: Any, name: str) -> Any:
    for part in _text(name).split("."):
        if not isinstance(item, dict) or part not in item:
            raise BadExpression(f"an item has no field `{name}`")
        item = item[part]
    return item


def _strict(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return the filter as expressions call it: nothing undefined goes in, nothing boundless comes out."""

    @wraps(plain)
    def strict(*args: Any, **kwargs: Any) -> Any:
        refuse_undefined((*args, *kwargs.values()))
        return bounded(plain(*args, **kwargs))

    return strict


def _no_constant(name: str) -> NoReturn:
    raise BadExpression(f"fromjson takes JSON, and {name} is not in JSON")


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, among: item in among,
}
_PLAIN: Mapping[str, Callable[..., Any]] = {
    "abs": _abs,
    "bool": _bool,
    "duration": _duration,
    "first": _first,
    "float": _float,
    "fromjson": _fromjson,
    "int": _int,
    "join": _join,
    "last": _last,
    "length": _length,
    "lower": _lower,
    "map": _map,
    "max": _max,
    "min": _min,
    "promql_str": _promql_str,
    "regex_match": _regex_match,
    "replace": _replace,
    "round": _round,
    "selectattr": _selectattr,
    "sort": _sort,
    "split": _split,
    "string": _string,
    "tojson": _tojson,
    "trim": _trim,
    "unique": _unique,
    "upper": _upper,
    "urlencode": _urlencode,
}
FILTERS: Mapping[str, Callable[..., Any]] = {
    "default": _default,
    **{name: _strict(plain) for name, plain in _PLAIN.items()},
}
TESTS: Mapping[str, Callable[[Any], bool]] = {
    "boolean": lambda value: isinstance(value, bool),
    "defined": lambda value: not isinstance(value, Undefined),
    "mapping": lambda value: isinstance(value, dict),
    "none": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "sequence": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "undefined": lambda value: isinstance(value, Undefined),
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {"now": _now}
