"""Decides what a run does next. Pure: no I/O, no clock, no randomness of its own.

``decide`` looks at a run's state and a time and says which events follow from them alone, which work has to
be done in the world, and when to look again. The worker does the work and appends what came of it.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta

from tocsin.actions.base import Risk
from tocsin.errors import ActionFailed, BadExpression, ErrorClass
from tocsin.events import Event
from tocsin.events import run as events
from tocsin.runbooks import endings, expressions, verification
from tocsin.runbooks.model import Approval, Step
from tocsin.runbooks.policy import approval_of
from tocsin.runbooks.scope import CHANNEL, awaits_channel, read_by, scope_of
from tocsin.runbooks.state import RunState, StepState
from tocsin.runbooks.work import (
    Decision,
    PlanStep,
    ProbeStep,
    Program,
    StartStep,
    TakeLocks,
    UndoStep,
    Work,
)

PLAN_FRESH = timedelta(seconds=60)
"""An older plan is made again before it is acted on; if it says something else, people are asked again."""


def decide(program: Program, state: RunState, now: datetime) -> Decision:
    """Return what follows for a run in ``state`` at ``now``; nothing, when it only waits for people."""
    if state.over or state.status == "needs_attention":
        return Decision()
    unknown = [step for step in program.runbook.steps if state.step(step.id).status == "unknown"]
    if unknown and not endings.is_left(state):
        return _finish("needs_attention", endings.ask_about(unknown[0]))
    ending = endings.ending_of(program, state, now)
    if ending is not None:
        return _end(program, state, ending)
    return _by_deadline(program, state, _plan_first(program, state, now) or _go_on(program, state, now), now)


def _plan_first(program: Program, state: RunState, now: datetime) -> Decision | None:
    """Return the plans that are still to be made before the first change, or the wait for a further try."""
    if endings.has_changed(state):
        return None
    plans = tuple(_plannable(program, state, now))
    tries = [at for step in state.steps.values() if not step.key and (at := step.retry_at) and at > now]
    return Decision(work=plans) if plans else Decision(wake_at=min(tries)) if tries else None


def _go_on(program: Program, state: RunState, now: datetime) -> Decision:
    for step in program.runbook.steps:
        if not endings.is_behind(step, state.step(step.id)):
            return _advance(program, state, step, now)
    return _succeed(program, state)


def failure(
    program: Program, state: RunState, step: Step, attempt: int, error: ActionFailed, now: datetime
) -> Event:
    """Return StepFailed for an attempt, with the time of the next one if the runbook allows one."""
    doubt = error.kind is ErrorClass.TIMEOUT and endings.in_doubt(program, step, state.step(step.id))
    later = now + _delay(state, step, attempt) if _may_retry(step, error.kind, attempt) else None
    retry_at = later or (now if doubt else None)  # in doubt: look whether it happened
    return events.StepFailed(
        step=step.id, attempt=attempt, error=str(error), kind=error.kind, retry_at=retry_at
    )


def _may_retry(step: Step, kind: ErrorClass, attempt: int) -> bool:
    return kind in step.retry.on and attempt <= step.retry.max


def _by_deadline(program: Program, state: RunState, decision: Decision, now: datetime) -> Decision:
    """Return the decision, looking again no later than when the run has taken too long."""
    limit = endings.deadline(program, state)
    if decision.wake_at is None or limit <= now:
        return decision
    return Decision(wake_at=min(decision.wake_at, limit))


def approval_digest(state: RunState, step_id: str) -> str:
    """Return what an approval is bound to: revision, inputs, step and plan. Any change of them voids it."""
    bound = [state.revision, dict(state.inputs), step_id, state.step(step_id).digest]
    return hashlib.sha256(json.dumps(bound, sort_keys=True).encode()).hexdigest()


def _delay(state: RunState, step: Step, attempt: int) -> timedelta:
    """Return the pause before the next attempt; its jitter is a hash, so that a replay waits as long."""
    growth = 2 ** (attempt - 1) if step.retry.backoff == "exponential" else 1
    pause = min(step.retry.cap, step.retry.base * growth)
    if not step.retry.jitter:
        return pause
    seed = hashlib.sha256(f"{state.id}/{step.id}/{attempt}".encode()).digest()
    return pause * (0.5 + int.from_bytes(seed[:4]) / 2**33)


def _plannable(program: Program, state: RunState, now: datetime) -> Iterator[PlanStep]:
    """Yield the plans that can be made now: steps whose inputs do not wait for another step's output."""
    for step in program.runbook.steps:
        seen = state.step(step.id)
        again = seen.status == "retrying" and seen.retry_at is not None and seen.retry_at <= now
        if step.uses is None or not (seen.status == "pending" or (again and not seen.key)):
            continue
        try:
            if _known(program, state, step) and _wanted(program, state, step):
                yield _plan(program, state, step)
        except BadExpression:
            continue  # said when the step's turn comes


def _known(program: Program, state: RunState, step: Step) -> bool:
    """Say whether all that the step's inputs and conditions read is there."""
    paths = read_by(program.runbook, step)
    if CHANNEL in paths and awaits_channel(state):
        return False
    needed = {path[1] for path in paths if path[0] == "steps" and len(path) > 1}
    return all(state.step(one).status in {"succeeded", "skipped", "failed"} for one in needed)


def _wanted(program: Program, state: RunState, step: Step) -> bool:
    return step.if_ is None or expressions.holds(step.if_, scope_of(program.runbook, state))


def _plan(program: Program, state: RunState, step: Step) -> PlanStep:
    """Return the plan to be made; of a step that has one, for the same inputs again."""
    seen = state.step(step.id)
    if seen.digest:
        return PlanStep(step=step.id, want=dict(seen.want))
    want = expressions.render(dict(step.with_), scope_of(program.runbook, state))
    assert isinstance(want, dict)  # noqa: S101  # a mapping renders to a mapping
    return PlanStep(step=step.id, want=want)


def _advance(program: Program, state: RunState, step: Step, now: datetime) -> Decision:
    seen = state.step(step.id)
    try:
        if seen.status == "pending" and not _known(program, state, step):
            return Decision(wake_at=endings.deadline(program, state))
        if seen.status == "pending" and not _wanted(program, state, step):
            return _then(events.StepSkipped(step=step.id, reason=f"`{step.if_}` does not hold"))
        if step.wait is not None:
            return _wait(step, step.wait, seen, now)
        if step.assert_:
            return _assert(program, state, step)
        return _act(program, state, step, now)
    except BadExpression as error:
        return _then(events.StepFailed(step=step.id, attempt=1, error=str(error), kind=ErrorClass.INVALID))


def _wait(step: Step, wait: timedelta, seen: StepState, now: datetime) -> Decision:
    if seen.until is None:
        return _then(events.WaitStarted(step=step.id, until=now + wait))
    if now >= seen.until:
        return _then(events.WaitEnded(step=step.id))
    return Decision(wake_at=seen.until)


def _assert(program: Program, state: RunState, step: Step) -> Decision:
    scope = scope_of(program.runbook, state)
    for expression in step.assert_:
        if not expressions.holds(expression, scope):
            error = f"`{expression}` does not hold"
            return _then(events.StepFailed(step=step.id, attempt=1, error=error, kind=ErrorClass.INVALID))
    return _then(events.StepAsserted(step=step.id))


def _act(program: Program, state: RunState, step: Step, now: datetime) -> Decision:
    seen = state.step(step.id)
    match seen.status:
        case "pending":
            return _work(_plan(program, state, step))
        case "planned" if (approval := approval_of(program.runbook, step, state)) is not None:
            return _ask(program, state, step, approval, now)
        case "awaiting_approval":
            return _await(seen, step, now)
        case "retrying" if seen.retry_at is not None and now < seen.retry_at:
            return Decision(wake_at=seen.retry_at)
        case "retrying" if not seen.key:
            return _work(_plan(program, state, step))
        case "running" | "retrying" if endings.in_doubt(program, step, seen):
            return _look_first(step, seen)
        case "retrying" if seen.kind is not None and not _may_retry(step, seen.kind, seen.attempt):
            error = f"{seen.error}; looked: it did not happen"
            return _then(events.StepFailed(step=step.id, attempt=seen.attempt, error=error, kind=seen.kind))
        case "verifying":
            return verification.verify(program, state, step, now)
        case _:  # approved, or running when the worker died
            return _start(program, state, step, now)


def _ask(program: Program, state: RunState, step: Step, approval: Approval, now: datetime) -> Decision:
    """Ask people, and show them what is true now."""
    if _stale(state.step(step.id), now):
        return _work(_plan(program, state, step))
    request = events.ApprovalRequested(
        step=step.id,
        digest=approval_digest(state, step.id),
        approvers=approval.from_ or program.runbook.permissions.approve or ("role:responder",),
        count=approval.count,
        allow_self=approval.self_,
        expires_at=now + approval.expires,
    )
    return _then(request)


def _stale(seen: StepState, now: datetime) -> bool:
    return seen.planned_at is None or now - seen.planned_at > PLAN_FRESH


def _await(seen: StepState, step: Step, now: datetime) -> Decision:
    request = seen.request
    assert request is not None  # noqa: S101  # the status says that it was asked for
    if now >= request.expires_at:
        return _then(events.ApprovalExpired(step=step.id, digest=request.digest))
    return Decision(wake_at=request.expires_at)


def _look_first(step: Step, seen: StepState) -> Decision:
    if seen.probed == "done":
        return _then(events.StepSucceeded(step=step.id, output={}))
    return _work(ProbeStep(step=step.id))


def _start(program: Program, state: RunState, step: Step, now: datetime) -> Decision:
    seen = state.step(step.id)
    if seen.risk != Risk.READ and not seen.key:
        missing = _locks(program, state) - state.held
        if missing:
            return _work(TakeLocks(step=step.id, resources=tuple(sorted(missing))))
        if _stale(seen, now):
            return _work(_plan(program, state, step))
    key = seen.key or hashlib.sha256(f"{state.id}/{step.id}".encode()).hexdigest()[:32]
    return _work(StartStep(step=step.id, attempt=seen.attempt + 1, key=key))


def _locks(program: Program, state: RunState) -> set[str]:
    """Return what the run must hold: the resources of every plan so far, and the runbook's own lock.

    All that are known are taken together before the first change. What comes later may close a circle of
    runs that wait for each other; the worker sees that, and the step fails.
    """
    own = program.runbook.guardrails.lock
    shared = {str(expressions.render(own, scope_of(program.runbook, state)))} if own else set()
    return shared.union(*(step.resources for step in state.steps.values() if step.risk != Risk.READ))


def _succeed(program: Program, state: RunState) -> Decision:
    try:
        outputs = expressions.render(dict(program.runbook.outputs), scope_of(program.runbook, state))
    except BadExpression as error:
        return _finish("failed", f"every step succeeded, but the outputs cannot be computed: {error}")
    assert isinstance(outputs, dict)  # noqa: S101  # a mapping renders to a mapping
    done = sum(state.step(step.id).status == "succeeded" for step in program.runbook.steps)
    words = f"{done} of {len(program.runbook.steps)} steps done, the rest skipped or allowed to fail"
    summary = "every step done and verified" if done == len(program.runbook.steps) else words
    return Decision(events=(events.RunFinished(status="succeeded", summary=summary, outputs=outputs),))


def _end(program: Program, state: RunState, ending: endings.Ending) -> Decision:
    if ending.compensate:
        for step_id in endings.to_undo(program, state):
            return _work(UndoStep(step=step_id))
    if state.undo_failures and ending.compensate:
        return _finish("needs_attention", "; ".join(f"{k}: {v}" for k, v in state.undo_failures.items()))
    return _finish(endings.outcome(ending, state), endings.summary(ending, state))


def _finish(status: endings.Status, summary: str) -> Decision:
    return Decision(events=(events.RunFinished(status=status, summary=summary),))


def _then(*happened: Event) -> Decision:
    return Decision(events=happened)


def _work(work: Work) -> Decision:
    return Decision(work=(work,))
