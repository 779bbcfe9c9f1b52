"""Who the people of a test are."""

from collections.abc import Iterator, Mapping, Sequence

from tocsin.access import Access
from tocsin.events import SYSTEM, Actor
from tocsin.organisation import Organisation
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.simulate.model import SYSTEM_NAME
from tocsin.runbooks.work import Program


class Cast(Access):
    """Knows who is who in a test, and otherwise decides as always."""

    def __init__(self, cast: Mapping[str, Sequence[str]], program: Program) -> None:
        super().__init__(Organisation())
        self._cast = cast
        self._anybody = frozenset(_asked_for(program)) | {"role:responder"}

    def principals(self, actor: Actor) -> frozenset[str]:
        """Return who the actor is: what the test says, else everybody whom the runbooks name."""
        named = self._cast.get(actor.id)
        return frozenset({f"{actor.kind}:{actor.id}", "*", *(self._anybody if named is None else named)})


def person(name: str) -> Actor:
    """Return the actor that a test calls so."""
    return SYSTEM if name == SYSTEM_NAME else Actor(kind="slack", id=name, name=name)


def _asked_for(program: Program) -> Iterator[str]:
    """Yield every principal of a runbook and of those that it calls."""
    yield from _named(program.runbook)
    for sub in program.subs.values():
        yield from _asked_for(sub)


def _named(runbook: Runbook) -> Iterator[str]:
    yield from (*runbook.permissions.run, *runbook.permissions.approve)
    for step in runbook.walk():
        yield from step.approve.principals if step.approve else ()
        if step.manual is not None and step.manual.assignee is not None:
            yield step.manual.assignee
