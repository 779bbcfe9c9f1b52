"""For whom an action is called: what the audit trail of another system should be able to say."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Caller:
    """A run, and who asked for it."""

    run: str
    person: str
    """An email where one is known, else the id that their door gave them; ``tocsin`` for a trigger."""


_CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)


@contextmanager
def called_for(caller: Caller) -> Iterator[None]:
    """Let every action that is called within know it; a thread has to be given the context."""
    before = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(before)


def caller() -> Caller | None:
    """Return for whom the action is being called; None outside of a run."""
    return _CALLER.get()
