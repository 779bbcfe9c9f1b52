"""What people do to a run: whether they may, and the event that it becomes. Pure: the same for every door.

Every function raises Forbidden, Conflict or Invalid where the event may not happen; nothing has then.
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from tocsin.access import OFF_DUTY, Access, Duty
from tocsin.errors import Conflict, Invalid
from tocsin.events import Actor, steering
from tocsin.events import run as events
from tocsin.runbooks import tree
from tocsin.runbooks.inputs import coerce
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.policy import check_approver
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program


def check_start(
    access: Access, actor: Actor, runbook: Runbook, *, suggested: bool = False, duty: Duty = OFF_DUTY
) -> None:
    """Raise Forbidden or Invalid when the actor may not start a run of it, or take up the suggestion to."""
    access.authorize(actor, "run.start", runbook.permissions.run, duty)
    if actor.kind != "system" and not suggested and not runbook.by_hand:
        raise Invalid(f"only triggers start {runbook.name}; `- manual: true` in its `on:` changes that")


def approve(
    access: Access,
    actor: Actor,
    state: RunState,
    digest: str,
    now: datetime,
    comment: str,
    confirm: str,
    duty: Duty = OFF_DUTY,
) -> events.ApprovalGiven:
    """Say yes to exactly what ``digest`` names; ``confirm`` is what the approver typed."""
    request = asked(state, digest)
    counts_as = check_approver(access, actor, state, request, duty, confirm)
    if now >= request.expires_at:
        raise Conflict("nobody approved this in time, so it is not asked any more. Nothing was done.")
    return events.ApprovalGiven(step=request.step, digest=digest, comment=comment, counts_as=counts_as)


def reject(
    access: Access, actor: Actor, state: RunState, digest: str, reason: str, duty: Duty = OFF_DUTY
) -> events.ApprovalRejected:
    """Say no. A requester may reject what they asked for."""
    request = asked(state, digest)
    if not reason.strip():
        raise Invalid("a rejection needs a reason; nothing was decided")
    access.authorize(actor, "run.approve", request.approvers, duty)
    return events.ApprovalRejected(step=request.step, digest=digest, reason=reason.strip())


def cancel(
    access: Access, actor: Actor, state: RunState, *, compensate: bool, reason: str
) -> events.CancelRequested:
    """Stop after the step that the run is in; with ``compensate``, undo what it did."""
    _allow_on_live(access, actor, state)
    return events.CancelRequested(compensate=compensate, reason=reason)


def pause(access: Access, actor: Actor, state: RunState, reason: str) -> steering.RunPaused:
    """Begin nothing further; what is at work comes to its end."""
    _allow_on_live(access, actor, state)
    if state.paused is not None:
        raise Conflict(f"run {state.id[:8]} is paused already; nothing was changed")
    return steering.RunPaused(reason=reason)


def resume(access: Access, actor: Actor, state: RunState) -> steering.RunResumed:
    """Let a paused run go on."""
    _allow_on_live(access, actor, state)
    if state.paused is None:
        raise Conflict(f"run {state.id[:8]} is not paused; nothing was changed")
    return steering.RunResumed()


def break_glass(access: Access, actor: Actor, state: RunState, reason: str) -> steering.GlassBroken:
    """Change things in spite of a freeze. An admin does that, and says why."""
    _allow_on_live(access, actor, state)
    access.authorize(actor, "automation.resume")
    if not reason.strip():
        raise Invalid("say why: it is looked at afterwards. The freeze still holds.")
    return steering.GlassBroken(reason=reason.strip())


def complete(
    access: Access,
    actor: Actor,
    state: RunState,
    step: str,
    *,
    done: Mapping[str, bool],
    fields: Mapping[str, JsonValue],
    program: Program,
    from_text: bool,
    duty: Duty = OFF_DUTY,
) -> steering.ManualCompleted:
    """Say that a manual step is done: every entry of its checklist ticked, its fields filled in."""
    wanted = _manual(access, actor, state, step, duty)
    left = [entry for entry in wanted.checklist if not done.get(entry)]
    if left:
        raise Invalid(f"not ticked yet: {'; '.join(left)}. The step still waits.")
    manual = tree.find(program, state, step).step.manual
    output = coerce(manual.fields if manual else {}, fields, from_text=from_text)
    return steering.ManualCompleted(step=step, output=output)


def refuse(
    access: Access, actor: Actor, state: RunState, step: str, reason: str, duty: Duty = OFF_DUTY
) -> steering.ManualRefused:
    """Say that a manual step cannot be done; it has failed then."""
    _manual(access, actor, state, step, duty)
    if not reason.strip():
        raise Invalid("say why it cannot be done. The step still waits.")
    return steering.ManualRefused(step=step, reason=reason.strip())


def resolve_unknown(
    access: Access, actor: Actor, state: RunState, step: str, *, happened: bool
) -> events.UnknownResolved:
    """Say whether an effect of unknown outcome happened; the run goes on from there."""
    access.authorize(actor, "run.start")
    if state.step(step).status != "unknown":
        raise Conflict(f"step {step!r} of run {state.id[:8]} is {state.step(step).status}, not unknown")
    return events.UnknownResolved(step=step, happened=happened)


def resolve_undo(
    access: Access, actor: Actor, state: RunState, step: str, *, undone: bool
) -> steering.UndoResolved:
    """Say that a step whose undo failed was put back by hand, or let it be tried again."""
    _allow_on_live(access, actor, state)
    if step not in state.undo_failures:
        raise Conflict(f"no undo of step {step!r} of run {state.id[:8]} failed; nothing was changed")
    return steering.UndoResolved(step=step, undone=undone)


def asked(state: RunState, digest: str) -> events.ApprovalRequested:
    """Return what is asked under this digest."""
    for request in state.asked():
        if request.digest == digest:
            return request
    raise Conflict(
        "this approval is not asked any more: it was decided, or the plan changed. Nothing was done."
    )


def _allow_on_live(access: Access, actor: Actor, state: RunState) -> None:
    access.authorize(actor, "run.cancel")
    if state.over:
        raise Conflict(f"run {state.id[:8]} has ended: {state.status}; nothing was changed")


def doers(state: RunState, step: str) -> tuple[str, ...]:
    """Return who alone may do a manual step; nobody named: whoever may start runs."""
    manual = state.step(step).manual
    return (manual.assignee,) if manual and manual.assignee else ()


def _manual(access: Access, actor: Actor, state: RunState, step: str, duty: Duty) -> steering.ManualRequested:
    seen = state.step(step)
    if seen.status != "waiting" or seen.manual is None:
        raise Conflict(f"step {step!r} of run {state.id[:8]} waits for nobody; nothing was changed")
    access.authorize(actor, "run.start", doers(state, step), duty)
    return seen.manual
