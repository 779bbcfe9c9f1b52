"""One sentence for every event that steers a run: what people did in it, and what held it back."""

from typing import assert_never

from tocsin.events import steering
from tocsin.postmortems.texts import compact
from tocsin.postmortems.wording import Sentence, because

Human = (
    steering.GatePassed
    | steering.ManualRequested
    | steering.ManualCompleted
    | steering.ManualRefused
    | steering.VerificationUnclear
    | steering.UndoResolved
    | steering.StepTold
)
Held = (
    steering.FreezeHeld
    | steering.GlassBroken
    | steering.RunPaused
    | steering.RunResumed
    | steering.AutomationStopped
    | steering.AutomationResumed
)
Steered = Human | Held


def steered(event: Steered, runbook: str) -> Sentence:
    """Return the event's sentence; ``runbook`` is that of its run."""
    if isinstance(event, Human):
        return _human(event, f"{runbook} › {event.step}")._replace(step=event.step)
    return _held(event, runbook)


def _human(event: Human, name: str) -> Sentence:
    match event:
        case steering.StepTold():
            return Sentence("step", f"{name}: {event.summary}")
        case steering.GatePassed():
            return Sentence("step", f"{name} agreed to")
        case steering.ManualRequested():
            return Sentence(
                "step", f"{name} asked of {event.assignee or 'every responder'}: {event.instructions}"
            )
        case steering.ManualCompleted():
            filled = compact(event.output) if event.output else ""
            return Sentence("step", f"{name} done by hand{because(filled)}")
        case steering.ManualRefused():
            return Sentence("step", f"{name} cannot be done{because(event.reason)}")
        case steering.VerificationUnclear():
            return Sentence(
                "problem", f"{name}: nobody could see whether it had its effect{because(event.reason)}"
            )
        case steering.UndoResolved(undone=True):
            return Sentence("undo", f"{name} taken back by hand")
        case steering.UndoResolved():
            return Sentence("undo", f"{name} is to be taken back once more")
        case _:
            assert_never(event)


def _held(event: Held, runbook: str) -> Sentence:
    match event:
        case steering.FreezeHeld():
            until = f"{event.until:%Y-%m-%d %H:%M:%S %Z}"
            return Sentence(
                "run",
                f"{runbook} waits: the calendar {event.calendar} forbids changes until {until}"
                f"{because(event.why)}",
            )
        case steering.GlassBroken():
            return Sentence("problem", f"{runbook} goes on in spite of a freeze{because(event.reason)}")
        case steering.RunPaused():
            return Sentence("run", f"{runbook} paused{because(event.reason)}")
        case steering.RunResumed():
            return Sentence("run", f"{runbook} resumed")
        case steering.AutomationStopped():
            return Sentence("problem", f"All automation stopped{because(event.reason)}")
        case steering.AutomationResumed():
            return Sentence("run", "Automation goes on")
        case _:
            assert_never(event)
