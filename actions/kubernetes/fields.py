"""The fields that a patch touches: found in an object, compared, and put back one by one."""

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import JsonValue

from tocsin.actions.base import Frozen
from tocsin.errors import ActionFailed, ErrorClass


class Field(Frozen):
    """One field as a plan saw it."""

    path: tuple[str, ...]
    """Keys; ``[app]`` is the item of a list whose name is ``app``."""
    there: bool
    """Whether it was there before."""
    before: JsonValue
    after: JsonValue

    @property
    def spelled(self) -> str:
        """Return the path as people write it: ``spec.containers[app].image``."""
        return spelled(self.path)


def fields(now: JsonValue, wanted: JsonValue, then: JsonValue) -> Iterator[Field]:
    """Yield every field that ``wanted`` touches: as it is now, and as the server would have it then."""
    for path in _touched(now, wanted, ()):
        there, before = at(now, path)
        yield Field(path=path, there=there, before=before, after=at(then, path)[1])


def at(whole: JsonValue, path: Sequence[str]) -> tuple[bool, JsonValue]:
    """Return whether something stands at a path, and what."""
    here = whole
    for step in path:
        if isinstance(here, dict) and step in here:
            here = here[step]
        elif isinstance(here, list) and (index := _index(here, step)) is not None:
            here = here[index]
        else:
            return False, None
    return True, here


def spelled(path: Sequence[str]) -> str:
    """Return a path as people write it."""
    return ".".join(path).replace(".[", "[")


def putting_back(now: JsonValue, touched: Sequence[Field]) -> list[dict[str, JsonValue]]:
    """Return the operations of a JSON patch that put every field back as it was before.

    Raises CONFLICT where one is not as the patch left it.
    """
    replaced: list[dict[str, JsonValue]] = []
    removed: list[tuple[list[Any], dict[str, JsonValue]]] = []
    for field in touched:
        there, value = at(now, field.path)
        if (there, value) == (field.there, field.before):
            continue
        if value != field.after:
            raise ActionFailed(
                f"somebody else changed {field.spelled} since the patch; do by hand what is left to do.",
                ErrorClass.CONFLICT,
            )
        pointer = _pointer(now, field.path)
        where = "".join(f"/{str(one).replace('~', '~0').replace('/', '~1')}" for one in pointer)
        if field.there:
            replaced.append({"op": "replace", "path": where, "value": field.before})
        else:
            removed.append((pointer, {"op": "remove", "path": where}))
    # The last items of a list go first: each removal moves those behind it.
    removed.sort(key=lambda one: [(isinstance(part, str), part) for part in one[0]], reverse=True)
    return replaced + [operation for _, operation in removed]


def _touched(now: JsonValue, wanted: JsonValue, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the deepest paths that exist now, and those of what would be new as a whole."""
    below = _steps(wanted)
    if not below or type(now) is not type(wanted):
        yield path
        return
    for step, value in below:
        there, inner = at(now, (step,))
        yield from _touched(inner, value, (*path, step)) if there else ((*path, step),)


def _steps(wanted: JsonValue) -> list[tuple[str, JsonValue]]:
    """Return what lies below: the keys of a map, the items of a list where each has a name."""
    if isinstance(wanted, dict):
        return list(wanted.items())
    if not isinstance(wanted, list):
        return []
    named = [(f"[{one['name']}]", one) for one in wanted if isinstance(one, dict) and "name" in one]
    return list(named) if len(named) == len(wanted) else []


def _index(items: list[JsonValue], step: str) -> int | None:
    """Return where in a list the item of a name is."""
    for index, item in enumerate(items):
        if isinstance(item, dict) and step == f"[{item.get('name')}]":
            return index
    return None


def _pointer(whole: JsonValue, path: Sequence[str]) -> list[Any]:
    """Return the path with the places of items in their lists instead of their names."""
    here, pointer = whole, []
    for step in path:
        index = _index(here, step) if isinstance(here, list) else None
        pointer.append(step if index is None else index)
        _, here = at(here, (step,))
    return pointer
