"""Say what a validator found in words that tell a runbook's author what to write instead."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Path, did_you_mean

_FORMS = {
    "id": "an id is lower-case letters, digits and `_`, at most 40, and begins with a letter",
    "name": "a name is lower-case letters, digits and `-`, at most 63, and begins with a letter",
}
_SHAPES = {
    "string_type": "must be text; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "dict_type": "must be a map, `key: value` lines",
    "model_type": "must be a map, `key: value` lines",
    "model_attributes_type": "must be a map, `key: value` lines",
    "tuple_type": "must be a list, `- …` lines or [a, b]",
    "invalid_key": "must have text as its keys",
}


def explain(error: ErrorDetails, root: type[BaseModel] = Runbook) -> str:
    """Return one validation error as a sentence; ``root`` is the model of the whole file."""
    where, given = _name(error["loc"]), error["input"]
    limits: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"`{where}` is missing"
        case "extra_forbidden":
            return _unknown_key(error["loc"], root)
        case "value_error":
            return f"{where}: {limits['error']}" if where else str(limits["error"])
        case "literal_error" | "enum":
            return f"`{where}` cannot be {_shown(given)}.{_choices(error)}"
        case "string_pattern_mismatch":
            form = _FORMS.get(where, f"it must match {limits['pattern']}")
            return f"`{where}` cannot be {_shown(given)}: {form}"
        case "too_short" | "too_long":
            return f"`{where}` {_count(limits)}"
        case "greater_than_equal" | "less_than_equal":
            bound = f"least {limits['ge']}" if "ge" in limits else f"most {limits['le']}"
            return f"`{where}` must be at {bound}, not {_shown(given)}"
    shape = _SHAPES.get(error["type"], error["msg"][:1].lower() + error["msg"][1:])
    return f"`{where or 'the file'}` {shape}, not {_shown(given)}"


def shape(error: ErrorDetails) -> str:
    """Return what a refused value has to be, without the value: `` `replicas` must be a whole number``."""
    must = _SHAPES.get(error["type"], "must be something else")
    return f"`{_name(error['loc'])}` {must.partition(';')[0].partition(',')[0]}"


def _unknown_key(loc: Path, root: type[BaseModel]) -> str:
    key = str(loc[-1])
    model = _model_at(loc[:-1], root)
    known = [field.alias or name for name, field in model.model_fields.items()]
    return f"there is no key `{key[:60]}` here.{did_you_mean(key, known)}"


def _choices(error: ErrorDetails) -> str:
    expected = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
    given = str(error["input"])
    return f" It is one of {', '.join(expected)}.{did_you_mean(given, expected) if len(expected) > 9 else ''}"


def _count(limits: Mapping[str, Any]) -> str:
    if "min_length" in limits:
        return f"needs at least {limits['min_length']} entry"
    return f"has more than {limits['max_length']} entries; split the runbook"


def _model_at(loc: Path, root: type[BaseModel]) -> type[BaseModel]:
    """Return the model whose key stands after ``loc``; indexes and free keys lead no deeper."""
    model = root
    for part in loc:
        for name, field in model.model_fields.items():
            if part == (field.alias or name):
                model = next(_models(field.annotation), model)
                break
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _name(loc: Path) -> str:
    """Return the last key, with the index in front of which there is none: ``steps[2]``."""
    words = [part for part in loc if isinstance(part, str)]
    last = words[-1] if words else ""
    return f"{last}[{loc[-1]}]" if loc and isinstance(loc[-1], int) else last


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, dict):
        return "a map"
    if value is None:
        return "empty"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text[:60]}`"
