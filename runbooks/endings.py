"""How a run ends before its last step, and what is taken back on the way out. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from tocsin.actions.base import Plan, Risk
from tocsin.runbooks import tree
from tocsin.runbooks.model import Approval, Handler
from tocsin.runbooks.moment import Moment, is_handled, is_stuck
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Node

Status = Literal["succeeded", "failed", "compensated", "cancelled", "expired", "needs_attention"]
_AT_WORK = frozenset({"running", "retrying", "verifying"})
Cause = Literal["succeeded", "failed", "cancelled", "expired"]


@dataclass(frozen=True)
class Ending:
    """Why the run ends, and whether what it changed is put back first."""

    status: Cause
    why: str
    compensate: bool = False
    at_once: bool = False
    """What has begun is left as it is; otherwise it is finished first."""


def ending_of(m: Moment) -> Ending | None:
    """Return how the run ends, if it ends now; None when it goes on.

    Whoever cancels a run and leaves what it did also stops the undoing that its runbook asks for.
    """
    pinned = m.state.ending
    ending = Ending(pinned.status, pinned.why, pinned.compensate) if pinned else _cause(m)
    if ending is None or m.state.cancel is None:
        return ending
    return replace(ending, compensate=m.state.cancel.compensate)


def is_left(state: RunState) -> bool:
    """Say whether a person ended the run as it stands, whatever became of its steps."""
    return state.cancel is not None and not state.cancel.compensate


def _cause(m: Moment) -> Ending | None:
    state = m.state
    if state.rejected:
        return Ending("cancelled", state.rejected)
    if state.expired is not None:
        approval = m.find(state.expired).step.approve or Approval()
        if approval.on_expiry != "skip":
            why = f"nobody approved {state.expired} in time"
            return Ending("expired", why, compensate=approval.on_expiry == "compensate")
    return _failed(m) or _cancelled(m) or _overdue(m)


def _failed(m: Moment) -> Ending | None:
    if not m.state.failures:
        return None
    for node in tree.roots(m.root, m.program.runbook.steps):
        if m.seen(node).status != "failed":
            continue
        on_failure = node.step.on_failure
        if isinstance(on_failure, Handler) and on_failure.end is not None:
            return Ending("succeeded", on_failure.note or f"{node.step.title} ended it")
        if is_stuck(m, node) and is_handled(m, node):
            why = f"{node.address} failed: {m.seen(node).error}"
            return _failure(m, why, _wants_undo(m))
    return None


def _wants_undo(m: Moment) -> bool:
    """Say whether one of the steps that failed asks for compensation."""
    return any(m.find(address).step.failing == "compensate" for address in m.state.failures)


def _cancelled(m: Moment) -> Ending | None:
    cancel = m.state.cancel
    if cancel is None:
        return None
    return Ending("cancelled", cancel.reason or "cancelled", compensate=cancel.compensate)


def _overdue(m: Moment) -> Ending | None:
    if _is_asking(m.state) or m.state.paused or m.now < deadline(m):
        return None
    return replace(_failure(m, "the run took longer than it may", False), at_once=True)


def _is_asking(state: RunState) -> bool:
    """Say whether people are waited for."""
    return any(
        seen.status == "awaiting_approval" or (seen.manual is not None and seen.status == "waiting")
        for seen in state.steps.values()
    )


def deadline(m: Moment) -> datetime:
    """Return when the run has taken too long; time spent waiting for people does not count."""
    timeout = m.program.runbook.guardrails.timeout
    return m.state.requested_at + timeout + timedelta(seconds=m.state.parked)


def to_undo(m: Moment) -> Node | None:
    """Return the step that is to be undone next, the newest first, back to a point of no return."""
    if m.program.runbook.on_failure.compensate == "until_point_of_no_return" and _points_passed(m):
        return None
    reach = m.state.reach if m.state.ending else len(m.state.effects)
    for address in reversed(m.state.effects[:reach]):
        if m.state.step(address).status == "undone":
            continue
        node = m.find(address)
        if node.step.point_of_no_return and _changes(m.seen(node)):
            return None
        if _is_undoable(m, node):
            return node
    return None


def _points_passed(m: Moment) -> bool:
    nodes = map(m.find, m.state.effects)
    return any(node.step.point_of_no_return and _changes(m.seen(node)) for node in nodes)


def has_changed(state: RunState) -> bool:
    """Say whether the run has begun to change anything."""
    return any(state.step(address).risk != Risk.READ for address in state.effects)


def begun(m: Moment, ending: Ending) -> list[Node]:
    """Return the steps that are finished before the run ends: those in the middle of their effect.

    Where time is over only those are left of which an effect that must not happen twice may have happened.
    """
    at_work = [name for name, seen in m.state.steps.items() if seen.status in _AT_WORK]
    nodes = [node for node in map(m.find, at_work) if m.seen(node).probed != "not_done"]
    return [node for node in nodes if m.in_doubt(node) or (not ending.at_once and _is_in_effect(m, node))]


def _is_in_effect(m: Moment, node: Node) -> bool:
    return m.seen(node).status in {"running", "verifying"}


def outcome(ending: Ending, state: RunState) -> Status:
    """Return the status of a run that has ended, once what was to be undone is undone."""
    undone = any(step.status == "undone" for step in state.steps.values())
    return "compensated" if ending.status == "failed" and ending.compensate and undone else ending.status


def summary(ending: Ending, state: RunState) -> str:
    """Return one sentence for people: why it ended, and what of it is left."""
    undone = [step_id for step_id in state.effects if state.step(step_id).status == "undone"]
    left = [step_id for step_id in state.effects if _changes(state.step(step_id)) and step_id not in undone]
    parts = [ending.why]
    parts += [f"undone: {_named(undone)}"] if undone else []
    parts += [f"not undone: {_named(left)}"] if left else []
    return "; ".join(parts if undone or left else [*parts, "nothing was changed"])


def ask_about(node: Node, seen: StepState) -> str:
    """Return what a person has to find out about a step of unknown outcome."""
    command = f"`tocsin run resolve-unknown RUN --step {node.address} --happened|--did-not-happen`"
    if seen.unclear:
        told = f"whether {node.step.title!r} did what it should is not known: {seen.reason}"
        return f"{told}. Look, then say so: {command}"
    why = f": {seen.reason}" if seen.reason else ""
    return f"whether {node.step.title!r} happened is not known{why}. Look, then say so: {command}"


def _named(addresses: Sequence[str]) -> str:
    """Return the steps by name, at most a dozen of them."""
    more = f" and {len(addresses) - 12} more" if len(addresses) > 12 else ""
    return ", ".join(addresses[:12]) + more


def _failure(m: Moment, why: str, compensate: bool) -> Ending:
    return Ending("failed", why, compensate=compensate or bool(m.program.runbook.on_failure.compensate))


def _is_undoable(m: Moment, node: Node) -> bool:
    seen = m.seen(node)
    if node.address in m.state.undo_failures or not _changes(seen):
        return False
    return bool(node.step.undo_steps) or (node.step.undo == "auto" and m.facts(node).undoable)


def _changes(seen: StepState) -> bool:
    """Say whether the step's effect, if it happened, left the world another than it was."""
    plan = Plan.model_validate({name: seen.plan[name] for name in Plan.model_fields})
    noop = bool(plan.changes) and plan.noop
    return seen.risk != Risk.READ and seen.probed != "not_done" and not noop
