"""What steers a run: groups of steps, what people do in it, its guardrails, how it comes to its end."""

from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from tocsin.events.base import Event


class GroupOpened(Event):
    """A step that holds others knows what they are: the items of ``foreach``, the inputs of a sub-runbook."""

    type: Literal["group_opened"] = "group_opened"
    step: str
    items: tuple[JsonValue, ...] | None = None
    inputs: dict[str, JsonValue] | None = None


class GroupClosed(Event):
    """All that stands in the step is done."""

    type: Literal["group_closed"] = "group_closed"
    step: str
    output: dict[str, JsonValue] = {}


class ValuesSet(Event):
    """A ``set`` step computed its values."""

    type: Literal["values_set"] = "values_set"
    step: str
    output: dict[str, JsonValue]


class GatePassed(Event):
    """Enough people agreed at a step that only asks."""

    type: Literal["gate_passed"] = "gate_passed"
    step: str


class StepTold(Event):
    """What the runbook says of a step that succeeded, and how loudly."""

    type: Literal["step_told"] = "step_told"
    step: str
    level: Literal["hidden", "info", "major"] = "info"
    """hidden: the timeline leaves the step out. major: the channel is told, too."""
    summary: str = ""


class ManualRequested(Event):
    """A person is asked to do something."""

    type: Literal["manual_requested"] = "manual_requested"
    step: str
    assignee: str | None
    """Principal; None: every responder."""
    instructions: str
    checklist: tuple[str, ...] = ()
    expires_at: datetime


class ManualCompleted(Event):
    """A person did it, and filled in what was asked."""

    type: Literal["manual_completed"] = "manual_completed"
    step: str
    output: dict[str, JsonValue] = {}


class ManualRefused(Event):
    """A person says that it cannot be done."""

    type: Literal["manual_refused"] = "manual_refused"
    step: str
    reason: str


class GuardChecked(Event):
    """``stop_if`` was looked at before a change."""

    type: Literal["guard_checked"] = "guard_checked"
    step: str
    holds: bool
    reason: str


class FreezeHeld(Event):
    """A calendar forbids changes now; the run waits."""

    type: Literal["freeze_held"] = "freeze_held"
    step: str
    calendar: str
    until: datetime
    why: str = ""
    """As the calendar says it."""


class GlassBroken(Event):
    """A person lets the run go on in spite of a freeze. To be looked at afterwards."""

    type: Literal["glass_broken"] = "glass_broken"
    reason: str


class VerificationUnclear(Event):
    """Nothing could be seen until the deadline; a person has to say whether the step succeeded."""

    type: Literal["verification_unclear"] = "verification_unclear"
    step: str
    reason: str


class UndoResolved(Event):
    """A person looked at an undo that failed."""

    type: Literal["undo_resolved"] = "undo_resolved"
    step: str
    undone: bool
    """True: put back by hand. False: try again."""


class RunPaused(Event):
    """Nothing further of the run is begun until it is resumed."""

    type: Literal["run_paused"] = "run_paused"
    reason: str = ""


class RunResumed(Event):
    """The run goes on where it was."""

    type: Literal["run_resumed"] = "run_resumed"


class RunEnding(Event):
    """The run will end so; what is to be undone, handled and finally done comes first."""

    type: Literal["run_ending"] = "run_ending"
    status: Literal["succeeded", "failed", "cancelled", "expired"]
    why: str
    compensate: bool = False


class AutomationStopped(Event):
    """Nobody's runs begin anything further, anywhere."""

    type: Literal["automation_stopped"] = "automation_stopped"
    reason: str


class AutomationResumed(Event):
    """Runs go on."""

    type: Literal["automation_resumed"] = "automation_resumed"
