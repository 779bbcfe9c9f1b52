"""Turn what people, triggers and scripts give into the inputs a runbook declares."""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from pydantic import JsonValue

from tocsin.errors import BadExpression, Invalid
from tocsin.organisation import Organisation
from tocsin.runbooks.model import InputSpec, parse_bytes, parse_duration
from tocsin.runbooks.patterns import check_pattern, full_match
from tocsin.runbooks.problems import did_you_mean
from tocsin.runbooks.values import kind
from tocsin.vault import MARKER

_USER = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}|[UW][A-Z0-9]{4,20}")
MAX_TEXT = 16 * 1024
"""Characters of one text given as an input."""


def coerce(
    specs: Mapping[str, InputSpec],
    given: Mapping[str, JsonValue],
    *,
    from_text: bool,
    known: Organisation | None = None,
) -> dict[str, JsonValue]:
    """Return a value for every declared input, null for an optional one that was not given.

    ``from_text`` reads ``-i name=value`` and form fields, where every value is a text. ``known`` is what
    there is to choose from; without it, names of services and secrets are taken as they are. Raises Invalid
    with every problem on a line of its own; nothing was started then.
    """
    values: dict[str, JsonValue] = {}
    problems = [
        f"there is no input `{name}`.{did_you_mean(name, specs)}" for name in given.keys() - specs.keys()
    ]
    for name, spec in specs.items():
        try:
            values[name] = _opaque(spec, _value(spec, given.get(name), from_text, known))
        except ValueError as error:
            problems.append(f"input `{name}` {error}")
    if problems:
        raise Invalid("\n".join(sorted(problems)))
    return values


def flaws(spec: InputSpec) -> Iterator[str]:
    """Yield what is wrong with the declaration itself."""
    if spec.type == "enum" and not spec.enum:
        yield "an input of type `enum` needs `enum: [a, b]`, the values to choose from"
    if spec.min is not None and spec.max is not None and spec.min > spec.max:
        yield "`min` is greater than `max`"
    if spec.required and spec.default is not None:
        yield "an input with a `default` is never missing; leave out `required` or the default"
    try:
        if spec.pattern is not None:
            check_pattern(spec.pattern)
        if spec.default is not None:
            _value(spec, spec.default, from_text=False, known=None)
    except BadExpression as error:
        yield f"{error}"
    except ValueError as error:
        yield f"the default {error}"


def choices(spec: InputSpec, known: Organisation) -> list[str] | None:
    """Return what may be chosen for an input; None: anything that fits its type."""
    named: Mapping[str, Iterable[str]] = {
        "services": known.services,
        "teams": known.teams,
        "severities": [one.name for one in known.severities],
        "connections": known.connections,
        "secrets": known.secrets,
    }
    source = spec.source or {"service": "services", "secret": "secrets"}.get(spec.type)
    return None if source is None else sorted(named[source])


def _opaque(spec: InputSpec, value: JsonValue) -> JsonValue:
    """Return a secret as the reference that only an action's call resolves."""
    if spec.type == "secret" and isinstance(value, str):
        return {MARKER: value}
    if f'"{MARKER}"' in json.dumps(value):
        raise ValueError(f"holds the key `{MARKER}`, which only Tocsin may write")
    return value


def _value(spec: InputSpec, given: JsonValue, from_text: bool, known: Organisation | None) -> JsonValue:
    if given is None:
        if spec.required and spec.default is None:
            raise ValueError(f"is required{_purpose(spec)}")
        given, from_text = spec.default, False
    if given is None:
        return None
    value = _read(spec, given) if from_text and isinstance(given, str) else given
    if spec.type in _FITS and not _FITS[spec.type](value):
        raise ValueError(f"must be {_TYPES[spec.type]}, not {kind(value)}")
    _check_limits(spec, value)
    offered = choices(spec, known) if known else None
    if offered is not None and value not in offered:
        there = ", ".join(offered) or "what tocsin.yaml names, which is nothing"
        raise ValueError(f"must be one of {there}, not {_shown(value)}")
    return value


def _read(spec: InputSpec, text: str) -> JsonValue:
    """Return the value that a text stands for; of an ``enum``, the choice that is written like it."""
    if spec.type == "enum":
        return next((choice for choice in spec.enum or () if _written(choice) == text), text)
    return _READ[spec.type](text)


def _check_limits(spec: InputSpec, value: JsonValue) -> None:
    if spec.enum is not None and not any(_same(value, choice) for choice in spec.enum):
        raise ValueError(f"must be one of {', '.join(map(_shown, spec.enum))}, not {_shown(value)}")
    if isinstance(value, str):
        _check_text(spec, value)
    size = _size(spec, value)
    if size is not None and spec.min is not None and size < spec.min:
        raise ValueError(f"must be at least {spec.min:g}, not {_shown(value)}")
    if size is not None and spec.max is not None and size > spec.max:
        raise ValueError(f"must be at most {spec.max:g}, not {_shown(value)}")
    if isinstance(value, str | list | dict) and not _least(spec) <= len(value) <= _most(spec):
        raise ValueError(f"must be {_least(spec)} to {_most(spec)} long, not {len(value)}")


def _check_text(spec: InputSpec, text: str) -> None:
    if spec.pattern is None:
        return
    try:
        matches = full_match(spec.pattern, text)
    except BadExpression as error:
        raise ValueError(f"cannot be checked: {error}") from error
    if not matches:
        raise ValueError(f"must match {spec.pattern}, which {_shown(text)} does not")


def _size(spec: InputSpec, value: JsonValue) -> float | None:
    """Return what ``min`` and ``max`` limit: a number, or the seconds of a duration."""
    if spec.type == "duration":
        return parse_duration(value).total_seconds()
    if spec.type == "bytes":
        return parse_bytes(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _least(spec: InputSpec) -> int:
    return spec.min_length or 0


def _most(spec: InputSpec) -> int:
    return MAX_TEXT if spec.max_length is None else spec.max_length


def _same(value: JsonValue, choice: JsonValue) -> bool:
    return value == choice and isinstance(value, bool) == isinstance(choice, bool)


def _purpose(spec: InputSpec) -> str:
    return f": {spec.description}" if spec.description else ""


def _written(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _shown(value: JsonValue) -> str:
    return f"`{_written(value)[:60]}`"


def _integer(text: str) -> JsonValue:
    if not re.fullmatch(r"[-+]?[0-9]{1,18}", text.strip()):
        raise ValueError(f"must be a whole number, not {_shown(text)}")
    return int(text)


def _float(text: str) -> JsonValue:
    try:
        return float(text)
    except ValueError as error:
        raise ValueError(f"must be a number, not {_shown(text)}") from error


def _boolean(text: str) -> JsonValue:
    if text.strip().lower() not in {"true", "false"}:
        raise ValueError(f"must be true or false, not {_shown(text)}")
    return text.strip().lower() == "true"


def _list(text: str) -> JsonValue:
    """Read a JSON list, or texts between commas."""
    if text.lstrip().startswith("["):
        return _json(text)
    return [part.strip() for part in text.split(",")] if text.strip() else []


def _json(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text[:MAX_TEXT])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"must be JSON, not {_shown(text)}") from error
    return value


def _is_duration(value: JsonValue) -> bool:
    parse_duration(value)
    return isinstance(value, str)


def _is_bytes(value: JsonValue) -> bool:
    parse_bytes(value)
    return isinstance(value, str)


def _is_user(value: JsonValue) -> bool:
    return isinstance(value, str) and _USER.fullmatch(value) is not None


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


_READ: Mapping[str, Callable[[str], JsonValue]] = {
    "string": str,
    "integer": _integer,
    "number": _float,
    "boolean": _boolean,
    "duration": str,
    "bytes": str,
    "service": str,
    "user": str,
    "secret": str,
    "list": _list,
    "map": _json,
}
_FITS: Mapping[str, Callable[[JsonValue], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "duration": _is_duration,
    "bytes": _is_bytes,
    "service": lambda value: isinstance(value, str),
    "user": _is_user,
    "secret": lambda value: isinstance(value, str),
    "list": lambda value: isinstance(value, list),
    "map": lambda value: isinstance(value, dict),
}
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "duration": "a duration such as 90s, 5m, 2h or 1d",
    "bytes": "a size such as 512B, 64KiB, 50MiB or 2GiB",
    "service": "a service's name",
    "user": "an email address or a Slack user id",
    "secret": "a secret's name",
    "list": "a list",
    "map": "a map",
}
