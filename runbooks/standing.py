"""Where a run stands: what it waits for, and what only a person can say. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from tocsin.runbooks import tree
from tocsin.runbooks.overview import title
from tocsin.runbooks.state import RunState, StepState, missing
from tocsin.runbooks.work import Program

Cause = Literal["paused", "frozen", "locked", "approval", "person", "condition", "time"]
_HELD_BACK = frozenset({"planned", "approved"})


@dataclass(frozen=True)
class Wait:
    """One thing that keeps a run from going on."""

    cause: Cause
    step: str = ""
    """Address; empty where the whole run waits."""
    title: str = ""
    what: str = ""
    """Who is still missing, the assignee, the calendar and why it forbids changes, the resources, the
    condition, why it was paused."""
    until: datetime | None = None
    """When it ends by itself, well or not; since when, of a pause."""
    runs: tuple[str, ...] = ()
    """Ids of the runs in front."""


Doubt = Literal["unknown", "unclear", "undo"]
"""An effect of unknown outcome, a verification that saw nothing, an undo that failed."""


@dataclass(frozen=True)
class Stuck:
    """A step that goes on only when a person has looked."""

    step: str
    title: str
    doubt: Doubt
    told: str
    """What is known."""


class Answer(NamedTuple):
    """What a person may say, and what follows from it."""

    label: str
    effect: str


class Answers(NamedTuple):
    """The question about a step, and both answers."""

    question: str
    yes: Answer
    no: Answer


ANSWERS: Mapping[Doubt, Answers] = {
    "unknown": Answers(
        "Nobody knows whether it happened. Look at the system itself: did it?",
        Answer("It happened", "it counts as done, and the run goes on"),
        Answer("It did not: run it again", "it is run again, and the run goes on"),
    ),
    "unclear": Answers(
        "It ran, and nothing could be seen of its effect. Look at the system itself: is all as it should be?",
        Answer("It is: mark it done", "it has succeeded, and the run goes on"),
        Answer("It is not: mark it failed", "it has failed, and what the runbook says of that follows"),
    ),
    "undo": Answers(
        "It could not be undone.",
        Answer("I put it back by hand", "it counts as undone, and the run goes on undoing"),
        Answer("Try the undo again", "its undo is tried once more"),
    ),
}
ABORT = Answer("Leave all as it is", "the run ends here: what it did stays, and nothing more is undone")


def waits(program: Program, state: RunState, now: datetime) -> list[Wait]:
    """Return everything that the run waits for, what holds all of it first; nothing once it is over."""
    if state.over:
        return []
    return [*_held(state, now), *_of_steps(program, state)]


def stuck(program: Program, state: RunState) -> list[Stuck]:
    """Return the steps about which only a person can say how it goes on."""
    if state.over:
        return []
    found = [
        Stuck(
            step,
            title(program, state, step),
            "unclear" if seen.unclear else "unknown",
            seen.reason or seen.error,
        )
        for step, seen in state.steps.items()
        if seen.status == "unknown"
    ]
    failed = state.undo_failures.items()
    return found + [Stuck(step, title(program, state, step), "undo", mend) for step, mend in failed]


def people(principals: tuple[str, ...], count: int) -> str:
    """Return so many people of one kind, in words: ``2 of group:sre or role:admin``."""
    return f"{count} of {' or '.join(principals) or 'the admins'}"


def still_missing(seen: StepState) -> str:
    """Return who has still to say yes to a step, in words; empty when nobody is asked."""
    if seen.request is None:
        return ""
    left = missing(seen.request, seen.approvals)
    return " and ".join(people(one.principals, one.count) for one in left)


def _held(state: RunState, now: datetime) -> Iterator[Wait]:
    if state.paused is not None:
        by = str(state.paused_by) if state.paused_by else ""
        yield Wait("paused", what=": ".join(filter(None, (by, state.paused_why))), until=state.paused)
    frozen = [seen for seen in state.steps.values() if _is_frozen(state, seen, now)]
    if frozen:
        longest = max(frozen, key=lambda seen: seen.frozen_until or now)
        what = ": ".join(filter(None, (longest.frozen_by, longest.frozen_why)))
        yield Wait("frozen", what=what, until=longest.frozen_until)
    if state.holders:
        yield Wait("locked", what=", ".join(state.awaited), runs=state.holders)


def _is_frozen(state: RunState, seen: StepState, now: datetime) -> bool:
    held_back = seen.frozen_until is not None and seen.frozen_until > now and seen.status in _HELD_BACK
    return held_back and not state.glass


def _of_steps(program: Program, state: RunState) -> Iterator[Wait]:
    for step, seen in state.steps.items():
        named = title(program, state, step) if seen.status in {"awaiting_approval", "waiting"} else ""
        if seen.status == "awaiting_approval" and seen.request is not None:
            yield Wait("approval", step, named, still_missing(seen), seen.request.expires_at)
        elif seen.status == "waiting" and seen.manual is not None:
            yield Wait("person", step, named, seen.manual.assignee or "", seen.manual.expires_at)
        elif seen.status == "waiting":
            wait = tree.find(program, state, step).step.wait
            condition = wait.until if wait and wait.until else ""
            yield Wait("condition" if condition else "time", step, named, condition, seen.until)
