"""A run's questions to people, folded from its events: what was asked, who answered, how it ended. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tocsin.events import run as events
from tocsin.log import Entry


@dataclass(frozen=True)
class Question:
    """One ApprovalRequested, and what became of it."""

    request: events.ApprovalRequested
    planned: events.StepPlanned
    """What was shown when it was asked; a newer plan asks anew."""
    given: tuple[Entry, ...] = ()
    end: Entry | None = None
    """The rejection, the expiry, the new plan that voids it, or what ended the run before anybody decided."""

    @property
    def digest(self) -> str:
        """Return what the approval is bound to."""
        return self.request.digest

    @property
    def open(self) -> bool:
        """Say whether an answer still counts."""
        return self.end is None and len(self.given) < self.request.count

    @property
    def artefact(self) -> str:
        """Return the name of its message."""
        return f"approval:{self.digest[:16]}"


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
                asked.append(Question(request, plans[request.step]))
            case _:
                asked = [_after(one, entry) for one in asked]
    return asked


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
            voided = step == question.request.step and plan != question.planned.digest
            return replace(question, end=entry) if voided else question
        case events.CancelRequested() | events.RunFinished():
            return replace(question, end=entry)
        case _:
            return question
