"""The words between the conductor, which decides, and the worker, which does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from tocsin.actions.base import Effect, Risk
from tocsin.actions.registry import AnyAction
from tocsin.events import Event
from tocsin.runbooks.calendars import Calendars
from tocsin.runbooks.model import Runbook, Step


@dataclass(frozen=True)
class ActionFacts:
    """What the conductor has to know of an action."""

    effect: Effect
    risk: Risk
    undoable: bool
    settle: timedelta
    """How long its own verification may take."""


def facts_of(action: AnyAction) -> ActionFacts:
    """Return the facts of an action."""
    return ActionFacts(
        effect=action.effect, risk=action.risk, undoable=action.undoable(), settle=action.settle
    )


@dataclass(frozen=True)
class Program:
    """A revision, with the facts of every action it uses, by its ``uses``."""

    runbook: Runbook
    facts: Mapping[str, ActionFacts]
    subs: "Mapping[str, Program]" = field(default_factory=dict)
    """The runbooks that it calls, by name."""
    calendars: Calendars = field(default_factory=Calendars)
    """When nothing may be changed."""
    written_by: str | None = None
    """Who wrote the revision."""
    tells: bool = field(init=False, compare=False, default=False)
    """Whether it says anything of steps that succeed."""
    _steps: Mapping[str, Step] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_steps", {step.id: step for step in self.runbook.walk()})
        own = any(step.timeline.tells for step in self._steps.values())
        object.__setattr__(self, "tells", own or any(sub.tells for sub in self.subs.values()))

    def step(self, step_id: str) -> Step:
        """Return the step with this id, wherever it stands in the file; raise KeyError when there is none."""
        return self._steps[step_id]


@dataclass(frozen=True)
class PlanStep:
    """Ask the action what it would change."""

    step: str
    want: Mapping[str, JsonValue]
    """The rendered inputs."""


@dataclass(frozen=True)
class TakeLocks:
    """Take these resources before the step, or line up for them."""

    step: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class GuardStep:
    """Look whether ``stop_if`` still holds, before the step changes something."""

    step: str
    want: Mapping[str, JsonValue]
    """Inputs of the guard's action."""


@dataclass(frozen=True)
class StartStep:
    """Say that the effect begins, then cause it."""

    step: str
    attempt: int
    key: str


@dataclass(frozen=True)
class ProbeStep:
    """Look whether an effect whose result was lost has happened."""

    step: str


@dataclass(frozen=True)
class RecoverStep:
    """Read what an effect put out that has happened, and whose result was lost."""

    step: str


@dataclass(frozen=True)
class CheckStep:
    """Look once whether the world agrees."""

    step: str
    check: int
    want: Mapping[str, JsonValue] | None
    """Inputs of the check's own action; None for the step's own ``verify``."""


@dataclass(frozen=True)
class UndoStep:
    """Put back what the step changed."""

    step: str


Work = PlanStep | TakeLocks | GuardStep | StartStep | ProbeStep | RecoverStep | CheckStep | UndoStep


@dataclass(frozen=True)
class Decision:
    """What follows. With events, append them and decide again; else do the work; else wait."""

    events: tuple[Event, ...] = ()
    work: tuple[Work, ...] = field(default=())
    wake_at: datetime | None = None
    """Look again at this time at the latest; None: only when something happens."""


def together(decisions: Iterable[Decision]) -> Decision:
    """Return what follows for steps that go on side by side."""
    given = list(decisions)
    events = tuple(event for one in given for event in one.events)
    if events:
        return Decision(events=events)
    work = tuple(work for one in given for work in one.work)
    times = [one.wake_at for one in given if one.wake_at is not None]
    return Decision(work=work, wake_at=min(times) if times else None)
