"""What follows from what happened, up to the next work in the world: the same for a worker and a simulation.

Pure, but for a line in the log of the process where Tocsin itself made a mistake.
"""

from collections.abc import Sequence

import structlog

from tocsin.errors import IllegalTransition
from tocsin.events import SYSTEM, Event
from tocsin.events import run as events
from tocsin.runbooks import mistakes, transitions
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.fold import witness
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.work import Decision, StartStep, UndoStep, Work

logger = structlog.get_logger(__name__)


def follow(m: Moment, happened: Sequence[Event], stopped: bool = False) -> tuple[list[Event], Decision]:
    """Return what happened with all that follows from it, and what is to be done after that.

    The events are only imagined here, so that they can be appended together. One that may not happen parks
    the run: it is a mistake of ours, and nothing is done on top of it. ``stopped``: nothing may be begun.
    """
    said: list[Event] = []
    state = m.state
    while True:
        for event in happened:
            try:
                transitions.check(state, event)
            except IllegalTransition as error:
                logger.error("illegal_transition", run=state.id, error=str(error))
                return [*said, mistakes.of_ours(error)], Decision()
            said.append(event)
            state = witness(state, event, SYSTEM, m.now)
        decision = Decision() if stopped else decide(Moment(m.program, state, m.now, m.busy))
        if decision.work or not decision.events:
            return said, decision
        happened = decision.events


def beginning(work: Work) -> Event | None:
    """Return what has to be in the log before the work is done."""
    match work:
        case StartStep(step=step, attempt=attempt, key=key):
            return events.StepStarted(step=step, attempt=attempt, key=key)
        case UndoStep(step=step):
            return events.UndoStarted(step=step)
        case _:
            return None
