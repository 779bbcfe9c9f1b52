"""Whether a step's effect is what was wanted: looks at the world, repeated until they agree. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.model import Look
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import Watch
from tocsin.runbooks.tree import Node
from tocsin.runbooks.work import CheckStep, Decision


def checks_of(m: Moment, node: Node) -> tuple[Look, ...]:
    """Return the step's checks: its assertions, then the runbook's, the action's own, or none for a read."""
    step = node.step
    asserted = tuple(Look(assert_=expression, deadline=timedelta(0)) for expression in step.assert_)
    if step.verify is not None:
        return (*asserted, *step.verify)
    if m.seen(node).risk == Risk.READ:
        return asserted
    return (*asserted, Look(interval=timedelta(seconds=2), deadline=m.facts(node).settle))


def verify(m: Moment, node: Node) -> Decision:
    """Return the next looks, or the step's verdict."""
    checks, watches = checks_of(m, node), m.seen(node).watches
    for index, check in enumerate(checks):
        refused = _refusal(node, check, watches.get(index))
        if refused is not None:
            return Decision(events=(refused,))
    pending = [index for index, check in enumerate(checks) if not _holds(check, watches.get(index))]
    if not pending:
        return Decision(events=(events.StepVerified(step=node.address),))
    due = {index: _due(checks[index], watches.get(index), m.now) for index in pending}
    looks = tuple(
        CheckStep(step=node.address, check=index, want=_want(m, node, checks[index]))
        for index, at in due.items()
        if at <= m.now
    )
    return Decision(work=looks) if looks else Decision(wake_at=min(due.values()))


def _refusal(node: Node, check: Look, watch: Watch | None) -> Event | None:
    """Return what follows when the check can hold no more. Only looks count, not time without a look."""
    if watch is None or _holds(check, watch):
        return None
    if watch.state == "failed":
        return events.VerificationFailed(step=node.address, reason=watch.reason)
    if watch.last < _last_look(check, watch):
        return None
    seconds = int(check.deadline.total_seconds())
    reason = f"not within {seconds} s: {watch.reason}" if seconds else watch.reason
    if watch.state == "inconclusive" and check.on_inconclusive == "ask":
        return steering.VerificationUnclear(step=node.address, reason=reason)
    return events.VerificationFailed(step=node.address, reason=reason)


def _holds(check: Look, watch: Watch | None) -> bool:
    if watch is None or watch.since is None:
        return False
    return watch.passes >= check.consecutive and watch.last - watch.since >= check.for_


def _due(check: Look, watch: Watch | None, now: datetime) -> datetime:
    return now if watch is None else min(watch.last + check.interval, _last_look(check, watch))


def _last_look(check: Look, watch: Watch) -> datetime:
    return watch.began + check.deadline + check.for_


def _want(m: Moment, node: Node, check: Look) -> Mapping[str, JsonValue] | None:
    if check.uses is None:
        return None
    return m.rendered(node, check.with_, value=dict(m.seen(node).output))
