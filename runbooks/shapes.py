"""What values look like, as far as that is known before a run: their kinds, their fields, their choices."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue

from tocsin.runbooks.facts import Kind, kind_of
from tocsin.runbooks.model import InputSpec

_DEPTH = 8
"""Models inside models are followed so far."""
_INPUTS: Mapping[str, Kind] = {
    **dict.fromkeys(("string", "duration", "bytes", "service", "user"), "text"),
    **{kind: kind for kind in ("integer", "number", "boolean", "list", "map")},
}


@dataclass(frozen=True)
class Shape:
    """What is known of a value; nothing, as it stands here."""

    kind: Kind | None = None
    fields: "Mapping[str, Shape] | None" = None
    """All keys of a map; None where it may have any."""
    entry: "Shape | None" = None
    """What every entry of a list, or of a map with free keys, looks like."""
    choices: frozenset[JsonValue] = field(default_factory=frozenset)
    """The only values that it has; empty where there are more."""

    def at(self, part: str) -> "Shape | None":
        """Return what stands at a key or index; None where there is no such."""
        if self.fields is not None:
            return self.fields.get(part)
        if self.kind == "list" and not part.lstrip("-").isdigit():
            return None
        return (self.entry or UNKNOWN) if self.kind in {None, "list", "map"} else None


UNKNOWN = Shape()
TEXT = Shape("text")


def fields(*names: str, **shapes: Shape) -> Shape:
    """Return a map with these keys."""
    return Shape("map", {**dict.fromkeys(names, UNKNOWN), **shapes})


def one_of(*choices: JsonValue) -> Shape:
    """Return a value that is one of these."""
    kinds = {kind_of(choice) for choice in choices}
    return Shape(kinds.pop() if len(kinds) == 1 else None, choices=frozenset(choices))


def of_input(spec: InputSpec) -> Shape:
    """Return what an input holds when it was given."""
    simple = all(isinstance(choice, str | int | float) for choice in spec.enum or ())
    if spec.enum and simple:
        return one_of(*spec.enum)
    return Shape(_INPUTS.get(spec.type))


def of_value(value: JsonValue, look: Callable[[str], Shape]) -> Shape:
    """Return what a value of the runbook yields; ``look`` says it of texts."""
    match value:
        case str():
            return look(value)
        case dict():
            return Shape("map", {key: of_value(item, look) for key, item in value.items()})
        case _:
            return Shape(kind_of(value))


@cache
def of_model(model: type[BaseModel], depth: int = _DEPTH) -> Shape:
    """Return what a model writes as JSON."""
    known = {
        one.serialization_alias or one.alias or name: _of_type(one.annotation, depth - 1)
        for name, one in model.model_fields.items()
    }
    return Shape("map", known)


def _of_type(annotation: Any, depth: int) -> Shape:
    """Return what a value of a type looks like; null does not count."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(arguments[0], depth)
    if origin in {Union, UnionType}:
        kept = [_of_type(one, depth) for one in arguments if one is not type(None)]
        return kept[0] if len(kept) == 1 else UNKNOWN
    if origin is Literal:
        return one_of(*arguments)
    if origin in {list, tuple}:
        same = origin is list or arguments[1:] == (...,)
        return Shape("list", entry=_of_type(arguments[0], depth) if same else None)
    if origin in {dict, Mapping}:
        return Shape("map", entry=_of_type(arguments[1], depth))
    return _of_class(annotation, depth)


def _of_class(annotation: Any, depth: int) -> Shape:
    if not isinstance(annotation, type):
        return UNKNOWN
    if issubclass(annotation, BaseModel):
        return of_model(annotation, depth) if depth else UNKNOWN
    if issubclass(annotation, Enum):
        return one_of(*(one.value for one in annotation))
    return Shape(next(_kinds(annotation), None))


def _kinds(annotation: type) -> Iterator[Kind]:
    for plain, kind in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "text")):
        if issubclass(annotation, plain):
            yield kind  # type: ignore[misc]  # each of them is one
