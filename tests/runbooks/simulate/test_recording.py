"""Runs that were, made into tests from their logs and lived again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given

from tests.runbooks.life import Life as Original
from tests.runbooks.life import approve
from tests.runbooks.simulate.desk import EVERY, lived
from tests.runbooks.tales import FEW, Tale, tales
from tests.runbooks.world import Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks import yaml
from tocsin.runbooks.simulate.life import Life
from tocsin.runbooks.simulate.recording import recorded
from tocsin.runbooks.state import RunState

ASK = "{ from: ['group:sre'], expires: 1h }"
ADDS = "uses: box.add, with: { box: 'b${{ item }}', value: 2 }"
SLOW = "{ assert: value.value == 9, interval: 10s, deadline: 1m }"


def again(text: str, was: Original) -> Life:
    """Return the run that is lived again from another's log; it has to be as the recorded test expects."""
    tests = yaml.write(recorded(was.entries, was.program, EVERY))
    outcome = lived(text, tests)
    assert outcome.problems == (), tests
    assert outcome.life is not None
    return outcome.life


def told(happened: list[Event]) -> list[tuple[str, str]]:
    return [(event.type, getattr(event, "step", "")) for event in happened]  # type: ignore[attr-defined]


def statuses(state: RunState) -> tuple[str, dict[str, str]]:
    return state.status, {name: one.status for name, one in state.steps.items()}


def relived(text: str, was: Original) -> Life:
    """Live a run again, and hold it to the very same events."""
    life = again(text, was)
    assert told([one.event for one in life.history]) == told([entry.event for entry in was.entries])
    return life


@FEW
@given(tales())
def test_whatever_the_world_did_a_run_is_lived_again_step_by_step(tale: Tale) -> None:
    was = tale.life().live()
    assert statuses(again(tale.text, was).state) == statuses(was.state)


@pytest.mark.parametrize(
    "steps",
    [
        [read("look", "a"), put("one", "b", 7)],
        [put("one", "a", 7, outputs="{ twice: '${{ value.value * 2 }}' }"), read("look", "a")],
        [f"{{ id: each, foreach: {{ items: [1, 2, 3] }}, {ADDS} }}"],
        [put("one", "a", 7), "{ id: hold, wait: 3h }", put("two", "a", 8)],
        [put("one", "a", 7), put("two", "b", 8, verify=SLOW)],
        [put("one", "a", 7, if_="1 > 2"), "{ id: sure, assert: 1 > 2 }"],
    ],
    ids=["read", "outputs", "items", "wait", "undone", "assert"],
)
def test_a_run_is_lived_again_event_by_event(steps: list[str]) -> None:
    text = runbook(*steps, on_failure="{ compensate: true }", guardrails="{ timeout: 10h }")
    was = Original(text, World(boxes={"a": 3})).live()
    life = relived(text, was)
    assert (life.state.status, life.state.outputs) == (was.state.status, was.state.outputs)


def test_branches_end_as_they_did() -> None:
    text = runbook(f"{{ id: both, parallel: [{put('one', 'a', 1)}, {change('box.add', 'two', 'b', 2)}] }}")
    was = Original(text, World()).live()
    assert statuses(again(text, was).state) == statuses(was.state)


def test_failures_are_the_same_again() -> None:
    text = runbook(put("one", "a", 7, retry="{ max: 5, on: [transient, throttled] }"))
    faults = [Fault(ErrorClass.TRANSIENT), Fault(ErrorClass.TRANSIENT), Fault(ErrorClass.THROTTLED)]
    was = Original(text, World(faults={("run", "a"): faults, ("plan", "a"): faults[:1]})).live()
    assert relived(text, was).state.step("one").attempt == 5


def test_a_lost_effect_is_found_again() -> None:
    text = runbook(change("box.fire", "one", "a", 1))
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT, happened=True)]})
    assert relived(text, Original(text, world).live()).state.status == "succeeded"


def test_an_undo_that_failed_fails_again() -> None:
    text = runbook(put("one", "a", 1, verify=SLOW), on_failure="{ compensate: true }")
    world = World(broken={("undo", "a"): ErrorClass.DENIED})
    assert relived(text, Original(text, world).live()).state.status == "needs_attention"


def test_an_approval_comes_as_late_again() -> None:
    text = runbook(put("one", "a", 1, approve=ASK))
    was = Original(text, World()).live(until=lambda life: bool(life.asked()))
    was.pass_time(minutes=20)
    assert relived(text, was.live()).lasted >= timedelta(minutes=20)


def says(event: Callable[[Original], Event], at: str) -> Callable[[Original], Event | None]:
    """Return people who do something once, while a step waits, and approve whatever is asked."""
    done: list[Event] = []

    def people(life: Original) -> Event | None:
        if not done and life.state.step(at).status in {"waiting", "awaiting_approval"}:
            done.append(event(life))
            return done[0]
        return approve(life)

    return people


@pytest.mark.parametrize(
    "event",
    [
        lambda life: events.CancelRequested(compensate=True, reason="enough"),
        lambda life: events.CancelRequested(compensate=False),
        lambda life: steering.ManualCompleted(step="hand", output={"ticket": "OPS-1"}),
        lambda life: steering.ManualRefused(step="hand", reason="no access"),
    ],
    ids=["cancel", "leave", "complete", "refuse"],
)
def test_what_people_did_they_do_again(event: Callable[[Original], Event]) -> None:
    manual = "{ instructions: Look, checklist: [seen], fields: { ticket: { type: string } } }"
    text = runbook(put("one", "a", 1), f"{{ id: hand, manual: {manual} }}", put("two", "b", 2))
    relived(text, Original(text, World(), people=says(event, "hand")).live())


def test_a_rejection_is_repeated_with_its_reason() -> None:
    text = runbook(put("one", "a", 1, approve=ASK))

    def reject(life: Original) -> Event | None:
        asked = next(iter(life.asked()), None)
        return asked and events.ApprovalRejected(step="one", digest=asked.digest, reason="not now")

    assert "not now" in relived(text, Original(text, World(), people=reject).live()).state.summary


def test_inputs_and_what_was_around_are_taken_along() -> None:
    text = runbook(
        "{ id: say, set: { word: '${{ inputs.word }} ${{ alert.title }} ${{ incident.severity }}' } }",
        inputs="{ word: { type: string } }",
        outputs="{ word: '${{ steps.say.outputs.word }}' }",
    )
    scope = {"alert": {"title": "${{ no expression }}"}, "incident": {"severity": "sev1", "channel": "C0X"}}
    was = Original(text, World(), inputs={"word": "on\n"}, scope=scope).live()
    assert relived(text, was).state.outputs == was.state.outputs


def test_what_the_world_said_is_never_taken_as_an_expression() -> None:
    text = runbook(read("look", "a"))
    was = Original(text, World(faults={("read", "a"): [Fault(ErrorClass.DENIED)]})).live()
    error = "box.read: ${{ inputs.secret }}"
    was.entries = [
        entry.model_copy(update={"event": entry.event.model_copy(update={"error": error})})
        if isinstance(entry.event, events.StepFailed)
        else entry
        for entry in was.entries
    ]
    assert relived(text, was).state.step("look").error == error
