"""What a field manager owns of an object, as the server keeps it in ``managedFields``.

Who applies fields and leaves out one that was applied before takes it away. So a patch repeats what earlier
ones set. https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
"""

import json
from collections.abc import Mapping

from pydantic import JsonValue

Json = dict[str, JsonValue]


def owned(whole: Json, manager: str) -> Json:
    """Return the part of an object that a manager has applied, with the values that it has now."""
    metadata = whole.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, dict) else None
    for one in managed if isinstance(managed, list) else ():
        if isinstance(one, dict) and (one.get("manager"), one.get("operation")) == (manager, "Apply"):
            fields = one.get("fieldsV1")
            found = _part(whole, fields) if isinstance(fields, dict) else {}
            return found if isinstance(found, dict) else {}
    return {}


def merged(below: JsonValue, above: JsonValue) -> JsonValue:
    """Return ``below`` with everything of ``above`` in it; items of lists are the same by their ``name``."""
    if isinstance(below, dict) and isinstance(above, dict):
        return {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    if isinstance(below, list) and isinstance(above, list):
        names = [_name(item) for item in above]
        if all(names) and all(map(_name, below)):
            kept = {_name(item): item for item in below}
            others = [item for item in below if _name(item) not in names]
            return [*others, *(merged(kept.get(_name(item)), item) for item in above)]
    return above


def _part(value: JsonValue, fields: Mapping[str, JsonValue]) -> JsonValue:
    """Return what the fields name: ``f:key`` of a map, ``k:{…}`` and ``v:…`` of a list, ``.`` is itself.

    Where they name nothing, it is the whole value.
    """
    inner = {key: one for key, one in fields.items() if key != "." and isinstance(one, dict)}
    if isinstance(value, dict) and fields:
        return {key[2:]: _part(value[key[2:]], one) for key, one in inner.items() if key[2:] in value}
    if isinstance(value, list) and fields:
        return [found for key, one in inner.items() for found in _items(value, key, one)]
    return value


def _items(value: list[JsonValue], key: str, fields: Mapping[str, JsonValue]) -> list[JsonValue]:
    wanted: JsonValue = json.loads(key[2:])
    if key.startswith("v:"):
        return [wanted]
    for item in value:
        if isinstance(item, dict) and isinstance(wanted, dict) and wanted.items() <= item.items():
            found = _part(item, fields)
            return [{**wanted, **found}] if isinstance(found, dict) else []
    return []


def _name(item: JsonValue) -> str:
    return str(item.get("name") or "") if isinstance(item, dict) else ""
