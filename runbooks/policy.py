"""Guardrails: who must say yes before a step, and who may. The only place that knows."""

from tocsin.access import Access
from tocsin.actions.base import Risk
from tocsin.errors import Conflict, Forbidden
from tocsin.events import Actor
from tocsin.events import run as events
from tocsin.runbooks.model import Approval, Runbook, Step
from tocsin.runbooks.state import RunState


def approval_of(runbook: Runbook, step: Step, state: RunState) -> Approval | None:
    """Return the approval the step needs, or None.

    A run in ``propose`` mode asks before its first change even where the step itself does not.
    """
    if step.approve is not None:
        return step.approve
    unasked = state.step(step.id).risk != Risk.READ and not _agreed(state)
    return Approval() if state.mode == "propose" and unasked else None


def check_approver(access: Access, actor: Actor, state: RunState, request: events.ApprovalRequested) -> None:
    """Raise Forbidden or Conflict unless ``actor`` may decide on ``request`` now."""
    access.authorize(actor, "run.approve", request.approvers)
    if actor.is_same_person(state.requested_by) and not request.allow_self:
        raise Forbidden("you asked for this run, so somebody else has to approve it. It still waits.")
    if any(actor.is_same_person(given) for given in state.step(request.step).approvals):
        raise Conflict("you have approved this step already; it waits for somebody else")


def _agreed(state: RunState) -> bool:
    """Say whether people have agreed to a change."""
    return any(step.agreed and step.risk != Risk.READ for step in state.steps.values())
