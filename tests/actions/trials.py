"""One life of an action in its world: planned, refused, run, run again, looked at, put back."""

import time
import traceback
from dataclasses import dataclass

from pydantic import JsonValue

from tests.actions.cases.worlds import Case
from tocsin.actions.base import Frozen, Permission, Plan, Probe, Verdict
from tocsin.actions.registry import AnyAction, Registry
from tocsin.errors import ActionFailed

KEY = "step-1"
PATIENCE = 30
"""Seconds in which the world has to follow."""

Look = tuple[JsonValue, JsonValue]
"""What the action may change, and what differs after every further effect."""


@dataclass(frozen=True)
class Trial:
    """What was seen, in this order."""

    action: AnyAction
    want: Frozen
    rights: list[Permission]
    locks: list[str]
    failures: dict[str, ActionFailed]
    """Of a missing object, and of connections that are denied, closed, and nobody's."""
    told: list[str]
    """Those failures with their tracebacks."""
    before: Look
    plan: Plan
    planned: Look
    undone_for_nothing: JsonValue | None
    """What further effects would change, after an undo of what never happened."""
    unborn: Probe
    """What the probe says before it has run."""
    output: Frozen
    done: Look
    born: Probe
    """What the probe says after it has run."""
    recovered: Frozen | None
    recovered_in: Look
    again: JsonValue
    """What further effects would change, after it has run a second time."""
    verdict: Verdict
    after: JsonValue
    """What it may change, after it was undone by the plan that the log has."""
    final: str
    """What it says where it cannot be undone."""


def tried(case: Case, name: str) -> Trial:
    """Let an action live once in its world, which nobody has touched yet."""
    action, want = Registry(case.connections).get(name), case.want
    troubles = {
        "missing": case.missing,
        **{connection: case.through(connection) for connection in ("denied", "closed", "nobody")},
    }
    failures = {trouble: _failed(action, wrong) for trouble, wrong in troubles.items()}
    before = _look(case)
    plan = action.plan(want)
    planned = _look(case)
    undone_for_nothing = _undone(action, want, plan, case)
    unborn = action.probe(want, plan, KEY) if action.probes() else Probe.UNKNOWN
    output = action.run(want, plan, KEY)
    done = _look(case)
    born = action.probe(want, plan, KEY)
    recovered = action.recover(want, plan, KEY)
    recovered_in = _look(case)
    action.run(want, plan, KEY)
    again = case.effects()
    verdict = _settled(action, want, plan)
    final = _put_back(action, want, plan)
    return Trial(
        action=action,
        want=want,
        rights=action.permissions(want),
        locks=action.resources(want),
        failures=failures,
        told=["".join(traceback.format_exception(one)) for one in failures.values()],
        before=before,
        plan=plan,
        planned=planned,
        undone_for_nothing=undone_for_nothing,
        unborn=unborn,
        output=output,
        done=done,
        born=born,
        recovered=recovered,
        recovered_in=recovered_in,
        again=again,
        verdict=verdict,
        after=case.state(),
        final=final,
    )


def _look(case: Case) -> Look:
    return case.state(), case.effects()


def _failed(action: AnyAction, want: Frozen) -> ActionFailed:
    """Plan and run something that cannot work."""
    try:
        action.run(want, action.plan(want), KEY)
    except ActionFailed as error:
        return error
    raise AssertionError(f"{action.name} worked with {want!r}")


def _undone(action: AnyAction, want: Frozen, plan: Plan, case: Case) -> JsonValue | None:
    if not action.undoable():
        return None
    action.undo(want, plan)
    return case.effects()


def _settled(action: AnyAction, want: Frozen, plan: Plan) -> Verdict:
    """Verify as the worker does, until it is no longer waiting."""
    deadline = time.monotonic() + PATIENCE
    while (verdict := action.verify(want, plan)).state == "waiting" and time.monotonic() < deadline:
        time.sleep(0.1)
    return verdict


def _put_back(action: AnyAction, want: Frozen, plan: Plan) -> str:
    """Undo it by the plan as the log gives it back; return why not, where it cannot be undone."""
    logged = action.plan_model.model_validate_json(plan.model_dump_json())
    try:
        action.undo(want, logged)
    except ActionFailed as error:
        return str(error)
    return ""
