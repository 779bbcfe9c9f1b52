"""What one step does next: its plan, its locks and guards, its effect, its look at the world. Pure."""

import hashlib
from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.errors import ActionFailed, BadExpression, ErrorClass
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks import approvals, policy, scope, verification
from tocsin.runbooks.model import Manual, Wait
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import DONE, RunState, StepState
from tocsin.runbooks.tree import Node, resolve
from tocsin.runbooks.work import (
    Decision,
    GuardStep,
    PlanStep,
    ProbeStep,
    RecoverStep,
    StartStep,
    TakeLocks,
    Work,
)

GUARD_FRESH = timedelta(seconds=10)
"""How long one look at ``stop_if`` is good for."""


def leaf(m: Moment, node: Node) -> Decision:
    """Return what follows for a step that does something of its own."""
    seen = m.seen(node)
    try:
        if seen.status == "pending":
            if not is_known(m, node):
                return Decision()  # the channel opens, or the run takes too long
            if not is_wanted(m, node):
                return _then(events.StepSkipped(step=node.address, reason=f"`{node.step.if_}` does not hold"))
        match node.step.kind:
            case "uses":
                return _act(m, node)
            case "wait":
                return _wait(m, node, node.step.wait or Wait(for_=timedelta(0)))
            case "manual":
                return _by_hand(m, node, node.step.manual or Manual())
            case "set":
                values = m.rendered(node, node.step.set or {})
                return _then(steering.ValuesSet(step=node.address, output=values))
            case "approve":
                return approvals.gate(m, node)
            case _:
                return _assert(m, node)
    except BadExpression as error:
        return _fails(node, str(error))


def is_known(m: Moment, node: Node) -> bool:
    """Say whether all that the step's inputs and conditions read is there."""
    paths = scope.read_by(node)
    if scope.CHANNEL in paths and scope.awaits_channel(m.state):
        return False
    return all(_is_done(m, node, path[1]) for path in paths if path[0] == "steps" and len(path) > 1)


def _is_done(m: Moment, node: Node, name: str) -> bool:
    address = resolve(node.frame, m.state, name)
    if node.address.startswith(f"{address}["):
        return True  # an item looks at those before it
    return m.state.step(address).status in DONE


def is_wanted(m: Moment, node: Node) -> bool:
    """Say whether the step's condition holds; raise BadExpression."""
    return node.step.if_ is None or m.holds(node, node.step.if_)


def plan(m: Moment, node: Node) -> PlanStep:
    """Return the plan to be made; of a step that has one, for the same inputs again."""
    seen = m.seen(node)
    want = dict(seen.want) if seen.digest else m.rendered(node, node.step.with_)
    return PlanStep(step=node.address, want=want)


def failure(m: Moment, node: Node, attempt: int, error: ActionFailed) -> Event:
    """Return StepFailed for an attempt, with the time of the next one if the runbook allows one."""
    doubt = error.kind is ErrorClass.TIMEOUT and m.in_doubt(node)
    later = _next_try(m, node, attempt) if _may_retry(node, error.kind, attempt) else None
    retry_at = later or (m.now if doubt else None)  # in doubt: look whether it happened
    return events.StepFailed(
        step=node.address, attempt=attempt, error=str(error), kind=error.kind, retry_at=retry_at
    )


def _may_retry(node: Node, kind: ErrorClass, attempt: int) -> bool:
    return kind in node.step.retry.on and attempt <= node.step.retry.max


def _next_try(m: Moment, node: Node, attempt: int) -> datetime | None:
    """Return when the next attempt is due; None when the step's deadline is before that."""
    at = m.now + _delay(m.state, node, attempt)
    began, limit = m.seen(node).started_at or m.now, node.step.deadline
    return None if limit is not None and at > began + limit else at


def _delay(state: RunState, node: Node, attempt: int) -> timedelta:
    """Return the pause before the next attempt; its jitter is a hash, so that a replay waits as long."""
    retry = node.step.retry
    growth = 2 ** (attempt - 1) if retry.backoff == "exponential" else 1
    pause = min(retry.cap, retry.base * growth)
    if not retry.jitter:
        return pause
    seed = hashlib.sha256(f"{state.id}/{node.address}/{attempt}".encode()).digest()
    return pause * (0.5 + int.from_bytes(seed[:4]) / 2**33)


def _wait(m: Moment, node: Node, wait: Wait) -> Decision:
    seen = m.seen(node)
    if seen.until is None:
        return _then(events.WaitStarted(step=node.address, until=_until(m, node, wait)))
    if wait.until is not None:
        if m.holds(node, wait.until, now=m.now.isoformat()):
            return _then(events.WaitEnded(step=node.address))
        if m.now >= seen.until:
            return _fails(node, f"`{wait.until}` did not hold in time", ErrorClass.TIMEOUT)
        return Decision(wake_at=min(seen.until, m.now + wait.interval))
    if m.now >= seen.until:
        return _then(events.WaitEnded(step=node.address))
    return Decision(wake_at=seen.until)


def _until(m: Moment, node: Node, wait: Wait) -> datetime:
    if wait.at is None:
        return m.now + (wait.deadline if wait.for_ is None else wait.for_)
    given = scope.rendered(node.frame, m.state, wait.at)
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError:
        raise BadExpression(f"`wait.at` is {given!r}, and not a time such as 2026-11-25T04:00:00Z") from None
    if moment.tzinfo is None:
        raise BadExpression(f"`wait.at` is {given!r}, which names no time zone: add `Z` or `+01:00`")
    return moment


def _by_hand(m: Moment, node: Node, manual: Manual) -> Decision:
    asked = m.seen(node).manual
    if asked is None:
        texts: list[JsonValue] = [manual.instructions, *manual.checklist]
        filled = scope.rendered(node.frame, m.state, texts)
        assert isinstance(filled, list)  # noqa: S101  # a list renders to a list
        instructions, *checklist = map(str, filled)
        return _then(
            steering.ManualRequested(
                step=node.address,
                assignee=manual.assignee,
                instructions=instructions,
                checklist=tuple(checklist),
                expires_at=m.now + node.step.limit,
            )
        )
    if m.now >= asked.expires_at:
        return _fails(node, "nobody did it in time", ErrorClass.TIMEOUT)
    return Decision(wake_at=asked.expires_at)


def _assert(m: Moment, node: Node) -> Decision:
    for expression in node.step.assert_:
        if not m.holds(node, expression):
            return _fails(node, f"`{expression}` does not hold")
    return _then(events.StepAsserted(step=node.address))


def _act(m: Moment, node: Node) -> Decision:
    seen = m.seen(node)
    match seen.status:
        case "pending":
            return _work(plan(m, node))
        case "planned" if (approval := policy.approval_of(node, m.state)) is not None:
            if approvals.is_stale(m, seen):
                return _work(plan(m, node))  # people are shown what is true now
            return _then(approvals.request(m, node, approval))
        case "awaiting_approval":
            return approvals.awaited(m, node)
        case "retrying" if seen.retry_at is not None and m.now < seen.retry_at:
            return Decision(wake_at=seen.retry_at)
        case "retrying" if not seen.key:
            return _work(plan(m, node))
        case "running" | "retrying" if seen.probed == "done" or m.in_doubt(node):
            return _look_first(node, seen)
        case "retrying" if seen.kind is not None and not _may_retry(node, seen.kind, seen.attempt):
            error = f"{seen.error}; looked: it did not happen"
            return _then(
                events.StepFailed(step=node.address, attempt=seen.attempt, error=error, kind=seen.kind)
            )
        case "verifying":
            return verification.verify(m, node)
        case _:  # approved, or running when the worker died
            return _start(m, node)


def _look_first(node: Node, seen: StepState) -> Decision:
    if seen.probed == "done":
        return _work(RecoverStep(step=node.address))
    return _work(ProbeStep(step=node.address))


def _start(m: Moment, node: Node) -> Decision:
    seen = m.seen(node)
    if seen.risk != Risk.READ:
        held_back = _hold_back(m, node, seen)
        if held_back is not None:
            return held_back
    key = seen.key or hashlib.sha256(f"{m.state.id}/{node.address}".encode()).hexdigest()[:32]
    return _work(StartStep(step=node.address, attempt=seen.attempt + 1, key=key))


def _hold_back(m: Moment, node: Node, seen: StepState) -> Decision | None:
    """Return what has to come before a change, or keeps it from happening; None: it may begin."""
    if seen.key:
        return None  # it has begun before
    too_many = policy.too_many_targets(m)
    if too_many is not None:
        return _fails(node, too_many)
    closed = policy.frozen(m, node)
    if closed is not None:
        if seen.frozen_until == closed.until:
            return Decision(wake_at=closed.until)
        return _then(
            steering.FreezeHeld(
                step=node.address, calendar=closed.calendar, until=closed.until, why=closed.why
            )
        )
    missing = locks(m) - m.state.held
    if missing:
        return _work(TakeLocks(step=node.address, resources=tuple(sorted(missing))))
    if approvals.is_stale(m, seen):
        return _work(plan(m, node))
    return _guard(m, node, seen)


def _guard(m: Moment, node: Node, seen: StepState) -> Decision | None:
    stop_if = m.program.runbook.guardrails.stop_if
    if stop_if is None or m.state.ending is not None:
        return None  # what is handled and finally done is done
    if m.state.stopped:
        return _fails(node, f"`stop_if` says no: {m.state.stopped}")
    if seen.guarded_at is not None and m.now - seen.guarded_at <= GUARD_FRESH:
        return None
    want = scope.rendered_map(m.root, m.state, stop_if.with_)
    return _work(GuardStep(step=node.address, want=want))


def locks(m: Moment) -> set[str]:
    """Return what the run must hold: the resources of every plan so far, and the runbooks' own locks.

    All that are known are taken together before the first change. What comes later may close a circle of
    runs that wait for each other; the worker sees that, and the step fails.
    """
    shared = {
        str(scope.rendered(frame, m.state, own))
        for frame in m.frames()
        for own in frame.program.runbook.guardrails.lock
    }
    changing = (step for step in m.state.steps.values() if step.digest and step.risk != Risk.READ)
    return shared.union(*(step.resources for step in changing))


def _fails(node: Node, error: str, kind: ErrorClass = ErrorClass.INVALID) -> Decision:
    return _then(events.StepFailed(step=node.address, attempt=1, error=error, kind=kind))


def _then(*happened: Event) -> Decision:
    return Decision(events=happened)


def _work(work: Work) -> Decision:
    return Decision(work=(work,))
