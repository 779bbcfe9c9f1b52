"""A run's questions to people, folded from its events: what was asked, who answered, how it ended. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from tocsin.events import run as events
from tocsin.events import steering
from tocsin.log import Entry
from tocsin.runbooks.state import Yes, missing


@dataclass(frozen=True)
class Question:
    """One ApprovalRequested, and what became of it."""

    request: events.ApprovalRequested
    plans: Mapping[str, events.StepPlanned]
    """What was shown when it was asked, by step: of a group all that stands in it, of a gate nothing."""
    given: tuple[Entry, ...] = ()
    end: Entry | None = None
    """The rejection, the expiry, the new plan that voids it, or what ended the run before anybody decided."""

    @property
    def digest(self) -> str:
        """Return what the approval is bound to."""
        return self.request.digest

    @property
    def missing(self) -> tuple[events.Quorum, ...]:
        """Return who still has to say yes."""
        return missing(self.request, [_yes(entry) for entry in self.given])

    @property
    def open(self) -> bool:
        """Say whether an answer still counts."""
        return self.end is None and bool(self.missing)

    def artefact(self, run_id: str) -> str:
        """Return the name of its message. Two runs may ask the very same."""
        return f"approval:{run_id[:16]}:{self.digest[:16]}"


def questions(entries: Iterable[Entry]) -> list[Question]:
    """Return every question of a run, in the order they were asked."""
    plans: dict[str, events.StepPlanned] = {}
    asked: list[Question] = []
    for entry in entries:
        match entry.event:
            case events.StepPlanned() as planned:
                plans[planned.step] = planned
                asked = [_after(one, entry) for one in asked]
            case events.ApprovalRequested() as request:
                about = request.plans or (request.step,)
                asked.append(Question(request, {step: plans[step] for step in about if step in plans}))
            case _:
                asked = [_after(one, entry) for one in asked]
    return asked


def _yes(entry: Entry) -> Yes:
    event = entry.event
    counts_as = event.counts_as if isinstance(event, events.ApprovalGiven) else ()
    return Yes(entry.actor, frozenset(counts_as))


def _after(question: Question, entry: Entry) -> Question:
    if not question.open:
        return question
    event = entry.event
    match event:
        case events.ApprovalGiven(digest=digest) if digest == question.digest:
            return replace(question, given=(*question.given, entry))
        case events.ApprovalRejected(digest=digest) | events.ApprovalExpired(digest=digest):
            return replace(question, end=entry) if digest == question.digest else question
        case events.StepPlanned(step=step, digest=plan):
            shown = question.plans.get(step)
            return replace(question, end=entry) if shown and plan != shown.digest else question
        case events.StepFailed(step=step) if step == question.request.step:
            return replace(question, end=entry)
        case events.CancelRequested() | events.RunFinished() | steering.RunEnding():
            return replace(question, end=entry)
        case _:
            return question
