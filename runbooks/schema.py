"""The JSON Schema of the language, for editors: from the models, completed with the actions there are."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tocsin.actions.registry import AnyAction, Registry
from tocsin.runbooks.model import Runbook, steps, triggers
from tocsin.runbooks.simulate.model import Tests

ADDRESS = "/schema/runbook/v1.json"
"""Where an installation serves it; editors are told by a first line,
``# yaml-language-server: $schema=https://tocsin.acme.example/schema/runbook/v1.json``."""
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPRESSION = {"type": "string", "pattern": r"\$\{\{"}
_VERSIONED = {"type": "string", "pattern": r"^[a-z0-9_.]+@[0-9]+$"}
_GATES = ("assert", "approve")
_REFERENCE = "#/$defs/"

Schema = dict[str, Any]


def json_schema(registry: Registry | None = None) -> Schema:
    """Return the schema of a runbook file; with a registry, ``with`` is completed by action."""
    schema: Schema = {"$schema": _DIALECT, **Runbook.model_json_schema(by_alias=True)}
    schema["title"] = "Tocsin runbook"
    parts: dict[str, Schema] = schema["$defs"]
    parts["Step"]["oneOf"] = [*_one_of(steps.KINDS), *_gates()]
    parts["Trigger"]["oneOf"] = list(_one_of(triggers.KINDS))
    if registry is not None:
        users = [part for part in parts.values() if {"uses", "with"} <= part.get("properties", {}).keys()]
        for action in registry:
            parts.update(_parts(action))
        for part in users:
            _complete(part, registry)
    return schema


def schema_of_tests() -> Schema:
    """Return the schema of a file of tests."""
    return {
        "$schema": _DIALECT,
        **Tests.model_json_schema(by_alias=True),
        "title": "Tests of a Tocsin runbook",
    }


def _one_of(kinds: Iterable[str]) -> Iterator[Schema]:
    yield from ({"required": [kind]} for kind in kinds)


def _gates() -> Iterator[Schema]:
    """Yield the steps that do nothing but hold the run up: by one of these keys, and no other kind."""
    for gate in _GATES:
        others = [*_one_of(steps.KINDS), *_one_of(one for one in _GATES if one != gate)]
        yield {"required": [gate], "not": {"anyOf": others}}


def _complete(part: Schema, registry: Registry) -> None:
    """Let a part that uses an action know the actions' names, and what each of them takes."""
    uses = part["properties"]["uses"]
    known = {"enum": [action.name for action in registry]}
    part["properties"]["uses"] = {**uses, "anyOf": [known, _VERSIONED, {"type": "null"}]}
    uses.pop("type", None)
    part.setdefault("allOf", []).extend(_rule(action) for action in registry)


def _rule(action: AnyAction) -> Schema:
    """Say that what uses the action gives its inputs."""
    uses = {"type": "string", "pattern": f"^{re.escape(action.name)}(@|$)"}
    inputs = {"$ref": f"{_REFERENCE}{_input_name(action)}"}
    then: Schema = {"properties": {"with": inputs}}
    if action.input_model.model_json_schema(by_alias=True).get("required"):
        then["required"] = ["with"]
    return {"if": {"properties": {"uses": uses}, "required": ["uses"]}, "then": then}


def _parts(action: AnyAction) -> dict[str, Schema]:
    """Return the schema of an action's inputs and of the models inside them, by names of their own."""
    inputs = action.input_model.model_json_schema(by_alias=True)
    inner: dict[str, Schema] = inputs.pop("$defs", {})
    named = {name: f"{action.name}.{name}" for name in inner}
    found = {named[name]: part for name, part in inner.items()}
    found[_input_name(action)] = {**inputs, "description": (action.__doc__ or "").partition("\n")[0]}
    return {name: _computable(_renamed(part, named)) for name, part in found.items()}


def _input_name(action: AnyAction) -> str:
    return f"{action.name}.with"


def _renamed(schema: Any, named: Mapping[str, str]) -> Any:
    """Return a schema whose references are to the new names."""
    if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        name = schema["$ref"].removeprefix(_REFERENCE)
        return {**schema, "$ref": f"{_REFERENCE}{named.get(name, name)}"}
    return _inside(schema, lambda inner: _renamed(inner, named))


def _computable(schema: Any) -> Any:
    """Return a schema in which an expression may stand for every value, and for every entry of one."""
    if not isinstance(schema, dict):
        return _inside(schema, _computable)
    changed = dict(schema)
    if isinstance(schema.get("properties"), dict):
        changed["properties"] = {name: _or_expression(one) for name, one in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            changed[key] = _or_expression(schema[key])
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        if isinstance(schema.get(key), list):
            changed[key] = [_computable(one) for one in schema[key]]
    return changed


def _or_expression(schema: Any) -> Schema:
    told = {key: schema[key] for key in ("title", "description", "default") if key in schema}
    return {**told, "anyOf": [_computable(schema), _EXPRESSION]}


def _inside(schema: Any, change: Callable[[Any], Any]) -> Any:
    """Return a schema with every part directly inside of it changed."""
    if isinstance(schema, dict):
        return {key: change(one) for key, one in schema.items()}
    return [change(one) for one in schema] if isinstance(schema, list) else schema
