"""What a run left behind that a test looks at: calls, messages, questions, events. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.events import Event
from tocsin.events.run import ApprovalRequested, StepPlanned
from tocsin.runbooks.simulate.life import Life
from tocsin.runbooks.simulate.world import Call

POST = "slack.post"


class Question(NamedTuple):
    """What people were asked, and the sentence of the plan that they saw."""

    asked: ApprovalRequested
    plan: str


def calls(life: Life, named: set[str]) -> list[Call]:
    """Return the calls that steps made: those that change something, and all of the named actions."""
    own = (call for call in life.world.calls if call.place.own and call.verb in {"run", "undo"})
    return [call for call in own if call.changes or call.uses in named]


def messages(life: Life) -> Iterator[dict[str, JsonValue]]:
    """Yield every message that was posted."""
    for call in life.world.calls:
        if (call.uses, call.verb, call.error) == (POST, "run", ""):
            yield {"channel": call.want.get("channel"), "text": call.want.get("text")}


def questions(life: Life) -> Iterator[Question]:
    """Yield every question to people."""
    plans: dict[str, str] = {}
    for happening in life.history:
        match happening.event:
            case StepPlanned(step=step, plan=plan):
                plans[step] = str(plan.get("summary", ""))
            case ApprovalRequested() as asked:
                yield Question(asked, "; ".join(plans.get(step, "") for step in asked.plans or [asked.step]))


def names(event: Event) -> frozenset[str]:
    """Return what a test may call an event: ``step_failed``, ``step_failed:scale``."""
    kind: str = event.type  # type: ignore[attr-defined]  # every member of the union has one
    step: str = getattr(event, "step", "")
    return frozenset({kind, f"{kind}:{step}"}) if step else frozenset({kind})
