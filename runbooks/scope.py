"""What expressions see of a run: plain JSON, and nothing else."""

from collections.abc import Mapping

from pydantic import JsonValue

from tocsin.runbooks import expressions
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.state import RunState

CHANNEL = ("incident", "channel")


def scope_of(runbook: Runbook, state: RunState) -> dict[str, JsonValue]:
    """Return the roots of every expression; raise BadExpression when a variable cannot be computed.

    A variable that needs the incident's channel is not there before the channel is.
    """
    scope: dict[str, JsonValue] = {
        "inputs": dict(state.inputs),
        "steps": {name: _step(step.status, step.output) for name, step in state.steps.items()},
        "run": {
            "id": state.id,
            "runbook": state.runbook,
            "revision": state.revision,
            "status": state.status,
            "requested_by": str(state.requested_by),
        },
        "now": state.requested_at.isoformat(),
        "event": None,
        "alert": None,
        "incident": None,
        "failure": _failure(state),
        **state.scope,
    }
    variables: dict[str, JsonValue] = {}
    for name, value in runbook.vars.items():
        if not (awaits_channel(state) and CHANNEL in expressions.names(value)):
            variables[name] = expressions.render(value, {**scope, "vars": variables})
    return {**scope, "vars": variables}


def awaits_channel(state: RunState) -> bool:
    """Say whether the run belongs to an incident whose channel is not open yet."""
    incident = state.scope.get("incident")
    return isinstance(incident, dict) and incident.get("channel") is None


def read_by(runbook: Runbook, step: Step) -> set[tuple[str, ...]]:
    """Return the paths that the step's inputs and conditions read, by way of variables too."""
    paths = expressions.names(dict(step.with_))
    for expression in filter(None, (step.if_, *step.assert_)):
        paths |= expressions.compile_expression(expression).paths
    named = [runbook.vars.get(path[1]) for path in paths if path[0] == "vars" and len(path) > 1]
    return paths.union(*map(expressions.names, named))


def _step(status: str, output: Mapping[str, JsonValue]) -> JsonValue:
    return {"status": status, "outputs": dict(output)}


def _failure(state: RunState) -> JsonValue:
    if not state.failures:
        return None
    return {"step": state.failures[-1], "summary": state.step(state.failures[-1]).error}
