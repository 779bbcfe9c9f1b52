"""Parts of a runbook as plain JSON: its steps at any depth, its values by their paths, and what differs."""

from collections.abc import Iterator

from pydantic import JsonValue

Map = dict[str, JsonValue]
OPAQUE = frozenset({"with", "vars", "inputs", "outputs", "on", "permissions", "guardrails"}) | {
    "foreach",
    "manual",
    "set",
}
"""Keys beneath which there are no steps."""


def walk(value: JsonValue) -> dict[str, dict[str, JsonValue]]:
    """Return every step at any depth by its id, in the order of the file, without the steps inside of it."""
    found: dict[str, dict[str, JsonValue]] = {}
    if isinstance(value, list):
        for one in value:
            found |= walk(one)
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            found[str(value["id"])] = bare(value)
        for key, one in value.items():
            if key not in OPAQUE:
                found |= walk(one)
    return found


def bare(value: Map) -> dict[str, JsonValue]:
    """Return a part of a runbook without the steps inside of it."""
    kept: dict[str, JsonValue] = {}
    for key, one in value.items():
        if isinstance(one, dict) and key not in OPAQUE:
            kept[key] = bare(one)
        elif key in OPAQUE or not walk(one):
            kept[key] = one
    return kept


def leaves(value: JsonValue, path: str = "") -> dict[str, JsonValue]:
    """Return every value that is no map by its dotted path; an optional part counts as a value as well."""
    if not isinstance(value, dict):
        return {path: value}
    found: dict[str, JsonValue] = {path: True} if path else {}
    for key, one in value.items():
        found |= leaves(one, f"{path}.{key}" if path else key)
    return found


def differences(old: Map, new: Map) -> Iterator[tuple[str, tuple[JsonValue, JsonValue]]]:
    """Yield what is not the same; of a part that came or went, only the part itself."""
    for path in [*old, *(path for path in new if path not in old)]:
        whole = path.rpartition(".")[0]
        came_or_went = bool(whole) and bool(old.get(whole)) != bool(new.get(whole))
        if old.get(path) != new.get(path) and not came_or_went:
            yield path, (old.get(path), new.get(path))


def part(value: Map, key: str) -> Map:
    """Return the map at a key; an empty one where there is none."""
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def texts(value: JsonValue) -> list[str]:
    """Return a list of texts; an empty one where there is none."""
    return [str(one) for one in value] if isinstance(value, list) else []
