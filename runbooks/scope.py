"""What expressions see of a run: plain JSON, and nothing else."""

from collections.abc import Mapping

from pydantic import JsonValue

from tocsin.runbooks import expressions
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.state import RunState


def scope_of(runbook: Runbook, state: RunState) -> dict[str, JsonValue]:
    """Return the roots of every expression; raise BadExpression when a variable cannot be computed."""
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
        variables[name] = expressions.render(value, {**scope, "vars": variables})
    return {**scope, "vars": variables}


def _step(status: str, output: Mapping[str, JsonValue]) -> JsonValue:
    return {"status": status, "outputs": dict(output)}


def _failure(state: RunState) -> JsonValue:
    if not state.failures:
        return None
    return {"step": state.failures[-1], "summary": state.step(state.failures[-1]).error}
