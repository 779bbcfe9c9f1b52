"""The conductor, told as stories: runs in a world of boxes, in virtual time, without a database."""

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.runbooks.life import BEGAN, Life, is_asking, nobody
from tests.runbooks.world import BO, Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import run as events
from tocsin.runbooks.approvals import PLAN_FRESH, digest

ASK = "{ from: ['group:sre'] }"
INCIDENT = {"incident": {"id": "i1", "channel": None}}


def starts(life: Life, step: str) -> list[events.StepStarted]:
    return [one for one in life.of(events.StepStarted) if one.step == step]


def test_a_run_does_its_steps_in_order_and_succeeds() -> None:
    life = Life(runbook(put("one", "a", 1), put("two", "b", 2)), World()).live()
    assert (life.state.status, life.world.boxes) == ("succeeded", {"a": 1, "b": 2})


def test_every_step_whose_inputs_are_known_is_planned_before_the_first_change() -> None:
    told = Life(runbook(put("one", "a", 1), put("two", "b", 2)), World()).live().told()
    assert told.index("step_planned:two") < told.index("step_started:one")


def test_what_a_read_finds_out_is_planned_with_before_the_first_change() -> None:
    steps = (
        read("look", "a"),
        put("one", "b", 1),
        put("two", "c", 0).replace("0", "'${{ steps.look.outputs.value }}'"),
    )
    told = Life(runbook(*steps), World(boxes={"a": 7})).live().told()
    assert told.index("step_planned:two") < told.index("step_started:one")


def test_a_step_that_needs_the_output_of_a_change_is_planned_after_it() -> None:
    steps = (
        put("one", "a", 4),
        put("two", "b", 0).replace("value: 0", 'value: "${{ steps.one.outputs.value }}"'),
    )
    life = Life(runbook(*steps), World()).live()
    assert life.world.boxes == {"a": 4, "b": 4}


def test_nothing_is_changed_while_a_plan_is_still_being_tried() -> None:
    world = World(faults={("plan", "b"): [Fault(ErrorClass.TRANSIENT), Fault(ErrorClass.TRANSIENT)]})
    told = Life(runbook(put("one", "a", 1), put("two", "b", 2)), world).live().told()
    assert told.index("step_planned:two") < told.index("step_started:one")


def test_a_plan_that_is_refused_ends_the_run_before_anything_is_changed() -> None:
    world = World(broken={("plan", "b"): ErrorClass.INVALID})
    life = Life(runbook(put("one", "a", 1), put("two", "b", 2)), world).live()
    assert (life.state.status, world.effects) == ("failed", [])
    assert life.state.summary.endswith("nothing was changed")


def test_a_step_whose_condition_does_not_hold_is_skipped() -> None:
    life = Life(runbook(put("one", "a", 1, if_="1 > 2"), put("two", "b", 2)), World()).live()
    assert (life.state.step("one").status, life.world.boxes) == ("skipped", {"b": 2})


def test_a_plan_is_made_again_under_the_locks() -> None:
    told = Life(runbook(put("one", "a", 1)), World()).live().told()
    assert told[told.index("locks_taken") + 1] == "step_planned:one"


def test_every_resource_is_locked_before_the_first_change() -> None:
    life = Life(runbook(put("one", "a", 1), put("two", "b", 2), guardrails='{ lock: "all" }'), World()).live()
    assert life.of(events.LocksTaken) == [events.LocksTaken(resources=("all", "box:a", "box:b"))]


def test_a_run_that_only_reads_takes_no_locks() -> None:
    assert Life(runbook(read("look", "a")), World()).live().of(events.LocksTaken) == []


# Approvals


def test_an_approval_is_bound_to_revision_inputs_step_and_plan() -> None:
    life = Life(runbook(put("one", "a", 1, approve=ASK)), World()).live(until=is_asking)
    assert life.asked()[0].digest == digest(life.state, "one")


@pytest.mark.parametrize("other", [put("one", "a", 2, approve=ASK), put("one", "b", 1, approve=ASK)])
def test_another_change_has_another_digest(other: str) -> None:
    steps = (put("one", "a", 1, approve=ASK), other)
    first, second = (Life(runbook(step), World()).live(until=is_asking) for step in steps)
    assert first.asked()[0].digest != second.asked()[0].digest


def test_other_inputs_have_another_digest() -> None:
    text = runbook(put("one", "a", 1, approve=ASK), inputs="{ why: { type: string } }")
    first, second = (Life(text, World(), inputs={"why": why}).live(until=is_asking) for why in ("x", "y"))
    assert first.asked()[0].digest != second.asked()[0].digest


def test_nothing_is_changed_before_the_approval() -> None:
    life = Life(runbook(put("one", "a", 1, approve=ASK)), World()).live(until=is_asking)
    assert life.world.effects == []


def test_it_takes_as_many_approvals_as_the_step_says() -> None:
    life = Life(runbook(put("one", "a", 1, approve="{ from: ['group:sre'], count: 2 }")), World()).live()
    assert len(life.of(events.ApprovalGiven)) == 2


def test_a_plan_that_changed_voids_the_approval_and_asks_again() -> None:
    life = Life(runbook(change("box.add", "one", "a", 1, approve=ASK)), World()).live(until=is_asking)
    life.world.boxes["a"] = 5  # somebody else, meanwhile
    first, second = life.live().of(events.ApprovalRequested)
    assert (first.digest != second.digest, life.world.boxes) == (True, {"a": 6})


def test_a_plan_is_made_again_when_it_has_grown_old_under_the_locks() -> None:
    steps = (put("one", "a", 1), "{ id: hold, wait: 61s }", put("two", "b", 2))
    life = Life(runbook(*steps), World()).live(until=lambda life: life.state.step("hold").status == "waiting")
    life.world.boxes["b"] = 5  # somebody else, meanwhile
    assert life.live().state.step("two").plan["before"] == 5


def test_an_approval_holds_while_the_plan_says_the_same() -> None:
    life = Life(runbook(put("one", "a", 1, approve=ASK)), World()).live(until=is_asking)
    life.pass_time(seconds=PLAN_FRESH.total_seconds() + 1)
    assert (len(life.live().of(events.ApprovalRequested)), life.state.status) == (1, "succeeded")


def test_an_approval_holds_through_a_plan_that_had_to_be_tried_twice() -> None:
    life = Life(runbook(put("one", "a", 1, approve=ASK)), World()).live(until=is_asking)
    life.world.faults["plan", "a"] = [Fault(ErrorClass.TRANSIENT)]
    assert (len(life.live().of(events.ApprovalRequested)), life.state.status) == (1, "succeeded")


def test_people_are_asked_about_what_is_true_now() -> None:
    steps = ("{ id: hold, wait: 10m }", put("one", "a", 1, approve=ASK))
    told = Life(runbook(*steps), World()).live().told()
    assert told[told.index("approval_requested:one") - 1] == "step_planned:one"


def test_a_rejection_cancels_the_run_and_nothing_is_changed() -> None:
    def reject(life: Life) -> events.ApprovalRejected | None:
        return next(
            (events.ApprovalRejected(step=one.step, digest=one.digest, reason="no") for one in life.asked()),
            None,
        )

    life = Life(runbook(put("one", "a", 1, approve=ASK)), World(), people=reject).live()
    assert (life.state.status, life.world.effects) == ("cancelled", [])
    assert life.state.summary == "Bo rejected one: no; nothing was changed"


def test_an_approval_that_nobody_gives_expires_the_run() -> None:
    life = Life(runbook(put("one", "a", 1, approve=ASK)), World(), people=nobody).live()
    assert (life.state.status, life.now >= BEGAN + timedelta(minutes=30)) == ("expired", True)


def test_an_expired_approval_can_skip_its_step() -> None:
    ask = "{ from: ['group:sre'], on_expiry: skip }"
    life = Life(runbook(put("one", "a", 1, approve=ask), put("two", "b", 2)), World(), people=nobody).live()
    assert (life.state.status, life.world.boxes) == ("succeeded", {"b": 2})


def test_an_expired_approval_can_undo_what_was_done() -> None:
    ask = "{ from: ['group:sre'], on_expiry: compensate }"
    life = Life(runbook(put("one", "a", 1), put("two", "b", 2, approve=ask)), World(), people=nobody).live()
    assert (life.state.status, life.world.boxes) == ("expired", {"a": 0})


def test_propose_mode_asks_before_the_first_change_and_not_again() -> None:
    steps = (read("look", "a"), put("one", "a", 1), put("two", "b", 2))
    life = Life(runbook(*steps), World(), mode="propose").live()
    assert [one.step for one in life.of(events.ApprovalRequested)] == ["one"]


def test_propose_mode_asks_again_when_the_first_question_was_only_skipped() -> None:
    ask = "{ from: ['group:sre'], expires: 1m, on_expiry: skip }"
    steps = (put("one", "a", 1, approve=ask), put("two", "b", 2))
    life = Life(runbook(*steps), World(), people=nobody, mode="propose").live()
    assert life.world.effects == []


def test_an_approved_read_does_not_stand_for_the_first_change() -> None:
    life = Life(runbook(read("look", "a", approve=ASK), put("one", "a", 1)), World(), mode="propose").live()
    assert [one.step for one in life.of(events.ApprovalRequested)] == ["look", "one"]


# Retries, timeouts, crashes


def test_a_failure_of_a_named_class_is_tried_again() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TRANSIENT), Fault(ErrorClass.THROTTLED)]})
    life = Life(runbook(put("one", "a", 1)), world).live()
    assert (life.state.status, len(starts(life, "one"))) == ("succeeded", 3)


def test_a_failure_of_another_class_is_not() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.DENIED)]})
    life = Life(runbook(put("one", "a", 1)), world).live()
    assert (life.state.status, len(starts(life, "one"))) == ("failed", 1)


def test_it_is_tried_no_more_often_than_the_runbook_says() -> None:
    world = World(broken={("run", "a"): ErrorClass.TRANSIENT})
    life = Life(runbook(put("one", "a", 1, retry="{ max: 2 }")), world).live()
    assert len(starts(life, "one")) == 3


def test_the_times_of_the_tries_are_the_same_in_a_replay() -> None:
    def times() -> list[object]:
        world = World(broken={("run", "a"): ErrorClass.TRANSIENT})
        return [one.retry_at for one in Life(runbook(put("one", "a", 1)), world).live().of(events.StepFailed)]

    assert times() == times()


def test_the_pauses_grow_to_the_cap_and_not_beyond() -> None:
    world = World(broken={("run", "a"): ErrorClass.TRANSIENT})
    retry = "{ max: 4, base: 2s, cap: 6s, jitter: false }"
    life = Life(runbook(put("one", "a", 1, retry=retry)), world).live()
    tried = [entry.occurred_at for entry in life.entries if isinstance(entry.event, events.StepStarted)]
    pauses = [round((after - before).total_seconds()) for before, after in pairwise(tried)]
    assert pauses == [3, 5, 7, 7]  # the try itself takes a second


def test_every_try_has_the_same_key() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TRANSIENT, happened=True)]})
    life = Life(runbook(change("box.add", "one", "a", 1)), world).live()
    assert (len({one.key for one in starts(life, "one")}), world.boxes) == (1, {"a": 1})


def test_a_once_step_that_timed_out_and_had_happened_goes_on() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT, happened=True)]})
    life = Life(runbook(change("box.fire", "one", "a", 1)), world).live()
    assert (life.state.status, world.boxes, world.called("run", "a")) == ("succeeded", {"a": 1}, 1)


def test_a_once_step_that_timed_out_and_had_not_happened_fails_when_timeouts_are_not_retried() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT)]})
    life = Life(runbook(change("box.fire", "one", "a", 1)), world).live()
    assert (life.state.status, world.called("run", "a")) == ("failed", 1)
    assert life.state.summary == "one failed: run a: timeout; looked: it did not happen; nothing was changed"


def test_a_once_step_that_timed_out_is_tried_again_only_after_a_look() -> None:
    world = World(faults={("run", "a"): [Fault(ErrorClass.TIMEOUT)]})
    life = Life(runbook(change("box.fire", "one", "a", 1, retry="{ on: [timeout] }")), world).live()
    told = life.told()
    assert told[told.index("step_failed:one") :][:3] == [
        "step_failed:one",
        "step_probed:one",
        "step_started:one",
    ]


def test_a_once_step_whose_plan_failed_is_not_looked_for() -> None:
    text = runbook(change("box.fire", "one", "a", 1, approve=ASK))
    life = Life(text, World(blind={"a"})).live(until=is_asking)
    life.world.faults["plan", "a"] = [Fault(ErrorClass.TRANSIENT)]
    assert (life.live().state.status, life.of(events.StepProbed)) == ("succeeded", [])


@pytest.mark.parametrize("uses", ["box.set", "box.add"])
def test_after_a_crash_a_started_step_is_run_again_with_the_same_key(uses: str) -> None:
    world = World()
    life = Life(runbook(change(uses, "one", "a", 1)), world, loses=frozenset({2})).live()
    assert (world.boxes, world.called("run", "a")) == ({"a": 1}, 2)
    assert len({one.key for one in starts(life, "one")}) == 1


def test_after_a_crash_a_started_read_is_run_again() -> None:
    world = World()
    Life(runbook(read("look", "a")), world, loses=frozenset({1})).live()
    assert world.called("read", "a") == 2


def test_after_a_crash_a_once_step_that_happened_goes_on() -> None:
    world = World()
    life = Life(runbook(change("box.fire", "one", "a", 1)), world, loses=frozenset({2})).live()
    assert (life.state.status, world.boxes, world.called("run", "a")) == ("succeeded", {"a": 1}, 1)


def test_after_a_crash_a_once_step_that_did_not_happen_is_run() -> None:
    world = World()
    before = Life(runbook(change("box.fire", "one", "a", 1)), world)
    at = before.live().told().index("step_started:one") + 1
    world = World()
    life = Life(runbook(change("box.fire", "one", "a", 1)), world, dies_after=frozenset({at})).live()
    assert (life.state.status, world.boxes, world.called("probe", "a")) == ("succeeded", {"a": 1}, 1)


def test_after_a_crash_a_once_step_that_nobody_can_see_waits_for_a_person() -> None:
    world = World(blind={"a"})
    life = Life(runbook(change("box.fire", "one", "a", 1)), world, loses=frozenset({2})).live()
    assert (life.state.status, life.state.over) == ("needs_attention", False)
    assert "resolve-unknown" in life.state.summary


@pytest.mark.parametrize(("happened", "calls"), [(True, 1), (False, 2)])
def test_a_person_who_looked_lets_the_run_go_on(happened: bool, calls: int) -> None:
    world = World(blind={"a"})
    text = runbook(change("box.fire", "one", "a", 1, verify="none"), put("two", "b", 1))
    life = Life(text, world, loses=frozenset({3})).live()
    life.append(events.UnknownResolved(step="one", happened=happened), BO)
    assert (life.live().state.status, world.called("run", "a")) == ("succeeded", calls)


# What a run waits for, and what it puts out


def test_a_step_that_speaks_in_the_channel_waits_for_it() -> None:
    step = put("one", "a", 1).replace("value: 1", 'value: 1, note: "${{ incident.channel }}"')
    life = Life(runbook(step), World(), scope=INCIDENT, incident_id="i1")
    assert life.decide().work == ()
    life.append(events.ChannelKnown(channel="C1"))
    assert life.live().state.step("one").want["note"] == "C1"


def test_a_condition_on_the_channel_waits_for_it() -> None:
    step = put("one", "a", 1, if_="incident.channel is not none")
    life = Life(runbook(step), World(), scope=INCIDENT, incident_id="i1")
    assert life.decide().events == ()


def test_a_variable_with_the_channel_in_it_waits_for_it_and_holds_up_nothing_else() -> None:
    steps = (
        put("one", "a", 1),
        put("two", "b", 2).replace("value: 2", 'value: 2, note: "${{ vars.where }}"'),
    )
    text = runbook(*steps, vars='{ where: "in ${{ incident.channel }}" }', guardrails="{ timeout: 5m }")
    life = Life(text, World(), scope=INCIDENT, incident_id="i1").live()
    assert (life.state.step("one").status, life.state.step("two").status) == ("succeeded", "pending")


def test_the_outputs_are_computed_at_the_end() -> None:
    life = Life(
        runbook(put("one", "a", 4), outputs='{ put: "${{ steps.one.outputs.value }}" }'), World()
    ).live()
    assert life.state.outputs == {"put": 4}


def test_outputs_that_cannot_be_computed_fail_the_run() -> None:
    text = runbook(put("one", "a", 4, if_="1 > 2"), outputs='{ put: "${{ steps.one.outputs.value }}" }')
    life = Life(text, World()).live()
    assert (life.state.status, "outputs cannot be computed" in life.state.summary) == ("failed", True)


def test_an_assertion_that_does_not_hold_fails_the_run() -> None:
    life = Life(runbook("{ id: sure, assert: [1 < 2, 2 < 1] }", put("one", "a", 1)), World()).live()
    assert (life.state.status, life.state.step("sure").error) == ("failed", "`2 < 1` does not hold")


def test_a_wait_ends_at_its_time() -> None:
    life = Life(runbook("{ id: hold, wait: 5m }"), World()).live()
    assert (life.state.status, life.now) == ("succeeded", BEGAN + timedelta(minutes=5))
