"""What is said of a run that did not go as its test expects."""

import pytest

from tests.runbooks.simulate.desk import at, case, lived, told
from tests.runbooks.world import put, read, runbook

TWO = runbook(
    put("one", "a", 6, verify="none"),
    "{ id: sure, assert: inputs.wrong == false }",
    inputs="{ wrong: { type: boolean, default: false } }",
    outputs="{ box: { name: a, full: true } }",
)
POSTS = runbook("{ id: say, uses: slack.post, with: { channel: C0ONE, text: All is well }, undo: none }")


@pytest.mark.parametrize(
    ("expect", "message"),
    [
        ({"status": "failed"}, "expected failed, found succeeded: every step done and verified"),
        ({"summary": "half"}, 'expected "half", found "every step done and verified"'),
        ({"steps": "{ one: failed }"}, "expected failed, found succeeded"),
        ({"steps": "{ one: { attempts: 2 } }"}, "expected 2, found 1"),
        ({"steps": "{ one: { outputs: { value: 6 } } }"}, "`value` is not there; there is nothing"),
        ({"steps": "{ one: { approved_by: [bo] } }"}, "expected bo, found nobody"),
        ({"steps": "{ sure: pending }"}, "expected pending, found succeeded"),
        ({"outputs": "{ box: { name: b } }"}, 'expected "b", found "a"'),
        ({"outputs": "{ box: { full: 1 } }"}, "expected 1, found true"),
        ({"outputs": "{ lid: 1 }"}, "`lid` is not there; there are box"),
        ({"approvals": "[one]"}, "expected 1, found 0 asked"),
        ({"messages": "[hello]"}, "expected 1, found 0 posted"),
        ({"never": "[step_started:one]"}, "`step_started:one` happened"),
        ({"events": "[undo_started]"}, "`undo_started` was to happen next, and happened never"),
        (
            {"events": "[run_finished, step_started]"},
            "`step_started` was to happen next, and happened only before that",
        ),
        ({"lasted": "{ at_least: 1m }"}, "it took only 1s"),
        ({"lasted": "{ at_most: 500ms }"}, "it took 1s"),
        ({"assert": "outputs.box.full == false"}, "`outputs.box.full == false` does not hold"),
        ({"assert": "[lasted > 0, 'calls[0].with.value > 6']"}, "`calls[0].with.value > 6` does not hold"),
        ({"calls": "[{ box.set: { value: 7 } }]"}, "expected 7, found 6"),
        ({"calls": "[{ uses: box.set, step: sure }]"}, 'expected "sure", found "one"'),
    ],
)
def test_a_difference_is_told_in_a_line(expect: dict[str, str], message: str) -> None:
    [problem] = lived(TWO, case(**expect)).problems
    assert problem.message == message


def test_what_is_as_expected_is_not_told() -> None:
    tests = case(
        summary="/every step .* verified/",
        steps="{ one: { status: succeeded, attempts: 1 }, sure: succeeded }",
        calls="[{ box.set: { box: a, value: 6 } }]",
        outputs="{ box: { full: true } }",
        events="[step_started, run_finished]",
        never="[step_failed, step_started:sure]",
        lasted="{ at_least: 1s, at_most: 1s }",
        approvals="[]",
        messages="[]",
        assert_="[steps.one.status == 'succeeded', inputs.wrong == false, calls | length == 1]",
    )
    assert lived(TWO, tests).problems == ()


def test_a_difference_points_at_the_value_that_was_expected() -> None:
    tests = case(steps="{ sure: succeeded, one: failed }")
    [problem] = told(lived(TWO, tests))
    assert problem.startswith(f"{at(tests, 'failed }')}: ")


def test_other_calls_than_expected_stand_below_each_other() -> None:
    [problem] = lived(TWO, case(calls="[box.set, undo box.set]")).problems
    assert problem.message.splitlines() == [
        "not as expected",
        "- box.set",
        "- undo box.set",
        '+ box.set {"box": "a", "value": 6, "note": ""}',
    ]


def test_a_call_that_only_reads_is_counted_where_it_is_named() -> None:
    text = runbook(read("look", "a"), put("one", "b", 1))
    world = "world: { box.read: { output: { value: 1 } } }"
    assert lived(text, case(world, calls="[box.set]")).passed
    assert lived(text, case(world, calls="[{ box.read: { box: a } }, box.set]")).passed


def test_a_message_is_found_by_its_words_or_a_pattern() -> None:
    assert lived(POSTS, case(messages="[is well]")).passed
    assert lived(POSTS, case(messages="[{ channel: C0ONE, text: /^All .* well$/ }]")).passed


def test_another_message_than_expected_is_told() -> None:
    tests = case(messages="[{ channel: C0TWO, text: ill }]")
    assert told(lived(POSTS, tests)) == [
        f'{at(tests, "C0TWO")}: expected "C0TWO", found "C0ONE"',
        f'{at(tests, "ill }")}: expected "ill", found "All is well"',
    ]


def test_another_question_than_expected_is_told() -> None:
    text = runbook(put("one", "a", 1, approve="{ from: ['group:sre'], confirm: a }"))
    asked = "[{ step: one, from: ['group:dba'], count: 2, confirm: b, plan: to 7 }]"
    world = "world: { one: { plan: { output: { summary: 'a: 0 to 1' } } } }"
    tests = case(world, status="expired", approvals=asked)
    messages = [problem.message for problem in lived(text, tests).problems]
    assert messages == [
        "expected group:dba, found group:sre",
        "expected 2, found 1",
        'expected "b", found "a"',
        'expected "to 7", found "a: 0 to 1"',
    ]


def test_an_assertion_that_cannot_be_evaluated_says_why() -> None:
    [problem] = lived(TWO, case(assert_="outputs.lid == 1")).problems
    assert "`outputs.lid` is not there" in problem.message


def test_inputs_that_are_refused_are_told_where_an_ending_was_expected() -> None:
    tests = case("inputs: { wrong: 7 }")
    assert told(lived(TWO, tests)) == [
        f"{at(tests, 'succeeded')}: expected succeeded, and the run was never started: "
        "input `wrong` must be true or false, not a number"
    ]
