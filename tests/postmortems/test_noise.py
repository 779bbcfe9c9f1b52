"""What the timeline leaves out."""

from datetime import UTC, datetime

from tocsin.events import SYSTEM, RunEvent
from tocsin.events.run import StepPlanned, StepStarted, StepSucceeded, StepVerified
from tocsin.events.steering import StepTold
from tocsin.log import Entry
from tocsin.postmortems.noise import telling

AT = datetime(2026, 3, 2, 14, 7, tzinfo=UTC)


def told(*events: RunEvent) -> list[str]:
    about = {"stream": "run/r1", "actor": SYSTEM, "source": "tocsin", "source_ref": None, "hash": ""}
    times = {"occurred_at": AT, "recorded_at": AT, "incident_id": "i1", "run_id": "r1"}
    entries = [
        Entry.model_validate({**about, **times, "position": at, "version": at, "event": event})
        for at, event in enumerate(events, 1)
    ]
    return [entry.event.type for entry in telling(entries)]


def planned(risk: str, digest: str = "d1") -> StepPlanned:
    return StepPlanned(step="one", want={}, plan={}, digest=digest, risk=risk)


STARTED = StepStarted(step="one", attempt=1, key="k")
DONE = StepSucceeded(step="one", output={})
VERIFIED = StepVerified(step="one")


def test_of_a_step_that_only_reads_it_is_told_that_it_is_done() -> None:
    assert told(planned("read"), STARTED, DONE, VERIFIED) == ["step_succeeded"]


def test_a_step_that_changes_something_is_told_whole() -> None:
    assert told(planned("high"), STARTED, DONE, VERIFIED) == [
        "step_planned",
        "step_started",
        "step_succeeded",
        "step_verified",
    ]


def test_a_step_that_its_runbook_hides_is_not_told() -> None:
    assert told(planned("high"), STARTED, DONE, VERIFIED, StepTold(step="one", level="hidden")) == []


def test_a_summary_is_told_and_none_is_not() -> None:
    assert told(StepTold(step="one", level="major"), StepTold(step="two", summary="All is well")) == [
        "step_told"
    ]


def test_a_plan_that_was_made_again_and_says_the_same_is_told_once() -> None:
    assert told(planned("high"), planned("high")) == ["step_planned"]


def test_a_plan_that_says_something_else_is_told_again() -> None:
    assert told(planned("high"), planned("high", "d2")) == ["step_planned", "step_planned"]
