"""The JSON Schema of the language, for editors: from the models, completed with the actions there are."""

import re
from typing import Any

from tocsin.actions.registry import AnyAction, Registry
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.simulate.model import Tests

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_EXPRESSION = {"type": "string", "pattern": r"\$\{\{"}
_STEPS = ("uses", "wait", "assert")
_TRIGGERS = ("pagerduty", "alert", "slash", "manual")


def json_schema(registry: Registry | None = None) -> dict[str, Any]:
    """Return the schema of a runbook file; with a registry, ``with`` is completed by action."""
    schema = {"$schema": _DIALECT, **Runbook.model_json_schema(by_alias=True), "title": "Tocsin runbook"}
    parts: dict[str, Any] = schema["$defs"]
    parts["Step"]["oneOf"] = [{"required": [key]} for key in _STEPS]
    parts["Trigger"]["oneOf"] = [{"required": [key]} for key in _TRIGGERS]
    for action in registry or ():
        inputs = action.input_model.model_json_schema(by_alias=True)
        parts.update(inputs.pop("$defs", {}))
        for part in ("Step", "Check"):
            parts[part].setdefault("allOf", []).append(_rule(action, inputs))
    return schema


def schema_of_tests() -> dict[str, Any]:
    """Return the schema of a file of tests."""
    return {
        "$schema": _DIALECT,
        **Tests.model_json_schema(by_alias=True),
        "title": "Tests of a Tocsin runbook",
    }


def _rule(action: AnyAction, inputs: dict[str, Any]) -> dict[str, Any]:
    """Say that what uses the action gives its inputs, any of which may be an expression."""
    uses = {"type": "string", "pattern": f"^{re.escape(action.name)}(@|$)"}
    given = {
        "properties": {name: _or_expression(field) for name, field in inputs["properties"].items()},
        "required": inputs.get("required", []),
        "additionalProperties": False,
    }
    return {
        "if": {"properties": {"uses": uses}, "required": ["uses"]},
        "then": {"properties": {"with": given}},
    }


def _or_expression(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value that an expression may stand for, or for any entry of it."""
    inner = {
        key: _or_expression(field[key])
        for key in ("items", "additionalProperties")
        if isinstance(field.get(key), dict)
    }
    return {"anyOf": [{**field, **inner}, _EXPRESSION]}
