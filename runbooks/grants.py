"""The rights that runbooks need: what their actions name, as narrow as the inputs that are fixed allow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import JsonValue, TypeAdapter, ValidationError

from tocsin.actions.base import ANY, Frozen, Permission
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import BadExpression, Invalid
from tocsin.runbooks import expressions
from tocsin.runbooks.uses import uses_of
from tocsin.runbooks.work import Program
from tocsin.vault import MARKER

_KIND = re.compile(r"\b(\w+):NAME\b")
"""How the inputs of actions say what kind of connection they take."""


class Right(NamedTuple):
    """One right, and what it is needed for."""

    connection: str
    permission: Permission
    runbook: str
    action: str


@dataclass(frozen=True)
class Grants:
    """Finds what programs need of the connections that there are."""

    registry: Registry
    connections: tuple[str, ...]
    """Their names, as in ``tocsin.yaml``."""

    def rights(self, program: Program, inputs: Mapping[str, JsonValue]) -> Iterator[Right]:
        """Yield the rights of a program and of those it calls. ``inputs`` are those that are fixed.

        A connection that only a run knows may be any of the kind that the runbook's permissions allow.
        """
        scope = _scope(program, inputs)
        for use in uses_of(program.runbook):
            action = self.registry.get(use.uses)
            given = {name: _fixed(value, scope) for name, value in use.given.items()}
            for connection in self._connections(program, action, given):
                for permission in _named(action, {**given, "connection": connection}):
                    yield Right(connection, permission, program.runbook.name, action.name)
        for step in program.runbook.walk():
            if step.runbook:
                passed = {name: value for name, value in step.with_.items() if _is_fixed(value, scope)}
                fixed = {name: expressions.render(value, scope) for name, value in passed.items()}
                yield from self.rights(program.subs[step.runbook], fixed)

    def _connections(
        self, program: Program, action: AnyAction, given: Mapping[str, JsonValue]
    ) -> tuple[str, ...]:
        named = given.get("connection", ANY)
        if named != ANY:
            return (str(named),)
        told = _KIND.search(action.input_model.model_fields["connection"].description or "")
        allowed = program.runbook.permissions.connections or self.connections
        if told is None:
            return tuple(allowed)
        return tuple(one for one in allowed if one.startswith(f"{told[1]}:")) or (f"{told[1]}:{ANY}",)


def _named(action: AnyAction, given: Mapping[str, JsonValue]) -> list[Permission]:
    """Return what an action says it needs; raise Invalid where it does not take what is known."""
    try:
        return action.permissions(_partly_read(action.input_model, given))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise Invalid(f"{action.name}: {where}: {first['msg']}") from None


def _partly_read(model: type[Frozen], given: Mapping[str, JsonValue]) -> Frozen:
    """Return inputs of which some are ``*``, whatever their type; the others are as the model reads them."""
    if ANY not in _leaves(given):
        return model.model_validate(given)
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if (key := field.alias or name) in given:
            kind: Any = field.annotation
            known = ANY not in _leaves(given[key])
            fields[name] = TypeAdapter(kind).validate_python(given[key]) if known else ANY
    return model.model_construct(**fields)


def _scope(program: Program, inputs: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the inputs that are fixed, and the variables that follow from them alone."""
    variables: dict[str, JsonValue] = {}
    scope: dict[str, JsonValue] = {"inputs": dict(inputs), "vars": variables}
    todo = dict(program.runbook.vars)
    while ready := [name for name, value in todo.items() if _is_fixed(value, scope)]:
        for name in ready:
            variables[name] = expressions.render(todo.pop(name), scope)
    return scope


def _fixed(value: JsonValue, scope: Mapping[str, JsonValue]) -> JsonValue:
    """Return a value with ``*`` in the place of every text that only a run knows."""
    if isinstance(value, dict):
        return {key: _fixed(item, scope) for key, item in value.items()}
    if isinstance(value, list):
        return [_fixed(item, scope) for item in value]
    rendered = expressions.render(value, scope) if _is_fixed(value, scope) else ANY
    return ANY if isinstance(rendered, dict) and MARKER in rendered else rendered


def _is_fixed(value: JsonValue, scope: Mapping[str, JsonValue]) -> bool:
    try:
        paths = expressions.names(value)
    except BadExpression:
        return False  # it reads the item of a loop
    return all(len(path) > 1 and path[1] in _below(scope, path[0]) for path in paths)


def _below(scope: Mapping[str, JsonValue], root: str) -> Mapping[str, JsonValue]:
    found = scope.get(root)
    return found if isinstance(found, dict) else {}


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
