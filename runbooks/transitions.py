"""Which event may follow on which state of a step: everything else is a mistake of ours. Pure."""

from collections.abc import Mapping

from tocsin.errors import IllegalTransition
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.state import RunState, StepStatus

_AT_WORK: frozenset[StepStatus] = frozenset({"running", "retrying"})
_READY: frozenset[StepStatus] = frozenset({"planned", "approved"})
_FRESH: frozenset[StepStatus] = frozenset({"pending"})
_ASKED: frozenset[StepStatus] = frozenset({"awaiting_approval"})
_WAITING: frozenset[StepStatus] = frozenset({"waiting"})
_VERIFYING: frozenset[StepStatus] = frozenset({"verifying"})

LEGAL: Mapping[type[Event], frozenset[StepStatus]] = {
    events.StepSkipped: _FRESH | _READY,
    events.StepPlanned: _FRESH | _READY | _ASKED | {"retrying"},
    events.ApprovalRequested: _FRESH | {"planned"},
    events.ApprovalGiven: _ASKED,
    events.ApprovalRejected: _ASKED,
    events.ApprovalExpired: _ASKED,
    events.StepStarted: _READY | _AT_WORK,
    events.StepProbed: _AT_WORK,
    events.StepSucceeded: _AT_WORK,
    events.StepFailed: _FRESH | _READY | _ASKED | _AT_WORK | _WAITING | _VERIFYING,
    events.StepChecked: _VERIFYING,
    events.StepVerified: _VERIFYING,
    events.VerificationFailed: _VERIFYING,
    steering.VerificationUnclear: _VERIFYING,
    events.WaitStarted: _FRESH,
    events.WaitEnded: _WAITING,
    events.StepAsserted: _FRESH,
    events.UndoStarted: _AT_WORK | _VERIFYING | {"succeeded", "failed", "undoing", "unknown"},
    events.StepUndone: frozenset({"undoing"}),
    events.UndoFailed: frozenset({"undoing"}),
    events.UnknownResolved: frozenset({"unknown"}),
    steering.GroupOpened: _FRESH,
    steering.GroupClosed: _READY,
    steering.ValuesSet: _FRESH,
    steering.GatePassed: frozenset({"approved"}),
    steering.StepTold: frozenset({"succeeded"}),
    steering.ManualRequested: _FRESH,
    steering.ManualCompleted: _WAITING,
    steering.ManualRefused: _WAITING,
    steering.GuardChecked: _READY | _AT_WORK,
    steering.FreezeHeld: _READY,
    steering.UndoResolved: frozenset({"failed"}),
}
"""From which states of its step an event may happen. Those of no step may happen until the run is over."""


def check(state: RunState, event: Event) -> None:
    """Raise IllegalTransition when the event may not happen to the run as it stands."""
    if state.over:
        raise IllegalTransition(f"{_name(event)} after the run's end")
    allowed = LEGAL.get(type(event))
    if allowed is None:
        return
    address: str = getattr(event, "step", "")
    status = state.step(address).status
    if status not in allowed:
        raise IllegalTransition(f"{_name(event)} of step {address}, which is {status}")


def _name(event: Event) -> str:
    name: str = event.type  # type: ignore[attr-defined]  # every member of the union has one
    return name
