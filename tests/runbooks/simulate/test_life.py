"""Runs in declared worlds: what the world answers, and when."""

import time
from datetime import timedelta

from tests.runbooks.simulate.desk import case, life, lived, told
from tests.runbooks.world import change, put, read, runbook
from tocsin.events import run as events
from tocsin.events import steering


def test_waiting_takes_virtual_time_and_no_other() -> None:
    text = runbook("{ id: hold, wait: 360d }", guardrails="{ timeout: 366d }")
    began = time.process_time()
    run = life(text, case())
    assert run.lasted == timedelta(days=360)
    assert time.process_time() - began < 1


def test_a_call_takes_a_second_and_its_plan_none() -> None:
    assert life(runbook(put("one", "a", 1, verify="none")), case()).lasted == timedelta(seconds=1)


def test_a_call_takes_as_long_as_the_world_says() -> None:
    run = life(runbook(put("one", "a", 1, verify="none")), case("world: { one: { takes: 350ms } }"))
    assert run.lasted == timedelta(milliseconds=350)


def test_branches_take_as_long_as_the_longest_of_them() -> None:
    branches = [put("one", "a", 1, verify="none"), put("two", "b", 2, verify="none")]
    text = runbook(f"{{ id: both, parallel: [{', '.join(branches)}] }}")
    run = life(text, case("world: { one: { takes: 40s }, two: { takes: 30s } }"))
    assert run.lasted == timedelta(seconds=40)


def test_a_step_that_is_slower_than_its_timeout_fails_at_that_time() -> None:
    text = runbook(put("one", "a", 1, timeout="30s", retry="{ max: 0 }"))
    run = life(
        text,
        case(
            "world: { one: { takes: 10m } }",
            status="failed",
            steps="{ one: { error: no answer within 30 s } }",
        ),
    )
    assert run.lasted == timedelta(seconds=30)


def test_a_failure_is_tried_again_as_often_as_the_world_fails() -> None:
    tests = case("world: { one: { fail: { kind: throttled, times: 2 } } }", steps="{ one: { attempts: 3 } }")
    assert life(runbook(put("one", "a", 1)), tests).state.status == "succeeded"


def test_what_the_real_action_takes_for_no_input_fails_here_too() -> None:
    text = runbook(put("one", "a", 1).replace("value: 1", "value: \"${{ 'many' }}\""))
    tests = case(status="failed", summary="valid integer", calls="[]")
    assert lived(text, tests).passed


def test_an_output_that_is_not_declared_is_not_there() -> None:
    text = runbook(put("one", "a", 1), "{ id: sure, assert: steps.one.outputs.value == 1 }")
    assert lived(text, case(status="failed", steps="{ sure: { error: '`value`' } }")).passed is False
    tests = case(status="failed", steps="{ sure: { error: is not there } }")
    assert lived(text, tests).passed


def test_a_read_that_the_world_does_not_answer_is_the_tests_mistake() -> None:
    outcome = lived(runbook(read("look", "a")), case())
    assert told(outcome) == [
        "boxes.test.yaml:3:5: the world does not say what box.read finds at step look; "
        "add to `world`: `box.read: { output: { value: … } }`"
    ]


def test_an_answer_holds_from_its_time_on() -> None:
    text = runbook(read("first", "a"), "{ id: hold, wait: 10m }", read("second", "a"))
    world = "world: { box.read: [{ output: { value: 1 } }, { after: 5m, output: { value: 2 } }] }"
    run = life(text, case(world))
    assert [run.state.step(one).output["value"] for one in ("first", "second")] == [1, 2]


def test_an_answer_can_hold_since_a_step() -> None:
    text = runbook(read("first", "a"), put("one", "a", 7), read("second", "a"))
    world = "world: { box.read: [{ output: { value: 1 } }, { since: one, output: { value: 7 } }] }"
    run = life(text, case(world))
    assert [run.state.step(one).output["value"] for one in ("first", "second")] == [1, 7]


def test_answers_are_used_up_one_after_the_other() -> None:
    text = runbook(*(read(f"look{number}", "a") for number in range(4)))
    world = "world: { box.read: [{ times: 2, output: { value: 1 } }, { output: { value: 2 } }] }"
    run = life(text, case(world))
    assert [run.state.step(f"look{number}").output["value"] for number in range(4)] == [1, 1, 2, 2]


def test_an_answer_can_be_for_certain_inputs() -> None:
    text = runbook(read("first", "a"), read("second", "b"))
    answers = [
        f"{{ with: {{ box: {box} }}, output: {{ value: {value} }} }}" for box, value in (("a", 1), ("b", 2))
    ]
    run = life(text, case(f"world: {{ box.read: [{', '.join(answers)}] }}"))
    assert [run.state.step(one).output["value"] for one in ("first", "second")] == [1, 2]


def test_an_answer_can_say_what_it_was_asked() -> None:
    text = runbook(
        "{ id: each, foreach: { items: [3, 4] }, uses: box.set, with: { box: a, value: '${{ item }}' } }"
    )
    run = life(text, case("world: { box.set: { output: { value: '${{ with.value }}' } } }"))
    assert [run.state.step(f"each[{index}]").output["value"] for index in (0, 1)] == [3, 4]


def test_a_steps_own_answers_go_before_its_actions() -> None:
    text = runbook(read("first", "a"), read("second", "a"))
    world = "world: { box.read: { output: { value: 1 } }, second: { output: { value: 2 } } }"
    run = life(text, case(world))
    assert [run.state.step(one).output["value"] for one in ("first", "second")] == [1, 2]


def test_one_item_of_many_can_be_answered_by_itself() -> None:
    each = "foreach: { items: [3, 4], fail_fast: false }, uses: box.set, with: { box: a, value: 1 }"
    text = runbook(f"{{ id: each, {each} }}")
    run = life(text, case("world: { 'each[1]': { fail: denied } }", status="failed"))
    assert [run.state.step(f"each[{index}]").status for index in (0, 1)] == ["succeeded", "failed"]


def test_the_runbooks_own_verification_is_truly_evaluated() -> None:
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 7, interval: 5s, deadline: 1m }"
    world = (
        "world: { box.read: [{ output: { value: 1 } }, { since: one, after: 30s, output: { value: 7 } }] }"
    )
    run = life(runbook(put("one", "a", 7, verify=verify)), case(world))
    assert [one.event.state for one in run.history if isinstance(one.event, events.StepChecked)][-2:] == [
        "waiting",
        "ok",
    ]


def test_what_a_look_finds_can_be_told_instead() -> None:
    verify = "{ uses: box.read, with: { box: a }, assert: value.value == 7 }"
    world = "world: { one: { verify: [{ output: waiting, times: 2 }, ok] } }"
    run = life(runbook(put("one", "a", 7, verify=verify)), case(world))
    found = [one.event.state for one in run.history if isinstance(one.event, events.StepChecked)]
    assert found == ["waiting", "waiting", "ok"]


def test_a_look_that_sees_nothing_is_never_a_success() -> None:
    world = "world: { box.set: { verify: inconclusive } }"
    assert lived(runbook(put("one", "a", 7)), case(world, status="failed", summary="as the test says")).passed


def test_the_guard_can_be_told_what_it_finds() -> None:
    guard = "{ stop_if: { uses: box.read, with: { box: a }, assert: value.value < 5 } }"
    world = "world: { stop_if: { verify: { output: { state: failed, reason: too many errors } } } }"
    run = life(
        runbook(put("one", "a", 1), guardrails=guard),
        case(world, status="failed", summary="too many errors", calls="[]"),
    )
    assert [one.event.holds for one in run.history if isinstance(one.event, steering.GuardChecked)] == [False]


def test_the_guard_looks_truly_when_it_is_told_nothing() -> None:
    guard = "{ stop_if: { uses: box.read, with: { box: a }, assert: value.value < 5 } }"
    world = "world: { box.read: { output: { value: 9 } } }"
    assert lived(
        runbook(put("one", "a", 1), guardrails=guard), case(world, status="failed", calls="[]")
    ).passed


def test_a_lost_effect_is_found_by_its_probe() -> None:
    world = "world: { one: { fail: { kind: timeout, happened: true } } }"
    run = life(runbook(change("box.fire", "one", "a", 1)), case(world, calls="[box.fire]"))
    assert [one.event.found for one in run.history if isinstance(one.event, events.StepProbed)] == ["done"]


def test_a_probe_that_cannot_look_is_tried_again() -> None:
    probe = "{ fail: { kind: transient, times: 3 }, output: not_done }"
    world = f"world: {{ one: {{ run: {{ fail: {{ kind: timeout, times: 1 }} }}, probe: {probe} }} }}"
    text = runbook(change("box.fire", "one", "a", 1, retry="{ on: [timeout] }", verify="none"))
    assert lived(text, case(world, calls="[{ uses: box.fire, times: 2 }]")).passed


def test_a_probe_that_can_never_look_is_the_tests_mistake() -> None:
    world = "world: { one: { run: { fail: timeout }, probe: { fail: transient } } }"
    [problem] = lived(runbook(change("box.fire", "one", "a", 1)), case(world, status="failed")).problems
    assert "`probe` always fails" in problem.message


def test_an_answer_that_turns_out_to_be_none_is_the_tests_mistake() -> None:
    world = "world: { box.set: { verify: \"${{ 'fine' if with.value == 1 else 'ok' }}\" } }"
    [problem] = lived(runbook(put("one", "a", 1)), case(world)).problems
    assert problem.message == (
        'what the world answers cannot be "fine"; it is one of ok, waiting, failed, inconclusive'
    )


def test_an_undo_is_tried_three_times_without_sleeping() -> None:
    text = runbook(put("one", "a", 1), on_failure="{ compensate: true }")
    world = "world: { one: { verify: failed, undo: { fail: transient } } }"
    run = life(
        text,
        case(world, status="needs_attention", calls="[box.set, { uses: box.set, verb: undo, times: 3 }]"),
    )
    assert run.lasted < timedelta(minutes=1)


def test_a_lock_of_another_run_is_waited_for() -> None:
    held = "held: [{ resource: 'box:a', for: 20m }]"
    run = life(runbook(put("one", "a", 1, verify="none")), case(held, events="[locks_awaited, locks_taken]"))
    assert run.lasted == timedelta(minutes=20, seconds=1)


def test_a_lock_that_is_never_free_ends_the_run_in_its_time() -> None:
    held = "held: [{ resource: 'box:a', for: 2h }]"
    text = runbook(put("one", "a", 1), guardrails="{ timeout: 10m }")
    assert life(text, case(held, status="failed", calls="[]")).lasted == timedelta(minutes=10)


def test_a_freeze_is_waited_out() -> None:
    frozen = "freezes: [{ calendar: peak, until: 3h }]"
    text = runbook(put("one", "a", 1, verify="none"), guardrails="{ timeout: 5h }")
    assert life(text, case(frozen, events="[freeze_held, step_started]")).lasted == timedelta(
        hours=3, seconds=1
    )


def test_a_calendar_that_the_test_does_not_tell_of_forbids_nothing() -> None:
    text = runbook(put("one", "a", 1, verify="none"), guardrails="{ freeze: ['calendar:peak'] }")
    assert life(text, case(events="[step_started]")).lasted < timedelta(minutes=1)


def test_a_runbook_that_is_called_lives_in_the_same_world() -> None:
    inner = runbook(put("fill", "a", 1)).replace("name: boxes", "name: inner")
    world = "world: { 'call/fill': { fail: denied } }"
    tests = case(world, status="failed", steps="{ call/fill: failed }")
    assert lived(runbook("{ id: call, runbook: inner }"), tests, inner=inner).passed


def test_a_secret_is_seen_where_it_would_go_and_not_read() -> None:
    asked = "connection: 'http:x', method: POST, json: { pass: 1 }, headers: { a: '${{ secrets.pass }}' }"
    text = runbook(f"{{ id: one, uses: http.request, with: {{ {asked} }}, verify: none }}")
    calls = "[{ http.request: { headers: { a: '${{ secrets.pass }}' } } }]"
    assert lived(text, case(calls=calls)).passed


def test_steps_of_an_earlier_run_are_taken_over() -> None:
    text = runbook(read("look", "a"), "{ id: sure, assert: steps.look.outputs.value == 3 }")
    assert lived(text, case("keep: { look: { value: 3 } }", calls="[]")).passed


def test_a_question_that_nobody_answers_expires_in_its_time() -> None:
    text = runbook(put("one", "a", 1, approve="{ from: ['group:sre'], expires: 366d }"))
    assert life(text, case(status="expired")).lasted == timedelta(days=366)


def test_the_same_case_goes_the_same_way_every_time() -> None:
    text = runbook(put("one", "a", 1, retry="{ max: 5 }"), put("two", "b", 2))
    tests = case("world: { one: { fail: { kind: transient, times: 4 } } }")
    assert life(text, tests).history == life(text, tests).history
