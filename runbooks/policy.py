"""Guardrails: who must say yes before a step, and who may, and what holds a change back. The only place."""

from collections.abc import Sequence

from tocsin.access import Access, Duty
from tocsin.actions.base import Risk
from tocsin.errors import Conflict, Forbidden, Invalid
from tocsin.events import Actor
from tocsin.events import run as events
from tocsin.runbooks.calendars import Closed
from tocsin.runbooks.model import Approval
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.tree import Node


def approval_of(node: Node, state: RunState) -> Approval | None:
    """Return the approval the step needs, or None.

    A run in ``propose`` mode asks before its first change even where the step itself does not.
    """
    if node.step.approve is not None:
        return node.step.approve
    return usual(state) if state.step(node.address).risk != Risk.READ else None


def usual(state: RunState) -> Approval | None:
    """Return the approval that a run in ``propose`` mode needs before its first change, until it has it."""
    return Approval() if state.mode == "propose" and not _agreed(state) else None


def check_approver(
    access: Access,
    actor: Actor,
    state: RunState,
    request: events.ApprovalRequested,
    duty: Duty,
    confirm: str = "",
) -> tuple[str, ...]:
    """Return which of those who were asked ``actor`` is; raise Forbidden, Conflict or Invalid if none.

    ``duty`` is what the actor is on call for.
    """
    access.authorize(actor, "run.approve", request.approvers, duty)
    if actor.is_same_person(state.requested_by) and not request.allow_self:
        raise Forbidden("you asked for this run, so somebody else has to approve it. It still waits.")
    if request.editor is not None and request.editor in _names(actor):
        raise Forbidden("you wrote this revision, so somebody else has to approve it. It still waits.")
    if any(actor.is_same_person(given.actor) for given in state.step(request.step).approvals):
        raise Conflict("you have approved this step already; it waits for somebody else")
    if request.confirm is not None and confirm.strip() != request.confirm:
        raise Invalid(f"type `{request.confirm}` to approve this. It still waits.")
    return tuple(sorted((access.principals(actor) | duty.principals) & set(request.approvers)))


def _names(actor: Actor) -> set[str]:
    """Return what the author of a revision is called by, in small letters."""
    return {name.lower() for name in (f"{actor.kind}:{actor.id}", actor.email) if name}


def frozen(m: Moment, node: Node) -> Closed | None:
    """Return the calendar that forbids the step's change now, or None."""
    if m.state.glass:
        return None
    names = m.program.runbook.guardrails.freeze
    if names == "none":
        return None
    return m.program.calendars.closed(names, m.now)


def too_many_targets(m: Moment) -> str | None:
    """Return what is wrong when all plans together change more things than the runbook lets them."""
    limit = m.program.runbook.guardrails.max_targets
    if limit is None:
        return None
    targets = sorted(set(_targets(m.state)))
    if len(targets) <= limit:
        return None
    named = ", ".join(targets[:5]) + (", …" if len(targets) > 5 else "")
    return f"would change {len(targets)} things ({named}), and `guardrails.max_targets` is {limit}"


def _targets(state: RunState) -> Sequence[str]:
    changing = (seen for seen in state.steps.values() if seen.digest and seen.risk != Risk.READ)
    return [resource for seen in changing for resource in seen.resources]


def _agreed(state: RunState) -> bool:
    """Say whether people have agreed to a change."""
    return any(_is_for_a_change(step) and step.agreed for step in state.steps.values())


def _is_for_a_change(step: StepState) -> bool:
    """Say whether the step was asked about with plans, and not only as a gate."""
    planned = bool(step.digest) and step.risk != Risk.READ
    return step.request is not None and (planned or bool(step.request.plans))
