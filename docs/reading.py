"""Reads models for the reference: what each field takes, its default, and what its source says of it."""

import ast
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, SecretStr

_DURATION = "^[0-9]+[smhd]$"
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "{} or more",
    "maxItems": "at most {} entries",
    "pattern": "matches `{}`",
}


class Field(NamedTuple):
    """One field, as the reference shows it."""

    name: str
    kind: str
    """Markdown: what it takes."""
    default: str
    """Markdown: what it is when left out; ``required`` when it may not be."""
    words: str
    """What its docstring or description says; empty when nothing does."""
    model: type[BaseModel] | None
    """The model of its values, or of its entries."""


def fields(model: type[BaseModel]) -> list[Field]:
    """Return every field of a model, by the names that a file uses, in the order of the source."""
    schema = model.model_json_schema(by_alias=True)
    defs = schema.get("$defs", {})
    own = defs[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema  # it stands inside itself
    models, said = _models(model), _words(model)
    return [
        Field(
            name=info.alias or name,
            kind=_kind(properties, defs),
            default="required" if info.is_required() else shown(info.get_default(call_default_factory=True)),
            words=said.get(name) or info.description or "",
            model=models.get(name),
        )
        for name, info in model.model_fields.items()
        for properties in [own["properties"][info.alias or name]]
    ]


def rows(model: type[BaseModel], said: Mapping[str, str]) -> list[Field]:
    """Return every field; what its source does not describe has its words from ``said``, by ``Model.key``."""
    found = fields(model)
    return [row._replace(words=row.words or said.get(f"{model.__name__}.{row.name}", "")) for row in found]


def nested(model: type[BaseModel]) -> list[type[BaseModel]]:
    """Return the model and every model inside of it, each once, in the order of their first use."""
    found: dict[type[BaseModel], None] = {}
    waiting = [model]
    while waiting:
        here = waiting.pop(0)
        if here not in found:
            found[here] = None
            waiting += [inner for name in here.model_fields for inner in _inside(here, name)]
    return list(found)


def summary(documented: object) -> str:
    """Return a docstring in Markdown; empty when there is none of its own."""
    own = documented.__dict__.get("__doc__") if isinstance(documented, type) else documented.__doc__
    return prose(inspect.cleandoc(own or ""))


def prose(text: str) -> str:
    """Return a docstring's words in Markdown, one line per paragraph."""
    paragraphs = (" ".join(part.split()) for part in text.split("\n\n"))
    return "\n\n".join(paragraphs).replace("``", "`")


def shown(value: object) -> str:
    """Return a default as a person would write it in a file."""
    match value:
        case None | "" | () | {} | BaseModel():
            return "–"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{_duration(value)}`"
        case datetime():
            return f"`{value.isoformat()}`"
        case Enum():
            return f"`{value.value}`"
        case tuple() if all(isinstance(one, BaseModel) for one in value):
            return ", ".join(f"`{getattr(one, 'name', one)}`" for one in value)
        case tuple():
            return f"`[{', '.join(str(getattr(one, 'value', one)) for one in value)}]`"
        case str() | int() | float() | Path():
            return f"`{value}`"
        case SecretStr():
            return "a secret"
        case _:
            raise TypeError(f"the reference has no way to show {value!r}")


def table(rows: list[Field]) -> Iterator[str]:
    """Yield the lines of a Markdown table of fields."""
    yield from ("| Key | Takes | Default | |", "|---|---|---|---|")
    for row in rows:
        words = " ".join(prose(row.words).split())
        yield f"| `{row.name}` | {row.kind} | {row.default} | {cell(words)} |"


def cell(text: str) -> str:
    """Return text that does not end its cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    size, unit = next((one for one in _UNITS if seconds >= one[0] and seconds % one[0] == 0), _UNITS[-1])
    return f"{seconds // size}{unit}"


def _words(model: type[BaseModel]) -> Mapping[str, str]:
    """Return what stands as a string right below each field, base classes included."""
    said: dict[str, str] = {}
    for one in reversed(model.__mro__):
        # What pydantic makes of a generic model has no source of its own; the model beneath it has.
        if issubclass(one, BaseModel) and one is not BaseModel and "[" not in one.__name__:
            said |= dict(below(one))
    return said


def below(written: type) -> Iterator[tuple[str, str]]:
    """Yield each assignment of a class's body with the string right below it."""
    body = ast.parse(textwrap.dedent(inspect.getsource(written))).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101  # it is the source of a class
    for line, after in zip(body.body, body.body[1:], strict=False):
        match line, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, text


def _kind(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """Return what a JSON Schema takes, in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        part = parts.get(name, {})
        return _kind(part, parts) if "enum" in part else _named(name)
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema or "oneOf" in schema:
        choices = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
        return " or ".join(dict.fromkeys(_kind(one, parts) for one in choices))
    return _plain(schema, parts)


def _plain(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    match schema.get("type"):
        case "array":
            word = f"list of {_kind(schema.get('items', {}), parts)}"
        case "object":
            # Where keys have a pattern, the schema of the values stands beside it.
            by_pattern: Mapping[str, Any] = next(iter(schema.get("patternProperties", {}).values()), {})
            word = f"map of {_kind(schema.get('additionalProperties') or by_pattern, parts)}"
        case "string" if schema.get("pattern") == _DURATION:
            return "duration"
        case "string":
            word = {"password": "secret", "path": "path", "date-time": "time"}.get(
                schema.get("format", ""), "text"
            )
        case "boolean":
            word = "`true`, `false`"
        case str(other):
            word = other
        case _:
            word = "any value"
    bounds = [told.format(schema[key]).replace("|", "\\|") for key, told in _BOUNDS.items() if key in schema]
    return ", ".join([word, *bounds])


def _named(name: str) -> str:
    return "any value" if name == "JsonValue" else f"[{name}](#{name.lower()})"


def _models(model: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    return {name: found[0] for name in model.model_fields if (found := _inside(model, name))}


def _inside(model: type[BaseModel], name: str) -> list[type[BaseModel]]:
    """Return the models that a field's type names, at any depth of lists, maps and choices."""
    waiting, found = [model.model_fields[name].annotation], []
    while waiting:
        here: Any = waiting.pop(0)
        if isinstance(here, type) and issubclass(here, BaseModel):
            found.append(here)
        waiting += getattr(here, "__args__", ())
    return found
