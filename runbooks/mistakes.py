"""What becomes of a run where code raised what it never should: a person is asked, and nothing is lost.

Messages name the class of the error only: its words may quote whatever the code was working on.
"""

from tocsin.errors import TocsinError
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.deeds import Deed
from tocsin.runbooks.work import CheckStep, ProbeStep, RecoverStep, StartStep, UndoStep

WHERE = "the log of the process that worked at it has the details"


def of_action(deed: Deed, uses: str, error: Exception) -> Event:
    """Return what follows when an action raised something else than ActionFailed."""
    told = f"{uses} raised {type(error).__name__}, which is a mistake in it; {WHERE}"
    match deed:
        case StartStep() | ProbeStep():
            return events.StepProbed(step=deed.step, found="unknown", reason=told)
        case RecoverStep():
            return events.StepSucceeded(step=deed.step, output={})
        case CheckStep():
            return steering.VerificationUnclear(step=deed.step, reason=told)
        case UndoStep():
            return events.UndoFailed(step=deed.step, error=told, mend=f"put {deed.step} back by hand: {told}")
        case _:  # it was only looked, before anything was done
            return parked(f"{told}. Step {deed.step} has not begun; cancel the run, and start it anew later")


def of_ours(error: Exception) -> Event:
    """Return what follows when the run cannot be moved on."""
    why = str(error) if isinstance(error, TocsinError) else f"{type(error).__name__}; {WHERE}"
    return parked(f"Tocsin made a mistake and stopped here: {why}. Look at the steps, then cancel the run")


def parked(told: str) -> Event:
    """Return the event that lets a run wait for a person."""
    return events.RunFinished(status="needs_attention", summary=f"{told}.")
