"""Read Slack's loosely shaped JSON without trusting it."""

from collections.abc import Mapping

Json = dict[str, object]


def as_object(value: object) -> Json:
    """Take a value as a JSON object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def text(source: Mapping[str, object], key: str, default: str = "") -> str:
    """Read a string; anything else is the default."""
    value = source.get(key)
    return value if isinstance(value, str) else default


def child(source: Mapping[str, object], key: str) -> Json:
    """Read an object; anything else is an empty one."""
    return as_object(source.get(key))


def items(source: Mapping[str, object], key: str) -> list[object]:
    """Read a list; anything else is an empty one."""
    value = source.get(key)
    return list(value) if isinstance(value, list) else []


def children(source: Mapping[str, object], key: str) -> list[Json]:
    """Read a list of objects, dropping what is not an object."""
    return [item for item in items(source, key) if isinstance(item, dict)]


def without_empty(source: Mapping[str, object]) -> Json:
    """Drop the keys whose value is None, "" or an empty collection, as Slack leaves them out."""
    return {key: value for key, value in source.items() if value not in (None, "", [], {})}
