"""How a run ends before its last step, and what is taken back on the way out. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tocsin.actions.base import Effect, Plan, Risk
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
    """Return how the run ends, if it ends now; None when it goes on.

    Whoever cancels a run and leaves what it did also stops the undoing that its runbook asks for.
    """
    ending = _cause(program, state, now)
    return replace(ending, compensate=False) if ending is not None and is_left(state) else ending


def is_left(state: RunState) -> bool:
    """Say whether a person ended the run as it stands, whatever became of its steps."""
    return state.cancel is not None and not state.cancel.compensate


def _cause(program: Program, state: RunState, now: datetime) -> Ending | None:
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
        return _failed(program, why, fatal[0].on_failure == "compensate")
    if state.cancel is not None and not _in_flight(program, state):
        return Ending("cancelled", state.cancel.reason or "cancelled", compensate=state.cancel.compensate)
    if _overdue(program, state, now):
        return _failed(program, "the run took longer than it may")
    return None


def deadline(program: Program, state: RunState) -> datetime:
    """Return when the run has taken too long; time spent awaiting approval does not count."""
    return state.requested_at + program.runbook.guardrails.timeout + timedelta(seconds=state.parked)


def to_undo(program: Program, state: RunState) -> list[str]:
    """Return the steps that are still to be undone, the newest first."""
    return [step_id for step_id in reversed(state.effects) if _undoable(program, state, step_id)]


def has_changed(state: RunState) -> bool:
    """Say whether the run has begun to change anything."""
    return any(state.step(step_id).risk != Risk.READ for step_id in state.effects)


def in_doubt(program: Program, step: Step, seen: StepState) -> bool:
    """Say whether an effect that must not happen twice may have happened, and nobody has looked yet."""
    once = step.uses is not None and program.facts[step.uses].effect is Effect.ONCE
    return once and bool(seen.key) and seen.status in {"running", "retrying"} and seen.probed != "not_done"


def outcome(ending: Ending, state: RunState) -> Status:
    """Return the status of a run that has ended, once what was to be undone is undone."""
    undone = any(step.status == "undone" for step in state.steps.values())
    return "compensated" if ending.status == "failed" and ending.compensate and undone else ending.status


def summary(ending: Ending, state: RunState) -> str:
    """Return one sentence for people: why it ended, and what of it is left."""
    undone = [step_id for step_id in state.effects if state.step(step_id).status == "undone"]
    left = [step_id for step_id in state.effects if _changes(state.step(step_id)) and step_id not in undone]
    parts = [ending.why]
    parts += [f"undone: {', '.join(undone)}"] if undone else []
    parts += [f"not undone: {', '.join(left)}"] if left else []
    return "; ".join(parts if undone or left else [*parts, "nothing was changed"])


def ask_about(step: Step) -> str:
    """Return what a person has to find out about a step of unknown outcome."""
    return (
        f"whether {step.title!r} happened is not known. Look, then say so: "
        f"`tocsin run resolve-unknown RUN --step {step.id} --happened|--did-not-happen`"
    )


def _failed(program: Program, why: str, compensate: bool = False) -> Ending:
    return Ending("failed", why, compensate=compensate or program.runbook.on_failure.compensate)


def _in_flight(program: Program, state: RunState) -> bool:
    begun = (seen for seen in state.steps.values() if seen.status in {"running", "verifying"})
    return any(seen.probed != "not_done" for seen in begun) or _doubts(program, state)


def _doubts(program: Program, state: RunState) -> bool:
    return any(in_doubt(program, program.step(name), seen) for name, seen in state.steps.items())


def _overdue(program: Program, state: RunState, now: datetime) -> bool:
    asking = any(step.status == "awaiting_approval" for step in state.steps.values())
    return not asking and not _doubts(program, state) and now >= deadline(program, state)


def _undoable(program: Program, state: RunState, step_id: str) -> bool:
    step, seen = program.step(step_id), state.step(step_id)
    if seen.status == "undone" or step_id in state.undo_failures or not _changes(seen):
        return False
    return step.undo == "auto" and program.facts[step.uses or ""].undoable


def _changes(seen: StepState) -> bool:
    """Say whether the step's effect, if it happened, left the world another than it was."""
    plan = Plan.model_validate({name: seen.plan[name] for name in Plan.model_fields})
    noop = bool(plan.changes) and plan.noop
    return seen.risk != Risk.READ and seen.probed != "not_done" and not noop
