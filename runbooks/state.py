"""A run as it stands, and each of its steps; ``fold`` makes it from events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from tocsin.errors import ErrorClass
from tocsin.events import Actor, steering
from tocsin.events import run as events

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
    approvals: "tuple[Yes, ...]" = ()
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
    opened: bool = False
    """A group that knows what stands in it."""
    repeats: bool = False
    """A ``foreach``."""
    items: tuple[JsonValue, ...] = ()
    """Of ``foreach``, in their order."""
    manual: steering.ManualRequested | None = None
    unclear: bool = False
    """Its verification saw nothing, and a person was asked."""
    guarded_at: datetime | None = None
    """When ``stop_if`` was looked at for it last, and held."""
    frozen_until: datetime | None = None

    @property
    def agreed(self) -> bool:
        """Say whether people were asked about this very plan, and enough of them said yes."""
        return self.request is not None and is_met(self.request, self.approvals)


@dataclass(frozen=True)
class Yes:
    """One person's approval."""

    actor: Actor
    counts_as: frozenset[str]
    """Which of the principals that were asked the person was."""


def is_met(request: events.ApprovalRequested, given: Sequence[Yes]) -> bool:
    """Say whether enough people said yes: each quorum by people of its own."""
    if len(request.quorums) < 2:
        return len(given) >= request.count
    seats = [frozenset(one.principals) for one in request.quorums for _ in range(one.count)]
    return _seated(seats, list(given))


def _seated(seats: Sequence[frozenset[str]], given: Sequence[Yes]) -> bool:
    """Say whether every seat can be taken by somebody else."""
    if not seats:
        return True
    takers = [one for one in given if one.counts_as & seats[0]]
    return any(_seated(seats[1:], [other for other in given if other is not one]) for one in takers)


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
    head: str = ""
    """Hash of its newest event."""
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
    """Seconds spent waiting for people; the run's timeout does not count them."""
    subs: Mapping[str, str] = field(default_factory=dict)
    """The revision of every sub-runbook, by name."""
    ending: steering.RunEnding | None = None
    ending_at: datetime | None = None
    reach: int = 0
    """How many of the effects there were when the run began to end: later ones are not undone."""
    blamed: str = ""
    """The step whose failure ends the run."""
    paused: datetime | None = None
    """Since when."""
    glass: str = ""
    """Why a freeze does not hold for it."""
    stopped: str = ""
    """Why ``stop_if`` lets nothing further begin."""

    def step(self, step_id: str) -> StepState:
        """Return the step's state; ``pending`` when nothing has happened to it."""
        return self.steps.get(step_id, _PENDING)

    def asked(self) -> list[events.ApprovalRequested]:
        """Return what people can decide on now; what was asked before the run began to end is asked no more."""
        if self.over:
            return []
        waiting = [
            seen for seen in self.steps.values() if seen.status == "awaiting_approval" and seen.asked_at
        ]
        fresh = [seen for seen in waiting if self.ending_at is None or seen.asked_at >= self.ending_at]
        return [seen.request for seen in fresh if seen.request is not None]

    @property
    def over(self) -> bool:
        """Say whether the run has ended; one that needs attention has not."""
        return self.finished_at is not None


_PENDING = StepState()
