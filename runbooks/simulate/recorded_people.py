"""What people did in a run that really was, from its log. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from pydantic import JsonValue

from tocsin.events import Actor, Event, steering
from tocsin.events import run as events
from tocsin.runbooks.simulate.answers import written
from tocsin.runbooks.simulate.model import SYSTEM_NAME
from tocsin.runbooks.simulate.recorded_world import Part
from tocsin.runbooks.state import RunState, StepState, StepStatus

_AT_WORK: frozenset[StepStatus] = frozenset({"running", "retrying", "verifying", "waiting"})
_BEGINNINGS = (events.StepStarted, events.WaitStarted, steering.ManualRequested)


@dataclass
class RecordedPeople:
    """Goes along a run's log; afterwards it has ``people`` of the case and the ``cast`` of the file."""

    acts: list[JsonValue] = field(default_factory=list)
    cast: dict[str, JsonValue] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._began: dict[str, datetime] = {}
        self._touched: dict[str, datetime] = {}

    def take(self, event: Event, actor: Actor, at: datetime, state: RunState) -> None:
        """Keep what somebody did; ``state`` is the run before it."""
        act = self._of_step(event, at, state) or self._of_run(event, at, state)
        if act is not None:
            self.acts.append({**act, "by": name_of(actor)} if actor.kind != "system" else act)
        if isinstance(event, events.ApprovalGiven):
            self.cast[name_of(actor)] = [*(event.counts_as or ("role:admin",)), "role:responder"]
        step: str = getattr(event, "step", "")
        self._touched[step] = at
        if isinstance(event, _BEGINNINGS):
            self._began.setdefault(step, at)

    def _of_step(self, event: Event, at: datetime, state: RunState) -> Part | None:
        seen: StepState = state.step(getattr(event, "step", ""))
        asked = _after(at, seen.asked_at)
        match event:
            case events.ApprovalGiven(step=step, comment=comment):
                typed = seen.request.confirm if seen.request else None
                return {"approve": step, **asked, **_given(reason=comment, confirm=typed)}
            case events.ApprovalRejected(step=step, reason=reason):
                return {"reject": step, **asked, "reason": reason}
            case steering.ManualCompleted(step=step, output=output):
                return {"complete": step, **asked, **_given(fields=dict(output))}
            case steering.ManualRefused(step=step, reason=reason):
                return {"refuse": step, **asked, "reason": reason}
            case events.UnknownResolved(step=step, happened=happened):
                return {"resolve": step, **_after(at, self._touched.get(step)), "happened": happened}
            case steering.UndoResolved(step=step, undone=undone):
                return {"mend": step, **_after(at, self._touched.get(step)), "undone": undone}
        return None

    def _of_run(self, event: Event, at: datetime, state: RunState) -> Part | None:
        since = self._since(at, state)
        match event:
            case events.CancelRequested(compensate=compensate, reason=reason):
                return {"cancel": "compensate" if compensate else "leave", **since, **_given(reason=reason)}
            case steering.RunPaused(reason=reason):
                return {"pause": True, **since, **_given(reason=reason)}
            case steering.RunResumed():
                return {"resume": True, **since}
            case steering.GlassBroken(reason=reason):
                return {"break_glass": reason, **since}
            case events.ChannelKnown(channel=channel):
                return {"channel": channel, **since}
        return None

    def _since(self, at: datetime, state: RunState) -> Part:
        """Return when it was, counted from what was at work then, else from the run's beginning."""
        at_work = [step for step in self._began if state.step(step).status in _AT_WORK]
        if not at_work:
            return _after(at, state.requested_at)
        last = max(at_work, key=lambda step: self._began[step])
        return {"during": last, **_after(at, self._began[last])}


def name_of(actor: Actor) -> str:
    """Return what a test calls somebody."""
    return SYSTEM_NAME if actor.kind == "system" else str(actor)


def _after(at: datetime, since: datetime | None) -> Part:
    return {} if since is None else {"after": written(at - since)}


def _given(**parts: JsonValue) -> Part:
    """Return the parts that say something."""
    return {key: value for key, value in parts.items() if value}
