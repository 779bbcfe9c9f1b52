"""How a run ends before its last step, and what is taken back on the way out. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from tocsin.actions.base import Plan, Risk
from tocsin.runbooks.model import Approval, Step
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.work import Program

Status = Literal["succeeded", "failed", "compensated", "cancelled", "expired", "needs_attention"]


@dataclass(frozen=True)
class Ending:
    """Why the run ends, and whether what it changed is put back first."""

    status: Status
    why: str
    compensate: bool = False


def is_behind(step: Step, seen: StepState) -> bool:
    """Say whether the run goes on to the next step."""
    if seen.status == "failed":
        return step.on_failure == "continue"
    return seen.status in {"succeeded", "skipped", "undone"}


def ending_of(program: Program, state: RunState, now: datetime) -> Ending | None:
    """Return how the run ends, if it ends now; None when it goes on."""
    if state.rejected:
        return Ending("cancelled", state.rejected)
    if state.expired is not None:
        approval = program.step(state.expired).approve or Approval()
        if approval.on_expiry != "skip":
            why = f"nobody approved {state.expired} in time"
            return Ending("expired", why, compensate=approval.on_expiry == "compensate")
    fatal = [step for step in map(program.step, state.failures) if step.on_failure != "continue"]
    if fatal:
        why = f"{fatal[0].id} failed: {state.step(fatal[0].id).error}"
        return _failed(program, state, why, fatal[0].on_failure == "compensate")
    if state.cancel is not None and not _in_flight(state):
        return Ending("cancelled", state.cancel.reason or "cancelled", compensate=state.cancel.compensate)
    if _overdue(program, state, now):
        return _failed(program, state, "the run took longer than it may")
    return None


def deadline(program: Program, state: RunState) -> datetime:
    """Return when the run has taken too long; time spent awaiting approval does not count."""
    return state.requested_at + program.runbook.guardrails.timeout + timedelta(seconds=state.parked)


def to_undo(program: Program, state: RunState) -> list[str]:
    """Return the steps that are still to be undone, the newest first."""
    return [step_id for step_id in reversed(state.effects) if _undoable(program, state, step_id)]


def summary(ending: Ending, state: RunState) -> str:
    """Return one sentence for people: why it ended, and what of it is left."""
    undone = [name for name, step in state.steps.items() if step.status == "undone"]
    if undone:
        return f"{ending.why}; undone: {', '.join(undone)}"
    if state.effects:
        return f"{ending.why}; not undone: {', '.join(state.effects)}"
    return f"{ending.why}; nothing was changed"


def ask_about(step: Step) -> str:
    """Return what a person has to find out about a step of unknown outcome."""
    return (
        f"whether {step.title!r} happened is not known. Look, then say so: "
        f"`tocsin run resolve-unknown RUN --step {step.id} --happened|--did-not-happen`"
    )


def _failed(program: Program, state: RunState, why: str, compensate: bool = False) -> Ending:
    compensate = compensate or program.runbook.on_failure.compensate
    changed = any(state.step(step_id).risk != Risk.READ for step_id in state.effects)
    return Ending("compensated" if compensate and changed else "failed", why, compensate)


def _in_flight(state: RunState) -> bool:
    return any(step.status in {"running", "verifying"} for step in state.steps.values())


def _overdue(program: Program, state: RunState, now: datetime) -> bool:
    asking = any(step.status == "awaiting_approval" for step in state.steps.values())
    return not asking and now >= deadline(program, state)


def _undoable(program: Program, state: RunState, step_id: str) -> bool:
    step, seen = program.step(step_id), state.step(step_id)
    if seen.status == "undone" or step_id in state.undo_failures or seen.risk == Risk.READ:
        return False
    noop = Plan.model_validate({name: seen.plan[name] for name in Plan.model_fields}).noop
    return step.undo == "auto" and program.facts[step.uses or ""].undoable and not noop
