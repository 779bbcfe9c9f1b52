"""Check what a runbook asks of actions: that they exist, take these inputs, and do what the step wants."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pydantic import BaseModel, JsonValue, ValidationError
from pydantic_core import ErrorDetails

from tocsin.actions.base import Risk
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import NotFound
from tocsin.runbooks import expressions, words
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.problems import Level, Path, did_you_mean


class Flaw(NamedTuple):
    """What is wrong with one value; with its key when ``key`` says so."""

    path: Path
    message: str
    level: Level = "error"
    key: bool = False


def outputs(runbook: Runbook, registry: Registry) -> dict[str, type[BaseModel]]:
    """Return the output model of every step whose action is known."""
    plain = (step for step in runbook.walk() if step.uses and not step.foreach and not step.outputs)
    found = {step.id: _find(registry, step.uses or "") for step in plain}
    return {step: action.output_model for step, action in found.items() if action is not None}


def flaws(runbook: Runbook, registry: Registry) -> Iterator[Flaw]:
    """Yield what is wrong with each step's actions, in the order of the file."""
    for path, step in runbook.placed():
        yield from _used(runbook, registry, step.uses, step.with_, path)
        action = _find(registry, step.uses) if step.uses else None
        if action is not None:
            yield from _fit(runbook, step, action, path)
        for nth, check in enumerate(step.verify or ()):
            here = (*path, "verify", nth)
            yield from _used(runbook, registry, check.uses, check.with_, here)
            yield from _reads_only(registry, check.uses, here)
    guard = runbook.guardrails.stop_if
    if guard is not None:
        here = ("guardrails", "stop_if")
        yield from _used(runbook, registry, guard.uses, guard.with_, here)
        yield from _reads_only(registry, guard.uses, here)


def actions_of(runbook: Runbook) -> set[str]:
    """Return every action that a runbook uses itself, to do something or to look."""
    steps = list(runbook.walk())
    used = {step.uses for step in steps} | {check.uses for step in steps for check in step.verify or ()}
    guard = runbook.guardrails.stop_if
    return {uses for uses in (*used, guard.uses if guard else None) if uses}


def _find(registry: Registry, uses: str) -> AnyAction | None:
    try:
        return registry.get(uses)
    except NotFound:
        return None


def _used(
    runbook: Runbook, registry: Registry, uses: str | None, given: Mapping[str, JsonValue], path: Path
) -> Iterator[Flaw]:
    """Yield what is wrong with one ``uses`` and its ``with``."""
    if uses is None:
        return
    try:
        action = registry.get(uses)
    except NotFound as error:
        hint = did_you_mean(uses.partition("@")[0], registry.names())
        yield Flaw((*path, "uses"), f"{error}.{hint}")
        return
    yield from _inputs(action, given, (*path, "with"))
    for field in _secret_fields(given):
        if field not in action.secret_fields:
            yield Flaw((*path, "with", field), f"`{field}` of {action.name} may not hold a secret")
    connection = given.get("connection")
    allowed = runbook.permissions.connections
    if allowed and isinstance(connection, str) and "${{" not in connection and connection not in allowed:
        hint = did_you_mean(connection, allowed)
        message = f"`{connection}` is not in `permissions.connections`.{hint}"
        yield Flaw((*path, "with", "connection"), message)


def _inputs(action: AnyAction, given: Mapping[str, JsonValue], path: Path) -> Iterator[Flaw]:
    """Yield every value that the action would refuse, but for those that only a run knows."""
    try:
        action.input_model.model_validate(given)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if not depends(given, detail):
                unknown = detail["type"] == "extra_forbidden"
                yield Flaw((*path, *detail["loc"]), _input_words(action, detail), key=unknown)


def _input_words(action: AnyAction, detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        key = str(detail["loc"][-1])
        known = {field.alias or name for name, field in action.input_model.model_fields.items()}
        return f"{action.name} takes no `{key}`.{did_you_mean(key, known)}"
    if detail["type"] == "missing":
        return f"{action.name} needs `{detail['loc'][-1]}`"
    return f"{action.name}: {words.explain(detail)}"


def depends(given: Mapping[str, JsonValue], detail: ErrorDetails) -> bool:
    """Say whether the refused value is known only when the run has computed an expression."""
    if detail["type"] in {"missing", "extra_forbidden"}:
        return False
    here: JsonValue = dict(given)
    for part in detail["loc"]:
        here = dict(expressions.items(here)).get(str(part), here)
    return any(expressions.holes(text) for text in expressions.texts(here))


def _secret_fields(given: Mapping[str, JsonValue]) -> Iterator[str]:
    for field, value in given.items():
        for text in expressions.texts(value):
            if any(expressions.secret_name(hole) for hole in expressions.holes(text)):
                yield field


def _fit(runbook: Runbook, step: Step, action: AnyAction, path: Path) -> Iterator[Flaw]:
    """Yield where the step's promises and the action's do not fit."""
    mutates = action.risk is not Risk.READ
    if "undo" in step.model_fields_set and step.undo == "auto" and not action.undoable():
        yield Flaw((*path, "undo"), f"{action.name} cannot be undone; write `undo: none`")
    elif mutates and runbook.on_failure.compensate and step.undo == "auto" and not action.undoable():
        message = f"{action.name} cannot be undone: `compensate` will leave it; say so with `undo: none`"
        yield Flaw((*path, "uses"), message, "warning")
    if mutates and step.approve is None and not runbook.permissions.run:
        message = (
            f"{action.name} changes things, and any responder may run it unasked: "
            "add `approve` to the step or `permissions.run`"
        )
        yield Flaw((*path, "uses"), message, "warning")


def _reads_only(registry: Registry, uses: str | None, path: Path) -> Iterator[Flaw]:
    action = _find(registry, uses) if uses else None
    if action is not None and action.risk is not Risk.READ:
        message = f"`verify` only looks, and {action.name} changes things; use an action that reads"
        yield Flaw((*path, "uses"), message)
