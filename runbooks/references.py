"""Find every expression of a runbook, check it, and follow every name that can be known before a run."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks import expressions
from tocsin.runbooks.model import Check, Runbook, Step, Trigger
from tocsin.runbooks.problems import Level, Path, did_you_mean

Outputs = Mapping[str, type[BaseModel]]
"""What each step that uses a known action puts out, by step id."""
Finding = tuple[Path, int | None, str, Level]
"""Where, the how-manieth ``${{`` there (None: the whole value), what, how bad."""

_START = frozenset({"event", "alert", "incident", "env"})
_TRIGGER = _START | {"vars"}
_RUN = _START | {"inputs", "run"}
_STEP = _RUN | {"vars", "steps"}
_KNOWN: Mapping[tuple[str, ...], frozenset[str]] = {
    ("event",): frozenset({"type", "id", "incident", "occurred_at"}),
    ("event", "incident"): frozenset({"id", "title", "html_url", "urgency", "service", "priority"}),
    ("alert",): frozenset({"source", "service", "severity", "title", "labels", "dedup_key", "status", "url"}),
    ("incident",): frozenset(
        {
            "id",
            "ref",
            "number",
            "title",
            "severity",
            "status",
            "service",
            "channel",
            "url",
            "pagerduty_id",
        }
    ),
    ("run",): frozenset({"id", "url", "status", "runbook", "revision", "requested_by"}),
    ("failure",): frozenset({"step", "summary"}),
}
"""Fields that Tocsin itself fills in."""


@dataclass(frozen=True)
class Spot:
    """One text that holds expressions."""

    path: Path
    text: str
    bare: bool
    """True: the text is an expression. False: it may hold ``${{ }}``."""
    roots: frozenset[str]
    steps: tuple[str, ...] = ()
    """Ids of the steps that are done when it is evaluated."""
    secrets: bool = False
    """Whether ``${{ secrets.NAME }}`` may stand here."""


def findings(runbook: Runbook, outputs: Outputs) -> Iterator[Finding]:
    """Yield what is wrong with the expressions, in the order of the file."""
    for spot in spots(runbook):
        if spot.bare:
            yield from _bare(spot, runbook, outputs)
        else:
            yield from _text(spot, runbook, outputs)


def spots(runbook: Runbook) -> Iterator[Spot]:
    """Yield every place where the language takes an expression."""
    for index, trigger in enumerate(runbook.on):
        yield from _trigger_spots(trigger, ("on", index))
    if runbook.guardrails.lock:
        yield Spot(("guardrails", "lock"), runbook.guardrails.lock, False, _RUN | {"vars"})
    yield from _value_spots(runbook.vars, Spot(("vars",), "", False, _RUN))
    for index, step in enumerate(runbook.steps):
        done = tuple(earlier.id for earlier in runbook.steps[:index])
        yield from _step_spots(step, ("steps", index), done)
    every = tuple(step.id for step in runbook.steps)
    yield from _value_spots(runbook.outputs, Spot(("outputs",), "", False, _STEP | {"failure"}, every))


def _trigger_spots(trigger: Trigger, path: Path) -> Iterator[Spot]:
    if trigger.when is not None:
        yield Spot((*path, "when"), trigger.when, True, _TRIGGER)
    yield from _value_spots(trigger.with_, Spot((*path, "with"), "", False, _TRIGGER))
    if trigger.dedupe:
        yield Spot((*path, "dedupe", "key"), trigger.dedupe.key, False, _TRIGGER)


def _step_spots(step: Step, path: Path, done: tuple[str, ...]) -> Iterator[Spot]:
    if step.if_ is not None:
        yield Spot((*path, "if"), step.if_, True, _STEP, done)
    yield from _value_spots(step.with_, Spot((*path, "with"), "", False, _STEP, done, secrets=True))
    for index, expression in enumerate(step.assert_):
        yield Spot((*path, "assert", index), expression, True, _STEP, done)
    for index, one in enumerate(step.verify or ()):
        yield from _check_spots(one, (*path, "verify", index), (*done, step.id))


def _check_spots(one: Check, path: Path, done: tuple[str, ...]) -> Iterator[Spot]:
    yield from _value_spots(one.with_, Spot((*path, "with"), "", False, _STEP, done, secrets=True))
    if one.assert_ is not None:
        yield Spot((*path, "assert"), one.assert_, True, _STEP | {"value"}, done)


def _value_spots(value: JsonValue, like: Spot) -> Iterator[Spot]:
    """Yield a spot like ``like`` for every text in the value."""
    if isinstance(value, str):
        yield Spot(like.path, value, False, like.roots, like.steps, like.secrets)
    inner = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
    for key, item in inner:
        deeper = Spot((*like.path, key), "", False, like.roots, like.steps, like.secrets)
        yield from _value_spots(item, deeper)


def _bare(spot: Spot, runbook: Runbook, outputs: Outputs) -> Iterator[Finding]:
    if "${{" in spot.text:
        key = next(part for part in reversed(spot.path) if isinstance(part, str))
        yield spot.path, None, f"`{key}` is an expression already; write it without `${{{{ }}}}`", "error"
        return
    try:
        compiled = expressions.compile_expression(spot.text)
    except BadExpression as error:
        yield spot.path, None, str(error), "error"
        return
    for message, level in _names(compiled, spot, runbook, outputs):
        yield spot.path, None, message, level


def _text(spot: Spot, runbook: Runbook, outputs: Outputs) -> Iterator[Finding]:
    clean = True
    for nth, hole in enumerate(expressions.holes(spot.text)):
        if expressions.secret_name(hole) is not None:
            continue
        try:
            compiled = expressions.compile_expression(hole)
        except BadExpression as error:
            clean = False
            yield spot.path, nth, str(error), "error"
            continue
        for message, level in _names(compiled, spot, runbook, outputs):
            yield spot.path, nth, message, level
    if clean:
        yield from _whole(spot)


def _whole(spot: Spot) -> Iterator[Finding]:
    """Yield what is wrong around the expressions: a bracket not closed, a secret where none may be."""
    try:
        text = expressions.compile_text(spot.text)
    except BadExpression as error:
        yield spot.path, 0, str(error), "error"
        return
    if not spot.secrets and any(isinstance(part, expressions.Secret) for part in text.parts):
        yield spot.path, 0, "a secret can only stand in a `with` field that its action marks secret", "error"


def _names(
    compiled: expressions.Compiled, spot: Spot, runbook: Runbook, outputs: Outputs
) -> Iterator[tuple[str, Level]]:
    for path in sorted(compiled.paths):
        root, rest = path[0], path[1:]
        if root not in spot.roots:
            yield f"`{root}` is not there yet; here you can use {', '.join(sorted(spot.roots))}", "error"
        elif root == "inputs" and rest and rest[0] not in runbook.inputs:
            yield f"there is no input `{rest[0]}`.{did_you_mean(rest[0], runbook.inputs)}", "error"
        elif root == "vars" and rest and rest[0] not in runbook.vars:
            yield f"there is no variable `{rest[0]}`.{did_you_mean(rest[0], runbook.vars)}", "error"
        elif root == "vars" and rest and spot.roots == _TRIGGER and expressions.names(runbook.vars[rest[0]]):
            yield f"`vars.{rest[0]}` is computed by the run, which a trigger comes before", "error"
        elif root == "steps" and rest:
            yield from ((message, "error") for message in _step_path(rest, spot, runbook, outputs))
        else:
            yield from _field(path)


def _field(path: tuple[str, ...]) -> Iterator[tuple[str, Level]]:
    for length in range(1, len(path)):
        known = _KNOWN.get(path[:length])
        if known is not None and path[length] not in known:
            parent = ".".join(path[:length])
            yield (
                f"`{parent}` has no `{path[length]}` that is known.{did_you_mean(path[length], known)}",
                "warning",
            )


def _step_path(rest: tuple[str, ...], spot: Spot, runbook: Runbook, outputs: Outputs) -> Iterator[str]:
    """Yield what is wrong with ``steps.<rest>``."""
    step, inner = rest[0], rest[1:]
    if step not in spot.steps:
        later = any(one.id == step for one in runbook.steps)
        hint = " It comes later in the file." if later else did_you_mean(step, spot.steps)
        yield f"there is no earlier step `{step}`.{hint}"
    elif inner and inner[0] not in {"outputs", "status"}:
        yield f"a step has `outputs` and `status`; write `steps.{step}.outputs.{inner[0]}`"
    elif inner[:1] == ("outputs",) and step in outputs:
        yield from _output(outputs[step], inner[1:], f"step `{step}`")


def _output(model: type[BaseModel], path: tuple[str, ...], owner: str) -> Iterator[str]:
    here: type[BaseModel] | None = model
    for part in path:
        if here is None:
            return
        fields = {field.alias or name: field for name, field in here.model_fields.items()}
        if part not in fields:
            yield f"{owner} puts out no `{part}`.{did_you_mean(part, fields)}"
            return
        here = _model_of(fields[part].annotation)


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a field that holds one or null; None for lists, maps and plain values."""
    choices = get_args(annotation) if isinstance(annotation, UnionType) else (annotation,)
    models = (one for one in choices if isinstance(one, type) and issubclass(one, BaseModel))
    return next(models, None)
