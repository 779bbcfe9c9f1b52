"""Decides what a run does next. Pure: no I/O, no clock, no randomness of its own.

``decide`` looks at a run's state and a time and says which events follow from them alone, which work has to
be done in the world, and when to look again. The worker does the work and appends what came of it.
"""

from collections.abc import Iterator
from dataclasses import replace

from tocsin.errors import BadExpression, Invalid
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks import endings, scope, tree
from tocsin.runbooks.acting import is_known, is_wanted, leaf, plan
from tocsin.runbooks.endings import Ending
from tocsin.runbooks.flow import in_a_row, opening
from tocsin.runbooks.moment import Moment, are_through
from tocsin.runbooks.state import DONE, StepStatus
from tocsin.runbooks.telling import untold
from tocsin.runbooks.tree import Node, opened, roots
from tocsin.runbooks.work import Decision, PlanStep, UndoStep, together

_LEFT: frozenset[StepStatus] = DONE | {
    *("planned", "awaiting_approval", "approved", "running", "verifying", "waiting")
}
"""Items in these states need no plan."""


def decide(m: Moment) -> Decision:
    """Return what follows for a run; nothing, when it only waits for people."""
    state = m.state
    if state.over or state.status == "needs_attention" or (state.paused and state.cancel is None):
        return Decision()
    told = tuple(untold(m))
    if told:
        return Decision(events=told)
    unknown = [address for address, seen in state.steps.items() if seen.status == "unknown"]
    if unknown and not endings.is_left(state):
        question = endings.ask_about(m.find(unknown[0]), state.step(unknown[0]))
        return Decision() if m.busy else _finish("needs_attention", question)
    ending = endings.ending_of(m)
    if ending is not None:
        return _end(m, ending)
    following = planning(m) or in_a_row(m, roots(m.root, m.program.runbook.steps), leaf)
    return _end(m, _success(m)) if following is None else _by_deadline(m, following)


def planning(m: Moment) -> Decision | None:
    """Return the plans that are still to be made before the first change, or the wait for a further try."""
    if endings.has_changed(m.state):
        return None
    nodes = list(opened(roots(m.root, m.program.runbook.steps), m.state, skip=_LEFT))
    if any(node.address in m.busy and m.seen(node).status == "pending" for node in nodes):
        return Decision()  # it is being planned
    known = tuple(_openings(m, nodes))
    if known:
        return Decision(events=known)
    plans = tuple(_plans(m, nodes))
    tries = [at for step in m.state.steps.values() if not step.key and (at := step.retry_at) and at > m.now]
    return Decision(work=plans) if plans else Decision(wake_at=min(tries)) if tries else None


def _openings(m: Moment, nodes: list[Node]) -> Iterator[Event]:
    """Yield what stands in the groups of which it can be said already."""
    for node in nodes:
        if not node.groups or m.seen(node).status != "pending":
            continue
        try:
            if is_known(m, node) and is_wanted(m, node):
                yield opening(m, node)
        except (BadExpression, Invalid):
            continue  # said when the step's turn comes


def _plans(m: Moment, nodes: list[Node]) -> Iterator[PlanStep]:
    """Yield the plans that can be made now: steps whose inputs do not wait for another step's output."""
    for node in nodes:
        seen = m.seen(node)
        again = seen.status == "retrying" and seen.retry_at is not None and seen.retry_at <= m.now
        if node.groups or node.step.uses is None or node.address in m.busy:
            continue
        if not (seen.status == "pending" or (again and not seen.key)):
            continue
        try:
            if is_known(m, node) and is_wanted(m, node):
                yield plan(m, node)
        except BadExpression:
            continue  # said when the step's turn comes


def _by_deadline(m: Moment, decision: Decision) -> Decision:
    """Return the decision, looking again no later than when the run has taken too long."""
    limit = endings.deadline(m)
    if decision.events or decision.work or limit <= m.now:
        return decision
    return replace(decision, wake_at=min(decision.wake_at or limit, limit))


def _success(m: Moment) -> Ending:
    count = len(m.program.runbook.steps)
    done = sum(m.state.step(step.id).status == "succeeded" for step in m.program.runbook.steps)
    words = f"{done} of {count} steps done, the rest skipped or allowed to fail"
    return Ending("succeeded", "every step done and verified" if done == count else words)


def _end(m: Moment, ending: Ending) -> Decision:
    """Return what comes before the end: what has begun, what is undone, handled and finally done."""
    if m.busy:
        return Decision()
    begun = endings.begun(m, ending) if m.state.ending is None else []
    if begun:
        return together(leaf(m, node) for node in begun)
    last = _last(m, ending)
    if m.state.ending is None and last is not None and not _is_parked(last):
        pinned = steering.RunEnding(status=ending.status, why=ending.why, compensate=ending.compensate)
        return Decision(events=(pinned,))
    return last or _finished(m, ending)


def _is_parked(decision: Decision) -> bool:
    return any(isinstance(event, events.RunFinished) for event in decision.events)


def _last(m: Moment, ending: Ending) -> Decision | None:
    """Return what is to be undone, handled and finally done, in this order; None: nothing is."""
    following = _undo(m) if ending.compensate else None
    if following is not None:
        return following
    if m.state.undo_failures and ending.compensate:
        told = "; ".join(f"{address}: {mend}" for address, mend in m.state.undo_failures.items())
        return _finish("needs_attention", told)
    for nodes in _handlers(m, ending):
        if not are_through(m, nodes):
            following = in_a_row(m, nodes, leaf)
        if following is not None:
            return following
    return None


def _undo(m: Moment) -> Decision | None:
    node = endings.to_undo(m)
    if node is None:
        return None
    own = tree.undo_steps(node)
    return _undo_by_steps(m, node, own) if own else Decision(work=(UndoStep(step=node.address),))


def _undo_by_steps(m: Moment, node: Node, own: list[Node]) -> Decision:
    """Return what follows for a step that is undone by further steps."""
    if m.seen(node).status != "undoing":
        return Decision(events=(events.UndoStarted(step=node.address),))
    following = in_a_row(m, own, leaf)
    if following is not None:
        return following
    failed = [one for one in own if m.seen(one).status == "failed" and one.step.failing != "continue"]
    if not failed:
        return Decision(events=(events.StepUndone(step=node.address),))
    error = f"{failed[0].address} failed: {m.seen(failed[0]).error}"
    mend = f"{node.step.title}: undo it by hand; {error}"
    return Decision(events=(events.UndoFailed(step=node.address, error=error, mend=mend),))


def _handlers(m: Moment, ending: Ending) -> Iterator[list[Node]]:
    """Yield the steps that are run last, the innermost runbook's first: of the ending, then ``finally``."""
    if ending.status == "succeeded":
        yield roots(m.root, m.program.runbook.finally_)
        return
    for frame in reversed(list(m.frames())):
        if frame.entered and m.state.step(frame.entered).status in DONE:
            continue  # it came to its own end
        runbook = frame.program.runbook
        yield roots(frame, runbook.on_failure.steps if ending.status == "failed" else runbook.on_cancel.steps)
        yield roots(frame, runbook.finally_)


def _finished(m: Moment, ending: Ending) -> Decision:
    if ending.status != "succeeded":
        return _finish(endings.outcome(ending, m.state), _told(m, ending, endings.summary(ending, m.state)))
    try:
        outputs = scope.rendered_map(m.root, m.state, m.program.runbook.outputs)
    except BadExpression as error:
        return _finish("failed", f"every step succeeded, but the outputs cannot be computed: {error}")
    done = events.RunFinished(status="succeeded", summary=_told(m, ending, ending.why), outputs=outputs)
    return Decision(events=(done,))


def _told(m: Moment, ending: Ending, summary: str) -> str:
    """Return the summary, with what failed on the way out."""
    failed = [
        f"{node.address} failed: {m.seen(node).error}"
        for nodes in _handlers(m, ending)
        for node in nodes
        if m.seen(node).status == "failed"
    ]
    return "; ".join([summary, *failed])


def _finish(status: endings.Status, summary: str) -> Decision:
    return Decision(events=(events.RunFinished(status=status, summary=summary),))
