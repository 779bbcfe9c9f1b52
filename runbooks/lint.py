"""What a well-formed runbook still gets wrong: ids, approvals, inputs, names, actions."""

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.actions.registry import Registry
from tocsin.errors import BadExpression
from tocsin.runbooks import inputs, references, scope, spots, uses
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Path, Problem, did_you_mean
from tocsin.runbooks.yaml import Document

_ALERT_FIELDS = frozenset({"source", "service", "severity", "status"})


def lint(runbook: Runbook, document: Document, path: str, registry: Registry | None = None) -> list[Problem]:
    """Return every problem of a runbook that could be built; with a registry, of its actions too."""
    problems = []
    for place, message in (*_structure(runbook), *_dead_expressions(runbook, document)):
        problems.append(Problem(path, *document.value_mark(place), message))
    outputs = uses.outputs(runbook, registry) if registry else {}
    for place, nth, message, level in references.findings(runbook, outputs):
        mark = document.value_mark(place) if nth is None else document.expression_mark(place, nth)
        problems.append(Problem(path, *mark, message, level))
    for flaw in uses.flaws(runbook, registry) if registry else ():
        mark = (document.key_mark if flaw.key else document.value_mark)(flaw.path)
        problems.append(Problem(path, *mark, flaw.message, flaw.level))
    return problems


def _structure(runbook: Runbook) -> Iterator[tuple[Path, str]]:
    times = Counter(step.id for step in runbook.walk())
    for path, step in runbook.placed():
        if times[step.id] > 1:
            yield (*path, "id"), f"the id `{step.id}` is given {times[step.id]} times; ids are unique"
        if step.approve and not (step.approve.from_ or runbook.permissions.approve):
            message = "who approves? Give `approve.from` here or `permissions.approve` above: `[group:sre]`"
            yield (*path, "approve"), message
    for name in runbook.vars:
        if name in _needed(runbook, name):
            yield ("vars", name), f"`vars.{name}` depends on itself"
    for name, spec in runbook.inputs.items():
        for flaw in inputs.flaws(spec):
            yield ("inputs", name), flaw
    for index, trigger in enumerate(runbook.on):
        for name in trigger.with_.keys() - runbook.inputs.keys():
            hint = did_you_mean(name, runbook.inputs)
            yield ("on", index, "with", name), f"there is no input `{name}`.{hint}"
        for key in trigger.unused:
            yield ("on", index, key), f"`{key}` means nothing where people start the runbook: leave it out"
        for name in (trigger.alert or {}).keys() - _ALERT_FIELDS:
            hint = did_you_mean(name, _ALERT_FIELDS)
            yield ("on", index, "alert", name), f"an alert cannot be chosen by `{name}`.{hint}"


def _needed(runbook: Runbook, variable: str) -> set[str]:
    """Return the variables that one needs, by way of others too."""
    needed, edge = set[str](), {variable}
    while edge:
        values = [runbook.vars[name] for name in edge if name in runbook.vars]
        edge = set().union(*map(_variables_in, values)) - needed
        needed |= edge
    return needed


def _variables_in(value: JsonValue) -> set[str]:
    try:
        return scope.variables_in(value)
    except BadExpression:
        return set()  # said where the expressions are checked


def _dead_expressions(runbook: Runbook, document: Document) -> Iterator[tuple[Path, str]]:
    """Yield the places that hold ``${{`` where nothing evaluates it."""
    alive = {document.written(spot.path) for spot in spots.spots(runbook)}
    for place, text in document.texts():
        if "${{" in text and place not in alive:
            yield place, f"`${{{{ }}}}` is not evaluated in `{place[-1]}`; write the text itself"
