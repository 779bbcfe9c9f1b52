"""How a run looks."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import JsonValue, TypeAdapter
from rich.text import Text

from tocsin.cli.plans import as_plan, plan_lines
from tocsin.cli.printing import lasted, when
from tocsin.errors import Conflict
from tocsin.events.run import ApprovalRequested
from tocsin.postmortems.texts import tidy
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.state import RunState, StepState

STEP_STYLES: Mapping[str, str] = {
    "succeeded": "green",
    "failed": "red",
    "unknown": "bold red",
    "awaiting_approval": "yellow",
    "undone": "magenta",
    "skipped": "dim",
}
_SIGNS: Mapping[str, str] = {"succeeded": "✓", "failed": "✗", "unknown": "?", "undone": "↶", "skipped": "–"}
_STATE: TypeAdapter[RunState] = TypeAdapter(RunState)


def as_json(state: RunState) -> JsonValue:
    """Return the whole run as JSON."""
    told: JsonValue = _STATE.dump_python(state, mode="json")
    return told


def exit_code(status: str) -> int:
    """Return how a followed run's end is told to a script."""
    return {"succeeded": 0, "needs_attention": 3}.get(status, 1)


def pending(state: RunState) -> tuple[str, ApprovalRequested]:
    """Return the step that awaits an approval, and the request; raise Conflict when none does."""
    for step_id, step in state.steps.items():
        if step.status == "awaiting_approval" and step.request is not None:
            return step_id, step.request
    raise Conflict(
        f"run {state.id[:8]} awaits no approval: it is {_words(state.status)}. Nothing was changed."
    )


def step_words(step: Step, seen: StepState) -> str:
    """Return one line about a step as it stands."""
    said = seen.error if seen.status in {"failed", "retrying", "unknown"} else seen.reason
    took = f" after {lasted(seen.started_at, seen.ended_at)}" if seen.started_at and seen.ended_at else ""
    about = f": {said}" if said else ""
    return f"{_SIGNS.get(seen.status, '·')} {step.title} ({step.id}): {_words(seen.status)}{took}{about}"


def request_lines(state: RunState, step_id: str) -> Iterator[Text]:
    """Yield what an approval is asked for, and how to give it."""
    seen = state.step(step_id)
    assert seen.request is not None  # noqa: S101  # the caller saw that it awaits one
    yield from (Text("    ").append_text(line) for line in plan_lines(as_plan(seen.plan)))
    asked = seen.request
    own = "the requester included" if asked.allow_self else "not the requester"
    yield Text(
        f"    asks {asked.count} of {' or '.join(asked.approvers)}, {own}, until {when(asked.expires_at)}"
    )
    yield Text(f"    digest {asked.digest}", "dim")
    yield Text(f"    approve it: tocsin run approve {state.id[:8]}", "yellow")


def page(state: RunState, runbook: Runbook, ref: str | None) -> Iterator[Text]:
    """Yield a run, line by line."""
    yield Text(f"Run {state.id}", "bold")
    yield Text(
        f"{runbook.title} ({state.runbook}, revision {state.revision[:12]}){f' for {ref}' if ref else ''}"
    )
    if state.closure:
        yield Text(f"closure {state.closure[:12]}", "dim")
    yield Text(f"{_words(state.status)}{f': {tidy(state.summary)}' if state.summary else ''}")
    took = lasted(state.requested_at, state.finished_at)
    so_far = "" if state.finished_at else " so far"
    yield Text(f"requested by {tidy(str(state.requested_by))} on {when(state.requested_at)}; {took}{so_far}")
    yield from (Text(f"input {name}: {_value(value)}", "dim") for name, value in state.inputs.items())
    for holder in state.holders:
        yield Text(f"waits in line behind run {holder[:8]}", "yellow")
    for step in runbook.steps:
        yield from _step(state, step)
    yield from (Text(f"output {name}: {_value(value)}") for name, value in state.outputs.items())


def _step(state: RunState, step: Step) -> Iterator[Text]:
    seen = state.step(step.id)
    yield Text(tidy(step_words(step, seen)), STEP_STYLES.get(seen.status, ""))
    if seen.status == "awaiting_approval":
        yield from request_lines(state, step.id)
    elif seen.plan:
        yield from (Text("    ").append_text(line) for line in plan_lines(as_plan(seen.plan)))
    if seen.approvals:
        yield Text(f"    approved by {tidy(', '.join(str(one) for one in seen.approvals))}")
    if seen.status == "unknown":
        how = f"tocsin run resolve-unknown {state.id[:8]} --step {step.id} --happened|--did-not-happen"
        yield Text(f"    look whether it happened, then say so: {how}", "yellow")


def _words(status: str) -> str:
    return status.replace("_", " ")


def _value(value: Any) -> str:
    return tidy(value if isinstance(value, str) else repr(value))
