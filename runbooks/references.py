"""Check every expression of a runbook, and follow every name that can be known before a run."""

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel

from tocsin.errors import BadExpression
from tocsin.runbooks import expressions, spots
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Level, Path, did_you_mean
from tocsin.runbooks.spots import Spot

Outputs = Mapping[str, type[BaseModel]]
"""What each step that uses a known action puts out, by step id."""
Finding = tuple[Path, int | None, str, Level]
"""Where, the how-manieth ``${{`` there (None: the whole value), what, how bad."""

_KNOWN: Mapping[tuple[str, ...], frozenset[str]] = {
    ("event",): frozenset(
        {"type", "id", "incident", "occurred_at", "actor", "before", "after", "reason", "run"}
    ),
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


def findings(runbook: Runbook, outputs: Outputs) -> Iterator[Finding]:
    """Yield what is wrong with the expressions, in the order of the file."""
    for spot in spots.spots(runbook):
        if spot.bare:
            yield from _bare(spot, runbook, outputs)
        else:
            yield from _text(spot, runbook, outputs)


def _bare(spot: Spot, runbook: Runbook, outputs: Outputs) -> Iterator[Finding]:
    if "${{" in spot.text:
        key = next(part for part in reversed(spot.path) if isinstance(part, str))
        yield spot.path, None, f"`{key}` is an expression already; write it without `${{{{ }}}}`", "error"
        return
    try:
        compiled = expressions.compile_expression(spot.text, spot.items)
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
            compiled = expressions.compile_expression(hole, spot.items)
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
        text = expressions.compile_text(spot.text, spot.items)
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
        if root in spot.items:
            continue
        if root not in spot.roots:
            yield f"`{root}` is not there yet; here you can use {', '.join(sorted(spot.roots))}", "error"
        elif root == "inputs" and rest and rest[0] not in runbook.inputs:
            yield f"there is no input `{rest[0]}`.{did_you_mean(rest[0], runbook.inputs)}", "error"
        elif root == "vars" and rest and rest[0] not in runbook.vars:
            yield f"there is no variable `{rest[0]}`.{did_you_mean(rest[0], runbook.vars)}", "error"
        elif (
            root == "vars"
            and rest
            and spot.roots == spots.TRIGGER
            and expressions.names(runbook.vars[rest[0]])
        ):
            yield f"`vars.{rest[0]}` is computed by the run, which a trigger comes before", "error"
        elif root == "steps" and rest:
            yield from ((message, "error") for message in _step_path(rest, spot, runbook, outputs))
        elif root != "event" or not any(trigger.webhook for trigger in runbook.on):
            yield from _field(path)


def _is_computed(runbook: Runbook, variable: str) -> bool:
    return bool(expressions.names(runbook.vars[variable]))


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
        later = any(one.id == step for one in runbook.walk())
        hint = " It comes later in the file." if later else did_you_mean(step, spot.steps)
        yield f"there is no earlier step `{step}`.{hint}"
    elif inner and inner[0] in {"items", "last"} and _repeats(runbook, step):
        return
    elif inner and inner[0] not in {"outputs", "status"}:
        yield f"a step has `outputs` and `status`; write `steps.{step}.outputs.{inner[0]}`"
    elif inner[:1] == ("outputs",) and step in outputs:
        yield from _output(outputs[step], inner[1:], f"step `{step}`")


def _repeats(runbook: Runbook, step_id: str) -> bool:
    return any(step.id == step_id and step.foreach is not None for step in runbook.walk())


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
