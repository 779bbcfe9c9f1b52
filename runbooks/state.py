"""A run, folded from its events. Pure: the same events give the same state, anywhere and at any time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from pydantic import JsonValue

from tocsin.errors import ErrorClass
from tocsin.events import Actor, Event
from tocsin.events import run as events
from tocsin.log import Entry

StepStatus = Literal[
    "pending",
    "planned",
    "awaiting_approval",
    "approved",
    "running",
    "retrying",
    "waiting",
    "verifying",
    "succeeded",
    "skipped",
    "failed",
    "unknown",
    "undoing",
    "undone",
]
DONE: frozenset[StepStatus] = frozenset({"succeeded", "skipped", "failed", "undone"})
"""A step in one of these is behind us."""


@dataclass(frozen=True)
class Watch:
    """How one check of ``verify`` has gone so far."""

    began: datetime
    """When it was looked at first; its deadline counts from here."""
    last: datetime
    passes: int = 0
    """In a row, up to the last look."""
    since: datetime | None = None
    """First look of the row."""
    state: Literal["ok", "waiting", "failed", "inconclusive"] = "waiting"
    reason: str = ""


@dataclass(frozen=True)
class StepState:
    """One step, as far as it has come."""

    status: StepStatus = "pending"
    want: Mapping[str, JsonValue] = field(default_factory=dict)
    plan: Mapping[str, JsonValue] = field(default_factory=dict)
    digest: str = ""
    risk: str = ""
    resources: tuple[str, ...] = ()
    planned_at: datetime | None = None
    """None once the run took locks after it: somebody else may have changed what the plan saw."""
    request: events.ApprovalRequested | None = None
    asked_at: datetime | None = None
    approvals: tuple[Actor, ...] = ()
    attempt: int = 0
    key: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    probed: str = ""
    output: Mapping[str, JsonValue] = field(default_factory=dict)
    error: str = ""
    kind: ErrorClass | None = None
    retry_at: datetime | None = None
    watches: Mapping[int, Watch] = field(default_factory=dict)
    until: datetime | None = None
    reason: str = ""
    """Why it was skipped, or what its verification said."""

    @property
    def agreed(self) -> bool:
        """Say whether people were asked about this very plan, and enough of them said yes."""
        return self.request is not None and len(self.approvals) >= self.request.count


@dataclass(frozen=True)
class RunState:
    """A whole run."""

    id: str
    runbook: str
    revision: str
    inputs: Mapping[str, JsonValue]
    scope: Mapping[str, JsonValue]
    mode: str
    trigger: str
    requested_by: Actor
    requested_at: datetime
    incident_id: str | None
    actions: Mapping[str, int]
    version: int = 1
    """Version of the run's stream: what the next append expects."""
    steps: Mapping[str, StepState] = field(default_factory=dict)
    effects: tuple[str, ...] = ()
    """Steps whose effect may have happened, in order: what there is to undo."""
    held: frozenset[str] = frozenset()
    awaited: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """Steps that failed for good, in order; those that may fail are among them."""
    cancel: events.CancelRequested | None = None
    rejected: str = ""
    expired: str | None = None
    """The step whose approval nobody gave."""
    undo_failures: Mapping[str, str] = field(default_factory=dict)
    """Steps that could not be undone, each with what a person has to do."""
    status: str = "requested"
    summary: str = ""
    finished_at: datetime | None = None
    outputs: Mapping[str, JsonValue] = field(default_factory=dict)
    parked: float = 0.0
    """Seconds spent awaiting approval; the run's timeout does not count them."""

    def step(self, step_id: str) -> StepState:
        """Return the step's state; ``pending`` when nothing has happened to it."""
        return self.steps.get(step_id, _PENDING)

    @property
    def over(self) -> bool:
        """Say whether the run has ended; one that needs attention has not."""
        return self.finished_at is not None


_PENDING = StepState()


def fold(entries: Iterable[Entry]) -> RunState:
    """Return the run that these entries of its stream make, oldest first. The first is RunRequested."""
    state: RunState | None = None
    for entry in entries:
        state = _begin(entry) if state is None else apply(state, entry)
    if state is None:
        raise ValueError("a run's stream has no events")
    return state


def _begin(entry: Entry) -> RunState:
    event = entry.event
    if not isinstance(event, events.RunRequested):
        raise TypeError(f"a run begins with run_requested, not with {event.type}")
    return begin(entry.run_id or "", event, entry.actor, entry.occurred_at, entry.incident_id)


def begin(
    run_id: str, event: events.RunRequested, actor: Actor, at: datetime, incident_id: str | None
) -> RunState:
    """Return the run that RunRequested begins."""
    said = {name: getattr(event, name) for name in _REQUESTED}
    return RunState(id=run_id, requested_by=actor, requested_at=at, incident_id=incident_id, **said)


_REQUESTED = ("runbook", "revision", "inputs", "scope", "mode", "trigger", "actions")


def apply(state: RunState, entry: Entry) -> RunState:
    """Return the run after one more entry."""
    return replace(witness(state, entry.event, entry.actor, entry.occurred_at), version=entry.version)


def witness(state: RunState, event: Event, actor: Actor, at: datetime) -> RunState:
    """Return the run after an event, whether it stands in the log or is only imagined."""
    state = replace(state, status=status_after(event) or state.status)
    if isinstance(event, _STEP_EVENTS):
        state = _with_step(state, event.step, _step(state.step(event.step), event, actor, at), at)
    match event:
        case events.StepStarted(step=step) if step not in state.effects:
            return replace(state, effects=(*state.effects, step))
        case events.StepFailed(step=step, retry_at=None) | events.VerificationFailed(step=step):
            return replace(state, failures=(*state.failures, step))
        case events.ApprovalRejected(step=step, reason=reason):
            return replace(state, rejected=f"{actor} rejected {step}: {reason}")
        case events.UndoFailed(step=step, mend=mend):
            return replace(state, undo_failures={**state.undo_failures, step: mend})
        case events.ApprovalExpired(step=step):
            return replace(state, expired=step)
        case events.LocksAwaited(resources=resources, holders=holders):
            return replace(state, awaited=resources, holders=holders)
        case events.LocksTaken(resources=resources):
            steps = {name: replace(step, planned_at=None) for name, step in state.steps.items()}
            held = state.held | set(resources)
            return replace(state, steps=steps, held=held, awaited=(), holders=())
        case events.ChannelKnown(channel=channel):
            incident = state.scope.get("incident")
            known = {**incident, "channel": channel} if isinstance(incident, dict) else incident
            return replace(state, scope={**state.scope, "incident": known})
        case events.CancelRequested(compensate=compensate):
            failures = {} if compensate else state.undo_failures  # compensate: try those once more
            return replace(state, cancel=event, undo_failures=failures)
        case events.RunFinished(status=status, summary=summary, outputs=outputs):
            over = None if status == "needs_attention" else at
            return replace(state, summary=summary, outputs=outputs, finished_at=over)
        case _:
            return state


_STEP_EVENTS = (
    events.StepSkipped,
    events.StepPlanned,
    events.ApprovalRequested,
    events.ApprovalGiven,
    events.ApprovalRejected,
    events.ApprovalExpired,
    events.StepStarted,
    events.StepProbed,
    events.StepSucceeded,
    events.StepFailed,
    events.StepChecked,
    events.StepVerified,
    events.VerificationFailed,
    events.WaitStarted,
    events.WaitEnded,
    events.StepAsserted,
    events.UndoStarted,
    events.StepUndone,
    events.UndoFailed,
    events.UnknownResolved,
)
_STATUS_AFTER: Mapping[type[Event], str] = {
    events.StepPlanned: "planning",
    events.ApprovalRequested: "awaiting_approval",
    events.WaitStarted: "waiting",
    events.LocksAwaited: "waiting",
    **dict.fromkeys(
        (
            events.LocksTaken,
            events.ApprovalRejected,
            events.ApprovalExpired,
            events.StepSkipped,
            events.StepStarted,
            events.StepAsserted,
            events.WaitEnded,
            events.UndoStarted,
            events.CancelRequested,
            events.UnknownResolved,
        ),
        "running",
    ),
}


def status_after(event: Event) -> str | None:
    """Return the run's status after an event; None: as it was before."""
    return event.status if isinstance(event, events.RunFinished) else _STATUS_AFTER.get(type(event))


def _with_step(state: RunState, step_id: str, after: StepState, at: datetime) -> RunState:
    """Return the run with a step moved on; a decision ends the time that its timeout does not count."""
    before = state.step(step_id)
    state = replace(state, steps={**state.steps, step_id: after})
    if before.asked_at is None or before.status != "awaiting_approval" or after.status == before.status:
        return state
    return replace(state, parked=state.parked + (at - before.asked_at).total_seconds())


def _step(before: StepState, event: Any, actor: Actor, at: datetime) -> StepState:
    match event:
        case events.StepPlanned():
            return _planned(before, event, at)
        case events.ApprovalRequested():
            return replace(before, status="awaiting_approval", request=event, asked_at=at, approvals=())
        case events.ApprovalGiven():
            given = replace(before, approvals=(*before.approvals, actor))
            return replace(given, status=_standing(given))
        case events.StepStarted(attempt=attempt, key=key):
            begun = before.started_at or at
            return replace(before, status="running", attempt=attempt, key=key, started_at=begun, probed="")
        case events.StepProbed(found=found):
            return replace(before, probed=found, status="unknown" if found == "unknown" else before.status)
        case events.UnknownResolved(happened=happened):
            return replace(before, probed="done" if happened else "not_done", status="running")
        case events.StepFailed():
            status: StepStatus = "failed" if event.retry_at is None else "retrying"
            said = {name: getattr(event, name) for name in ("attempt", "error", "kind", "retry_at")}
            return replace(before, status=status, ended_at=at, **said)
        case events.StepChecked(check=check):
            seen = _watched(before.watches.get(check), event, at)
            return replace(before, watches={**before.watches, check: seen})
        case _:
            return replace(before, ended_at=at, **_said(event))


def _planned(before: StepState, event: events.StepPlanned, at: datetime) -> StepState:
    """Return the step with a plan; a plan that says something else voids what was approved."""
    planned = {name: getattr(event, name) for name in ("want", "plan", "digest", "risk", "resources")}
    if before.digest == event.digest:
        return replace(before, status=_standing(before), planned_at=at, **planned)
    return replace(before, status="planned", planned_at=at, request=None, approvals=(), **planned)


def _standing(seen: StepState) -> StepStatus:
    """Return how far the step is with the people who have to agree to its plan."""
    if seen.request is None:
        return "planned"
    return "approved" if seen.agreed else "awaiting_approval"


def _said(event: Any) -> dict[str, Any]:
    """Return what an event that says it all changes of its step."""
    match event:
        case events.StepSkipped(reason=reason):
            return {"status": "skipped", "reason": reason}
        case events.ApprovalRejected(reason=reason):
            return {"status": "skipped", "reason": f"rejected: {reason}"}
        case events.ApprovalExpired():
            return {"status": "skipped", "reason": "nobody decided in time"}
        case events.StepSucceeded(output=output):
            return {"status": "verifying", "output": output, "retry_at": None}
        case events.VerificationFailed(reason=reason):
            return {"status": "failed", "error": reason, "kind": None}
        case events.WaitStarted(until=until):
            return {"status": "waiting", "until": until}
        case events.UndoStarted():
            return {"status": "undoing"}
        case events.StepUndone():
            return {"status": "undone"}
        case events.UndoFailed(error=error):
            return {"status": "failed", "error": error}
        case _:  # StepVerified, WaitEnded, StepAsserted
            return {"status": "succeeded"}


def _watched(before: Watch | None, event: events.StepChecked, at: datetime) -> Watch:
    began = before.began if before else at
    if event.state != "ok":
        return Watch(began=began, last=at, state=event.state, reason=event.reason)
    passes = before.passes + 1 if before else 1
    since = before.since if before and before.since else at
    return Watch(began=began, last=at, passes=passes, since=since, state="ok", reason=event.reason)
