"""Makes a test of a run that really was: its world, its people, and what came of it, from its log. Pure."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.actions.registry import Registry
from tocsin.events import run as events
from tocsin.log import Entry
from tocsin.runbooks import tree
from tocsin.runbooks.fold import apply, fold
from tocsin.runbooks.simulate.recorded_people import RecordedPeople, name_of
from tocsin.runbooks.simulate.recorded_world import Part, RecordedWorld
from tocsin.runbooks.simulate.stage import Placeholders
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program
from tocsin.vault import MARKER


def recorded(entries: Sequence[Entry], program: Program, registry: Registry) -> Part:
    """Return a file of tests with the one case that a run's entries make, oldest first."""
    world, people = RecordedWorld(program, registry), RecordedPeople()
    state, calls, asked = fold(entries[:1]), list[JsonValue](), list[JsonValue]()
    for entry in entries[1:]:
        world.take(entry.event, entry.occurred_at, state)
        people.take(entry.event, entry.actor, entry.occurred_at, state)
        match entry.event:
            case events.StepStarted(step=step) | events.UndoStarted(step=step):
                calls.extend(_called(program, registry, state, step, entry.event))
            case events.ApprovalRequested(step=step, approvers=approvers, count=count):
                asked.append({"step": step, "from": [*approvers], "count": count})
        state = apply(state, entry)
    case: Part = {
        **_begun(entries[0], state),
        "held": world.held,
        "freezes": world.freezes,
        "world": world.world,
        "people": people.acts,
    }
    expect: Part = {
        "status": state.status,
        "steps": {step: seen.status for step, seen in state.steps.items() if seen.status != "pending"},
        "outputs": dict(state.outputs),
    }
    told = {key: value for key, value in case.items() if value}
    wanted = {key: value for key, value in expect.items() if value}
    head: Part = {"schema": "runbook-test/v1", **({"cast": people.cast} if people.cast else {})}
    return {**head, "cases": [{**told, "expect": {**wanted, "calls": calls, "approvals": asked}}]}


def _begun(first: Entry, state: RunState) -> Part:
    """Return what is known of a run when it is asked for."""
    asked = first.event
    assert isinstance(asked, events.RunRequested)  # noqa: S101  # fold has looked
    return {
        "name": f"run {state.id[:8]} of {first.occurred_at:%Y-%m-%d}, {state.status.replace('_', ' ')}",
        "inputs": {name: _plain(value) for name, value in asked.inputs.items()},
        "requested_by": name_of(first.actor),
        "trigger": asked.trigger,
        "mode": asked.mode,
        "at": first.occurred_at.isoformat(),
        **{root: asked.scope[root] for root in ("event", "alert", "incident") if root in asked.scope},
        "break_glass": asked.break_glass,
        "keep": {name: dict(output) for name, output in asked.keep.items()},
    }


def _called(
    program: Program, registry: Registry, state: RunState, step: str, event: object
) -> Iterator[JsonValue]:
    """Yield the call that begins, if it changes anything."""
    seen, node = state.step(step), tree.find(program, state, step)
    if seen.risk == Risk.READ or (node.step.undo_steps and isinstance(event, events.UndoStarted)):
        return
    action = registry.get(node.step.uses or "")
    want = action.input_model.model_validate(Placeholders().fill(dict(seen.want)))
    given = want.model_dump(mode="json", exclude_unset=True)
    undo: Part = {"verb": "undo"} if isinstance(event, events.UndoStarted) else {}
    yield {"uses": action.name, **undo, "step": step, "with": given}


def _plain(value: JsonValue) -> JsonValue:
    """Return an input as it is given: of a secret, its name."""
    return value[MARKER] if isinstance(value, dict) and value.keys() == {MARKER} else value
