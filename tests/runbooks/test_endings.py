"""How runs end before their last step, and what they leave behind."""

from datetime import timedelta

from tests.runbooks.life import BEGAN, Life, is_asking
from tests.runbooks.world import BO, Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import run as events

ASK = "{ from: ['group:sre'] }"
INCIDENT = {"incident": {"id": "i1", "channel": None}}


def test_a_failed_verification_undoes_in_reverse_order_and_says_so() -> None:
    world = World(boxes={"a": 1, "b": 2, "c": 3}, slow={"c": 10_000})
    steps = (put("one", "a", 7), put("two", "b", 7), put("three", "c", 7))
    life = Life(runbook(*steps, on_failure="{ compensate: true }"), world).live()
    assert [one.step for one in life.of(events.StepUndone)] == ["three", "two", "one"]
    assert (life.state.status, world.boxes) == ("compensated", {"a": 1, "b": 2, "c": 3})
    assert life.state.summary.endswith("not yet; undone: one, two, three")


def test_what_cannot_be_undone_is_said_to_be_left() -> None:
    world = World(broken={("run", "b"): ErrorClass.DENIED})
    steps = (put("one", "a", 7, undo="none"), put("two", "b", 7, undo="none"))
    life = Life(runbook(*steps, on_failure="{ compensate: true }"), world).live()
    assert (life.state.status, world.boxes) == ("failed", {"a": 7})
    assert life.state.summary.endswith("; not undone: one, two")


def test_a_failed_run_that_only_read_says_that_nothing_was_changed() -> None:
    life = Life(runbook(read("look", "a"), "{ id: sure, assert: 1 > 2 }"), World()).live()
    assert life.state.summary == "sure failed: `1 > 2` does not hold; nothing was changed"


def test_a_step_that_would_change_nothing_is_not_undone() -> None:
    world = World(boxes={"a": 7}, broken={("run", "b"): ErrorClass.DENIED})
    steps = (put("one", "a", 7), put("two", "b", 7, undo="none"))
    life = Life(runbook(*steps, on_failure="{ compensate: true }"), world).live()
    assert life.of(events.StepUndone) == []


def test_what_another_step_left_there_on_purpose_stays_there() -> None:
    world = World(slow={"a": 10_000})
    steps = (put("one", "a", 1, undo="none", verify="none"), put("two", "a", 2))
    Life(runbook(*steps, on_failure="{ compensate: true }"), world).live()
    assert world.boxes == {"a": 1}


def test_an_undo_that_fails_waits_for_a_person_and_says_what_to_mend() -> None:
    world = World(boxes={"a": 3}, slow={"a": 10_000}, broken={("undo", "a"): ErrorClass.DENIED})
    life = Life(runbook(put("one", "a", 7), on_failure="{ compensate: true }"), world).live()
    assert (life.state.status, life.state.over) == ("needs_attention", False)
    assert life.state.summary == "one: one: put back by hand what the plan saw: a: 3 → 7"


def test_a_person_who_mended_it_can_end_the_run() -> None:
    world = World(slow={"a": 10_000}, broken={("undo", "a"): ErrorClass.DENIED})
    life = Life(runbook(put("one", "a", 7), on_failure="{ compensate: true }"), world).live()
    life.append(events.CancelRequested(compensate=False, reason="mended"), BO)
    assert (life.live().state.over, life.state.status) == (True, "failed")


def test_a_person_can_have_a_failed_undo_tried_again() -> None:
    world = World(slow={"a": 10_000}, broken={("undo", "a"): ErrorClass.DENIED})
    life = Life(runbook(put("one", "a", 7), on_failure="{ compensate: true }"), world).live()
    world.broken.clear()
    life.append(events.CancelRequested(compensate=True), BO)
    assert (life.live().state.status, world.boxes) == ("compensated", {"a": 0})


def test_a_person_can_end_a_run_whose_outcome_nobody_knows() -> None:
    life = Life(runbook(change("box.fire", "one", "a", 1)), World(blind={"a"}), loses=frozenset({2})).live()
    life.append(events.CancelRequested(compensate=False, reason="leave it"), BO)
    assert life.live().state.summary == "leave it; not undone: one"


def test_an_effect_of_unknown_outcome_is_not_undone_before_somebody_looked() -> None:
    world = World(blind={"a"})
    life = Life(runbook(change("box.fire", "one", "a", 1)), world, loses=frozenset({2})).live()
    life.append(events.CancelRequested(compensate=True), BO)
    assert (life.live().state.status, world.called("undo", "a")) == ("needs_attention", 0)


def test_an_effect_that_did_not_happen_is_not_undone() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT)]})
    Life(runbook(change("box.fire", "one", "a", 1), on_failure="{ compensate: true }"), world).live()
    assert world.called("undo", "a") == 0


def cancel_while_waiting(compensate: bool) -> Life:
    def cancel(life: Life) -> events.CancelRequested | None:
        waits = life.state.step("hold").status == "waiting" and life.state.cancel is None
        return events.CancelRequested(compensate=compensate, reason="enough") if waits else None

    steps = (put("one", "a", 1), "{ id: hold, wait: 5m }", put("two", "b", 2))
    return Life(runbook(*steps), World(), people=cancel).live()


def test_a_cancelled_run_stops_and_leaves_what_it_did() -> None:
    life = cancel_while_waiting(compensate=False)
    assert (life.state.status, life.world.boxes) == ("cancelled", {"a": 1})
    assert life.state.summary == "enough; not undone: one"


def test_a_cancelled_run_can_undo_what_it_did() -> None:
    life = cancel_while_waiting(compensate=True)
    assert (life.state.status, life.world.boxes) == ("cancelled", {"a": 0})


def test_a_cancel_lets_the_step_that_is_at_work_finish() -> None:
    world = World(slow={"a": 1})
    life = Life(runbook(put("one", "a", 1), put("two", "b", 2)), world)
    life.live(until=lambda life: life.state.step("one").status == "verifying")
    life.append(events.CancelRequested(compensate=False), BO)
    assert (life.live().state.step("one").status, life.state.status) == ("succeeded", "cancelled")


def test_a_cancel_does_not_run_again_what_is_known_not_to_have_happened() -> None:
    world = World(blind={"a"}, faults={("run", "a"): [Fault(ErrorClass.TIMEOUT)]})
    life = Life(runbook(change("box.fire", "one", "a", 1)), world).live()
    life.append(events.UnknownResolved(step="one", happened=False), BO)
    life.append(events.CancelRequested(compensate=False, reason="enough"), BO)
    assert life.live().state.summary == "enough; nothing was changed"


def test_a_run_that_takes_too_long_fails() -> None:
    steps = ("{ id: hold, wait: 2h }", put("one", "a", 1))
    life = Life(runbook(*steps, guardrails="{ timeout: 10m }"), World()).live()
    assert (life.state.status, life.now) == ("failed", BEGAN + timedelta(minutes=10))
    assert "longer than it may" in life.state.summary


def test_the_time_that_people_take_to_approve_does_not_count() -> None:
    step = put("one", "a", 1, approve="{ from: ['group:sre'], expires: 2h }")
    life = Life(runbook(step, guardrails="{ timeout: 5m }"), World()).live(until=is_asking)
    life.pass_time(hours=1)
    assert life.live().state.status == "succeeded"


def test_the_time_that_two_people_take_counts_once() -> None:
    steps = (put("one", "a", 1, approve="{ from: ['group:sre'], count: 2 }"), "{ id: hold, wait: 20m }")
    life = Life(runbook(*steps, guardrails="{ timeout: 10m }"), World()).live(until=is_asking)
    life.pass_time(minutes=15)
    assert life.live().state.status == "failed"


def test_the_time_that_people_take_to_look_does_not_count() -> None:
    text = runbook(change("box.fire", "one", "a", 1), guardrails="{ timeout: 10m }")
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT, happened=True)]}, blind={"a"})
    life = Life(text, world).live()
    life.pass_time(hours=1)
    life.append(events.UnknownResolved(step="one", happened=True), BO)
    assert life.live().state.status == "succeeded"


def test_the_time_before_people_are_asked_does_count() -> None:
    steps = ("{ id: hold, wait: 8m }", put("one", "a", 1, approve=ASK), "{ id: rest, wait: 8m }")
    life = Life(runbook(*steps, guardrails="{ timeout: 10m }"), World()).live()
    assert life.state.status == "failed"


def test_a_once_step_at_work_when_the_time_is_over_is_looked_for_before_the_end() -> None:
    text = runbook(change("box.fire", "one", "a", 1), guardrails="{ timeout: 10m }")
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT, happened=True)]})
    life = Life(text, world).live(until=lambda life: life.state.step("one").status == "retrying")
    life.pass_time(hours=1)
    assert life.live().state.summary == "the run took longer than it may; not undone: one"
    assert [one.found for one in life.of(events.StepProbed)] == ["done"]


def test_a_step_that_may_fail_lets_the_run_go_on() -> None:
    world = World(broken={("run", "a"): ErrorClass.DENIED})
    life = Life(runbook(put("one", "a", 1, on_failure="continue"), put("two", "b", 2)), world).live()
    assert (life.state.status, world.boxes) == ("succeeded", {"b": 2})
    assert life.state.summary == "1 of 2 steps done, the rest skipped or allowed to fail"
