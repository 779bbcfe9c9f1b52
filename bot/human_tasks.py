"""What a run asks people to do or to look at, folded from its events: manual steps, and doubts. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.log import Entry

Sort = Literal["manual", "doubt"]
_ANSWERS: Mapping[Sort, tuple[type[Event], ...]] = {
    "manual": (steering.ManualCompleted, steering.ManualRefused, events.StepFailed),
    "doubt": (events.UnknownResolved, steering.UndoResolved, events.UndoStarted),
}


@dataclass(frozen=True)
class HumanTask:
    """One thing that the run waits for a person to do or to say, and what became of it."""

    sort: Sort
    step: str
    number: int
    """From 1: which of its sort it is for this step."""
    asked: Entry
    end: Entry | None = None
    """What was answered, or what ended the run before anybody did."""

    def artefact(self, run_id: str) -> str:
        """Return the name of its message."""
        return f"task:{run_id[:16]}:{self.sort}:{self.step}:{self.number}"


def human_tasks(entries: Iterable[Entry]) -> list[HumanTask]:
    """Return everything that a run has asked people to do or to look at, in its order."""
    found: list[HumanTask] = []
    for entry in entries:
        found = [_after(one, entry) for one in found]
        begun = _begun(entry)
        if begun is None:
            continue
        same = [one for one in found if (one.sort, one.step) == begun]
        if not any(one.end is None for one in same):
            found.append(HumanTask(*begun, number=len(same) + 1, asked=entry))
    return found


def _begun(entry: Entry) -> tuple[Sort, str] | None:
    match entry.event:
        case steering.ManualRequested(step=step):
            return "manual", step
        case events.StepProbed(step=step, found="unknown"):
            return "doubt", step
        case events.UndoFailed(step=step) | steering.VerificationUnclear(step=step):
            return "doubt", step
        case _:
            return None


def _after(task: HumanTask, entry: Entry) -> HumanTask:
    if task.end is not None:
        return task
    event = entry.event
    if isinstance(event, _ANSWERS[task.sort]) and getattr(event, "step", None) == task.step:
        return replace(task, end=entry)
    over = isinstance(event, events.RunFinished) and event.status != "needs_attention"
    return replace(task, end=entry) if over else task
