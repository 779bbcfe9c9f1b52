"""A run, folded from its events. Pure: the same events give the same state, anywhere and at any time."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tocsin.events import Actor, Event, steering
from tocsin.events import run as events
from tocsin.log import Entry
from tocsin.runbooks.state import RunState, StepState, StepStatus, Watch, Yes, moved


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
    run = begin(entry.run_id or "", event, entry.actor, entry.occurred_at, entry.incident_id)
    return moved(run, head=entry.hash)


def begin(
    run_id: str, event: events.RunRequested, actor: Actor, at: datetime, incident_id: str | None
) -> RunState:
    """Return the run that RunRequested begins."""
    said = {name: getattr(event, name) for name in _REQUESTED}
    kept = {name: StepState(status="succeeded", output=output) for name, output in event.keep.items()}
    glass_by = actor if event.break_glass else None
    about: dict[str, Any] = {"steps": kept, "glass": event.break_glass, "glass_by": glass_by, **said}
    return RunState(id=run_id, requested_by=actor, requested_at=at, incident_id=incident_id, **about)


_REQUESTED = (
    *("runbook", "revision", "inputs", "scope", "mode", "trigger", "actions", "subs"),
    *("lowered", "rerun_of", "closure"),
)


def apply(state: RunState, entry: Entry) -> RunState:
    """Return the run after one more entry."""
    after = witness(state, entry.event, entry.actor, entry.occurred_at)
    return moved(after, version=entry.version, head=entry.hash)


def witness(state: RunState, event: Event, actor: Actor, at: datetime) -> RunState:
    """Return the run after an event, whether it stands in the log or is only imagined."""
    state = moved(state, status=status_after(event) or state.status)
    if isinstance(event, STEP_EVENTS):
        state = _with_step(state, event.step, _step(state.step(event.step), event, actor, at), at)
        state = _with_groups(state, event)
    match event:
        case events.StepStarted(step=step) if step not in state.effects:
            return moved(state, effects=(*state.effects, step))
        case events.StepFailed(step=step, retry_at=None) | events.VerificationFailed(step=step):
            return moved(state, failures=(*state.failures, step))
        case steering.ManualRefused(step=step):
            return moved(state, failures=(*state.failures, step))
        case events.UnknownResolved(step=step) if state.step(step).status == "failed":
            return moved(state, failures=(*state.failures, step))
        case events.UndoFailed(step=step, mend=mend):
            return moved(state, undo_failures={**state.undo_failures, step: mend})
        case steering.UndoResolved(step=step):
            left = {name: mend for name, mend in state.undo_failures.items() if name != step}
            return moved(state, undo_failures=left)
        case _:
            return moved(state, **_of_run(state, event, actor, at))


def _of_run(state: RunState, event: Event, actor: Actor, at: datetime) -> dict[str, Any]:
    """Return what an event changes of the run itself."""
    match event:
        case events.ApprovalRejected(step=step, reason=reason):
            return {"rejected": f"{actor} rejected {step}: {reason}"}
        case events.ApprovalExpired(step=step):
            return {"expired": step}
        case events.LocksAwaited(resources=resources, holders=holders):
            return {"awaited": resources, "holders": holders}
        case events.LocksTaken(resources=resources):
            steps = {name: moved(step, planned_at=None) for name, step in state.steps.items()}
            held = state.held | set(resources)
            return {"steps": steps, "held": held, "awaited": (), "holders": ()}
        case events.ChannelKnown(channel=channel):
            incident = state.scope.get("incident")
            known = {**incident, "channel": channel} if isinstance(incident, dict) else incident
            return {"scope": {**state.scope, "incident": known}}
        case events.CancelRequested(compensate=compensate):
            failures = {} if compensate else state.undo_failures  # compensate: try those once more
            return {"cancel": event, "undo_failures": failures}
        case steering.GuardChecked(holds=False, reason=reason):
            return {"stopped": reason}
        case steering.GlassBroken(reason=reason):
            return {"glass": reason, "glass_by": actor}
        case steering.RunPaused(reason=reason):
            return {"paused": state.paused or at, "paused_by": actor, "paused_why": reason}
        case steering.RunResumed():
            slept = (at - state.paused).total_seconds() if state.paused else 0.0
            return {"paused": None, "parked": state.parked + slept}
        case steering.RunEnding():
            blamed = state.failures[-1] if state.failures else ""
            return {"ending": event, "ending_at": at, "blamed": blamed, "reach": len(state.effects)}
        case events.RunFinished(status=status, summary=summary, outputs=outputs):
            over = None if status == "needs_attention" else at
            return {"summary": summary, "outputs": outputs, "finished_at": over}
        case _:
            return {}


STEP_EVENTS = (
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
    steering.GroupOpened,
    steering.GroupClosed,
    steering.ValuesSet,
    steering.GatePassed,
    steering.StepTold,
    steering.ManualRequested,
    steering.ManualCompleted,
    steering.ManualRefused,
    steering.GuardChecked,
    steering.FreezeHeld,
    steering.VerificationUnclear,
    steering.UndoResolved,
)
"""What happens to one step."""
_STATUS_AFTER: Mapping[type[Event], str] = {
    events.StepPlanned: "planning",
    events.ApprovalRequested: "awaiting_approval",
    **dict.fromkeys(
        (
            events.WaitStarted,
            events.LocksAwaited,
            steering.ManualRequested,
            steering.FreezeHeld,
            steering.RunPaused,
        ),
        "waiting",
    ),
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
            steering.ValuesSet,
            steering.GatePassed,
            steering.ManualCompleted,
            steering.ManualRefused,
            steering.GlassBroken,
            steering.UndoResolved,
            steering.RunResumed,
            steering.RunEnding,
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
    state = moved(state, steps={**state.steps, step_id: after})
    waited = before.status in {"awaiting_approval", "unknown"} or before.manual is not None
    if before.asked_at is None or not waited or after.status == before.status:
        return state
    return moved(state, parked=state.parked + (at - before.asked_at).total_seconds())


def _with_groups(state: RunState, event: Event) -> RunState:
    """Return the run after a plan inside of groups: one that people were not shown voids what they said."""
    if not isinstance(event, events.StepPlanned):
        return state
    steps, around = dict(state.steps), event.step
    while (around := holder(around)) != "":
        group = steps.get(around)
        if group is not None and group.request and group.request.plans.get(event.step) != event.digest:
            steps[around] = moved(group, status="planned", request=None, approvals=())
    return moved(state, steps=steps)


def holder(address: str) -> str:
    """Return the address of the ``foreach`` or sub-runbook step that a step is inside of; empty: of none."""
    if address.endswith("]"):
        return address.rpartition("[")[0]
    return address.rpartition("/")[0]


def _step(before: StepState, event: Any, actor: Actor, at: datetime) -> StepState:
    match event:
        case events.StepPlanned():
            return _planned(before, event, at)
        case events.ApprovalRequested():
            return moved(before, status="awaiting_approval", request=event, asked_at=at, approvals=())
        case events.ApprovalGiven(counts_as=counts_as):
            given = moved(before, approvals=(*before.approvals, Yes(actor, frozenset(counts_as))))
            return moved(given, status=_standing(given))
        case events.StepStarted(attempt=attempt, key=key):
            begun = before.started_at or at
            return moved(before, status="running", attempt=attempt, key=key, started_at=begun, probed="")
        case events.StepProbed(found="unknown", reason=reason):
            return moved(before, probed="unknown", status="unknown", asked_at=at, reason=reason)
        case events.StepProbed(found=found):
            return moved(before, probed=found)
        case events.UnknownResolved(happened=happened):
            return _resolved(before, happened, actor, at)
        case events.StepFailed():
            status: StepStatus = "failed" if event.retry_at is None else "retrying"
            said = {name: getattr(event, name) for name in ("attempt", "error", "kind", "retry_at")}
            return moved(before, status=status, ended_at=at, **said)
        case events.StepChecked(check=check):
            seen = _watched(before.watches.get(check), event, at)
            return moved(before, watches={**before.watches, check: seen})
        case steering.GroupOpened(items=items, inputs=inputs):
            group = moved(before, status="planned", opened=True, started_at=at, repeats=items is not None)
            return moved(group, items=items or (), want=inputs or {})
        case steering.ManualRequested():
            return moved(before, status="waiting", manual=event, started_at=at, asked_at=at)
        case steering.ManualCompleted(output=output):
            done = moved(before, status="succeeded", ended_at=at, output=output)
            return moved(done, reason=f"done by {actor}")
        case steering.ManualRefused(reason=reason):
            return moved(before, status="failed", ended_at=at, error=reason, reason=f"refused by {actor}")
        case steering.GuardChecked(holds=holds):
            return moved(before, guarded_at=at if holds else None)
        case steering.FreezeHeld(until=until, calendar=calendar, why=why):
            return moved(before, frozen_until=until, frozen_by=calendar, frozen_why=why)
        case steering.StepTold():
            return moved(before, told=True)
        case steering.VerificationUnclear(reason=reason):
            return moved(before, status="unknown", unclear=True, reason=reason, ended_at=at, asked_at=at)
        case _:
            return moved(before, ended_at=at, **_said(event))


def _planned(before: StepState, event: events.StepPlanned, at: datetime) -> StepState:
    """Return the step with a plan; a plan that says something else voids what was approved."""
    planned = {name: getattr(event, name) for name in ("want", "plan", "digest", "risk", "resources")}
    if before.digest == event.digest:
        return moved(before, status=_standing(before), planned_at=at, **planned)
    return moved(before, status="planned", planned_at=at, request=None, approvals=(), **planned)


def _standing(seen: StepState) -> StepStatus:
    """Return how far the step is with the people who have to agree to its plan."""
    if seen.request is None:
        return "planned"
    return "approved" if seen.agreed else "awaiting_approval"


def _resolved(before: StepState, happened: bool, actor: Actor, at: datetime) -> StepState:
    """Return the step after a person said what nobody could see."""
    if not before.unclear:
        return moved(before, probed="done" if happened else "not_done", status="running", reason="")
    if happened:
        return moved(before, status="succeeded", ended_at=at, reason=f"{actor} looked: it holds")
    return moved(before, status="failed", ended_at=at, error=f"{actor} looked: it does not hold")


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
        case steering.GroupClosed(output=output) | steering.ValuesSet(output=output):
            return {"status": "succeeded", "output": output}
        case steering.UndoResolved(undone=undone):
            return {"status": "undone" if undone else "failed"}
        case _:  # StepVerified, WaitEnded, StepAsserted, GatePassed
            return {"status": "succeeded"}


def _watched(before: Watch | None, event: events.StepChecked, at: datetime) -> Watch:
    began = before.began if before else at
    if event.state != "ok":
        return Watch(began=began, last=at, state=event.state, reason=event.reason)
    passes = before.passes + 1 if before else 1
    since = before.since if before and before.since else at
    return Watch(began=began, last=at, passes=passes, since=since, state="ok", reason=event.reason)
