"""What a run waits for, and what it asks of people."""

from datetime import timedelta

from tests.runbooks.life import Life, is_asking, nobody
from tests.runbooks.test_guardrails import frozen, is_held
from tests.runbooks.test_people import DO_IT, blind, stuck, waits_for_hands
from tests.runbooks.world import ANA, BO, World, put, runbook
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.runbooks import standing
from tocsin.runbooks.standing import Wait

ASK = "{ from: [{ group: dba }, { group: ic, count: 2 }] }"


def only(life: Life) -> Wait:
    [wait] = standing.waits(life.program, life.state, life.now)
    return wait


def asking() -> Life:
    return Life(runbook(put("one", "a", 1, approve=ASK)), World(), people=nobody).live(until=is_asking)


def test_a_question_says_who_is_missing_and_until_when() -> None:
    wait = only(asking())
    assert (wait.cause, wait.step, wait.what) == ("approval", "one", "1 of group:dba and 2 of group:ic")


def test_who_has_said_yes_is_not_missing_any_more() -> None:
    life = asking()
    given = events.ApprovalGiven(step="one", digest=life.asked()[0].digest, counts_as=("group:ic",))
    life.append(given, BO)
    assert only(life).what == "1 of group:dba and 1 of group:ic"


def test_a_manual_step_waits_for_its_assignee() -> None:
    wait = only(Life(runbook(DO_IT), World(), people=nobody).live(until=waits_for_hands))
    assert (wait.cause, wait.what, wait.title) == ("person", "group:sre", "hand")


def test_a_pause_says_who_and_why() -> None:
    life = Life(runbook("{ id: rest, wait: 5m }"), World())
    life.append(steering.RunPaused(reason="a deploy"), ANA)
    wait = only(life)
    assert (wait.cause, wait.what, wait.until) == ("paused", "Ana: a deploy", life.state.paused)


def test_a_freeze_names_its_calendar_its_reason_and_its_end() -> None:
    life = frozen(runbook(put("one", "a", 1))).live(until=is_held)
    wait = only(life)
    assert (wait.cause, wait.what, wait.until) == (
        "frozen",
        "night: Black Friday",
        life.state.step("one").frozen_until,
    )


def test_after_the_glass_is_broken_no_freeze_is_waited_for() -> None:
    life = frozen(runbook(put("one", "a", 1))).live(until=is_held)
    life.append(steering.GlassBroken(reason="fire"), ANA)
    assert standing.waits(life.program, life.state, life.now) == []


def test_a_line_names_the_runs_in_front() -> None:
    life = Life(runbook(put("one", "a", 1)), World())
    life.append(events.LocksAwaited(resources=("box:a",), holders=("r2",)))
    assert only(life) == Wait("locked", what="box:a", runs=("r2",))


def resting(step: str) -> Life:
    life = Life(runbook(step), World())
    return life.live(until=lambda one: one.state.step("rest").status == "waiting")


def test_a_pause_of_the_runbook_ends_at_a_time() -> None:
    life = resting("{ id: rest, wait: 5m }")
    assert (only(life).cause, only(life).until) == ("time", life.now + timedelta(minutes=5))


def test_a_wait_for_something_says_for_what() -> None:
    wait = only(resting("{ id: rest, wait: { until: run.id == 'other', deadline: 5m } }"))
    assert (wait.cause, wait.what) == ("condition", "run.id == 'other'")


def test_a_run_that_is_over_waits_for_nothing() -> None:
    life = Life(runbook(put("one", "a", 1)), World()).live()
    assert standing.waits(life.program, life.state, life.now) == []


def test_a_verification_that_saw_nothing_asks_whether_all_is_well() -> None:
    life = blind()
    assert [(one.step, one.doubt) for one in standing.stuck(life.program, life.state)] == [("one", "unclear")]


def test_an_undo_that_failed_says_what_to_put_back() -> None:
    life = stuck()
    [one] = standing.stuck(life.program, life.state)
    assert (one.step, one.doubt, "put back by hand" in one.told) == ("one", "undo", True)
