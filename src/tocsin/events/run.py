"""What happens to a run."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.errors import ErrorClass
from tocsin.events.base import Event


class RunRequested(Event):
    """Somebody, or a trigger, asked for a run of one revision."""

    type: Literal["run_requested"] = "run_requested"
    runbook: str
    revision: str
    """SHA-256 of the revision; the run stays on it."""
    inputs: dict[str, JsonValue]
    mode: Literal["propose", "auto"]
    trigger: str
    """``manual``, ``slash``, ``suggestion``, ``pagerduty:incident.triggered``, ``alert``, ``schedule``."""
    fired_by: str = ""
    """The name of the trigger that started it by itself; its ``cooldown`` and ``storm`` count by it."""
    depth: int = 0
    """How many runs stand before it, each of which started the next one by its end."""
    suggestion: str | None = None
    """The suggestion that a person took up."""
    scope: dict[str, JsonValue] = {}
    """``event``, ``alert`` and ``incident`` as expressions see them, fixed at this moment."""
    actions: dict[str, int] = {}
    """The version of every action the revision uses."""
    dedupe_key: str | None = None
    """A trigger with the same key within its window starts nothing."""
    keys: dict[str, str] = {}
    """What ``rate_limit`` and ``cooldown`` count the run by."""
    subs: dict[str, str] = {}
    """The revision of every sub-runbook, by name; the run stays on them."""
    closure: str = ""
    """SHA-256 over the revision, ``subs``, ``actions`` and the organisation's policy at this moment."""
    lowered: str = ""
    """Why the run asks although it was to act by itself."""
    break_glass: str = ""
    """Why a freeze does not hold for it."""
    rerun_of: str | None = None
    """The run that it repeats."""
    keep: dict[str, dict[str, JsonValue]] = {}
    """Steps that a rerun takes over as done, with their outputs."""


class ChannelKnown(Event):
    """The incident's channel was opened; steps that post there need wait no longer."""

    type: Literal["channel_known"] = "channel_known"
    channel: str


class StepSkipped(Event):
    """The step's ``if`` did not hold, or its approval expired with ``on_expiry: skip``."""

    type: Literal["step_skipped"] = "step_skipped"
    step: str
    reason: str


class StepPlanned(Event):
    """The step's inputs are known and its action said what it would change."""

    type: Literal["step_planned"] = "step_planned"
    step: str
    want: dict[str, JsonValue]
    """The rendered inputs."""
    plan: dict[str, JsonValue]
    """The action's plan as JSON; ``undo`` is given it back."""
    digest: str
    risk: str
    resources: tuple[str, ...] = ()


class Quorum(BaseModel):
    """So many people of one kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    principals: tuple[str, ...]
    count: int = 1


class ApprovalRequested(Event):
    """People are asked. The approval is for exactly this digest."""

    type: Literal["approval_requested"] = "approval_requested"
    step: str
    digest: str
    """SHA-256 over revision, inputs, step and plan."""
    approvers: tuple[str, ...]
    count: int
    """How many people in all."""
    allow_self: bool
    expires_at: datetime
    quorums: tuple[Quorum, ...] = ()
    """With more than one, each has to be met by people of its own. Empty: ``count`` of the approvers."""
    editor: str | None = None
    """Whoever wrote the revision and may not approve it: ``kind:id`` or an email address."""
    confirm: str | None = None
    """What an approver has to type."""
    plans: dict[str, str] = {}
    """Of a group: the digest of every plan inside, by step."""
    shown: dict[str, JsonValue] = {}
    """What stands in the question besides the plan."""


class ApprovalGiven(Event):
    """One person said yes."""

    type: Literal["approval_given"] = "approval_given"
    step: str
    digest: str
    comment: str = ""
    counts_as: tuple[str, ...] = ()
    """The approvers' principals that the person was at that moment."""


class ApprovalRejected(Event):
    """One person said no; the run is cancelled."""

    type: Literal["approval_rejected"] = "approval_rejected"
    step: str
    digest: str
    reason: str


class ApprovalExpired(Event):
    """Nobody decided in time."""

    type: Literal["approval_expired"] = "approval_expired"
    step: str
    digest: str


class LocksAwaited(Event):
    """The run waits in line for resources that another run holds."""

    type: Literal["locks_awaited"] = "locks_awaited"
    resources: tuple[str, ...]
    holders: tuple[str, ...]
    """Ids of the runs in front."""


class LocksTaken(Event):
    """The run holds these resources until it ends."""

    type: Literal["locks_taken"] = "locks_taken"
    resources: tuple[str, ...]


class StepStarted(Event):
    """The effect may happen from now on."""

    type: Literal["step_started"] = "step_started"
    step: str
    attempt: int
    key: str
    """Idempotency key, the same for every attempt of the step."""


class StepProbed(Event):
    """After a crash or a timeout, the action looked whether its effect had happened."""

    type: Literal["step_probed"] = "step_probed"
    step: str
    found: Literal["done", "not_done", "unknown"]


class StepSucceeded(Event):
    """The action ran; its verification is still to come."""

    type: Literal["step_succeeded"] = "step_succeeded"
    step: str
    output: dict[str, JsonValue]


class StepFailed(Event):
    """One attempt failed. ``retry_at`` says whether and when there is another."""

    type: Literal["step_failed"] = "step_failed"
    step: str
    attempt: int
    error: str
    kind: ErrorClass
    retry_at: datetime | None = None


class StepChecked(Event):
    """One look of ``verify`` at the world."""

    type: Literal["step_checked"] = "step_checked"
    step: str
    check: int
    """Index in ``verify``; 0 for the action's own."""
    state: Literal["ok", "waiting", "failed", "inconclusive"]
    reason: str


class StepVerified(Event):
    """The world agrees with the step."""

    type: Literal["step_verified"] = "step_verified"
    step: str


class VerificationFailed(Event):
    """The world does not agree with the step, and its deadline is over."""

    type: Literal["verification_failed"] = "verification_failed"
    step: str
    reason: str


class WaitStarted(Event):
    """The run sleeps; nothing of it is in memory."""

    type: Literal["wait_started"] = "wait_started"
    step: str
    until: datetime


class WaitEnded(Event):
    """The time is over."""

    type: Literal["wait_ended"] = "wait_ended"
    step: str


class StepAsserted(Event):
    """An ``assert`` step held."""

    type: Literal["step_asserted"] = "step_asserted"
    step: str


class UndoStarted(Event):
    """The step's effect is about to be taken back."""

    type: Literal["undo_started"] = "undo_started"
    step: str


class StepUndone(Event):
    """What the step changed is as its plan saw it."""

    type: Literal["step_undone"] = "step_undone"
    step: str


class UndoFailed(Event):
    """The step could not be undone; a person has to."""

    type: Literal["undo_failed"] = "undo_failed"
    step: str
    error: str
    mend: str


class CancelRequested(Event):
    """A person wants the run to stop after the step it is in."""

    type: Literal["cancel_requested"] = "cancel_requested"
    compensate: bool
    reason: str = ""


class UnknownResolved(Event):
    """A person looked and said whether an effect of unknown outcome happened."""

    type: Literal["unknown_resolved"] = "unknown_resolved"
    step: str
    happened: bool


class RunFinished(Event):
    """The run ended, or waits for a person (``needs_attention``)."""

    type: Literal["run_finished"] = "run_finished"
    status: Literal["succeeded", "failed", "compensated", "cancelled", "expired", "needs_attention"]
    summary: str
    outputs: dict[str, JsonValue] = {}
