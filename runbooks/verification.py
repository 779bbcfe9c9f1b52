"""Whether a step's effect is what was wanted: looks at the world, repeated until they agree. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.actions.base import Risk
from tocsin.events import run as events
from tocsin.runbooks import expressions
from tocsin.runbooks.model import Look, Step
from tocsin.runbooks.scope import scope_of
from tocsin.runbooks.state import RunState, Watch
from tocsin.runbooks.work import CheckStep, Decision, Program


def checks_of(program: Program, state: RunState, step: Step) -> tuple[Look, ...]:
    """Return the step's checks: the runbook's, or the action's own verification, or none for a read."""
    if step.verify is not None:
        return step.verify
    if state.step(step.id).risk == Risk.READ:
        return ()
    return (Look(interval=timedelta(seconds=2), deadline=program.facts[step.uses or ""].settle),)


def verify(program: Program, state: RunState, step: Step, now: datetime) -> Decision:
    """Return the next looks, or the step's verdict."""
    checks, watches = checks_of(program, state, step), state.step(step.id).watches
    for index, check in enumerate(checks):
        reason = _refusal(check, watches.get(index))
        if reason is not None:
            return Decision(events=(events.VerificationFailed(step=step.id, reason=reason),))
    pending = [index for index, check in enumerate(checks) if not _holds(check, watches.get(index))]
    if not pending:
        return Decision(events=(events.StepVerified(step=step.id),))
    due = {index: _due(checks[index], watches.get(index), now) for index in pending}
    looks = tuple(
        CheckStep(step=step.id, check=index, want=_want(program, state, step, checks[index]))
        for index, at in due.items()
        if at <= now
    )
    return Decision(work=looks) if looks else Decision(wake_at=min(due.values()))


def _holds(check: Look, watch: Watch | None) -> bool:
    if watch is None or watch.since is None:
        return False
    return watch.passes >= check.consecutive and watch.last - watch.since >= check.for_


def _refusal(check: Look, watch: Watch | None) -> str | None:
    """Return why the check can hold no more, or None. Only looks count, not time in which nobody looked."""
    if watch is None or _holds(check, watch):
        return None
    if watch.state == "failed":
        return watch.reason
    if watch.last >= _last_look(check, watch):
        return f"not within {int(check.deadline.total_seconds())} s: {watch.reason}"
    return None


def _due(check: Look, watch: Watch | None, now: datetime) -> datetime:
    return now if watch is None else min(watch.last + check.interval, _last_look(check, watch))


def _last_look(check: Look, watch: Watch) -> datetime:
    return watch.began + check.deadline + check.for_


def _want(program: Program, state: RunState, step: Step, check: Look) -> Mapping[str, JsonValue] | None:
    if check.uses is None:
        return None
    scope = {**scope_of(program.runbook, state), "value": dict(state.step(step.id).output)}
    want = expressions.render(dict(check.with_), scope)
    assert isinstance(want, dict)  # noqa: S101  # a mapping renders to a mapping
    return want
