"""Whether enough people agree with a revision. Pure: every door asks this, and nothing else decides it."""

from collections.abc import Iterable
from dataclasses import dataclass

from tocsin.events import Actor
from tocsin.publishing import Review
from tocsin.runbooks.change import Change


@dataclass(frozen=True)
class Judgement:
    """How a revision stands with those who have to agree."""

    changes: tuple[Change, ...]
    needed: int
    """People it takes, the author not among them; 0 also for one that was published before."""
    agreed: tuple[Actor, ...]
    """Those who count."""

    @property
    def missing(self) -> int:
        """Return how many more it takes."""
        return max(0, self.needed - len(self.agreed))

    @property
    def raises(self) -> tuple[str, ...]:
        """Return the changes that take more people, in words."""
        return tuple(change.text for change in self.changes if change.raises)

    def __str__(self) -> str:
        """Say what it waits for."""
        people = "1 person" if self.missing == 1 else f"{self.missing} people"
        why = f", because {'; '.join(self.raises)}" if self.raises else ""
        return f"{people} other than its author must agree first{why}"


def judge(
    policy: Review,
    changes: tuple[Change, ...],
    author: Actor,
    reviewers: Iterable[Actor],
    *,
    known: bool,
) -> Judgement:
    """Return how a revision stands. ``known``: it was published before, and needs nobody.

    The author's own word does not count, and nobody's counts twice, through whatever doors they came.
    """
    agreed: list[Actor] = []
    for one in reviewers:
        if not any(one.is_same_person(other) for other in (author, *agreed)):
            agreed.append(one)
    needed = 0 if known else policy.needed(raises=any(change.raises for change in changes))
    return Judgement(changes, needed, tuple(agreed))
