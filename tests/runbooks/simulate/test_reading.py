"""What is said of a file of tests that is wrong, and where."""

from pathlib import Path

import pytest

from tests.runbooks.simulate.desk import EVERY, at, case, written
from tests.runbooks.world import put, read, runbook
from tocsin.runbooks.simulate.reading import read as read_tests

TEXT = runbook(
    put("one", "a", 1),
    read("look", "a"),
    "{ id: hold, wait: 5m }",
    inputs="{ replicas: { type: integer, default: 3 } }",
)


def problems(tests: str, text: str = TEXT, **others: str) -> list[str]:
    subject, found = written(text, tests, **others)
    assert subject is None
    return [str(one) for one in found]


@pytest.mark.parametrize(
    ("key", "place", "message"),
    [
        ("wrld: {}", "wrld", "there is no key `wrld` here. Did you mean `world`?"),
        ("inputs: { replcas: 3 }", "replcas", "there is no input `replcas`. Did you mean `replicas`?"),
        (
            "world: { box.sett: {} }",
            "box.sett",
            "neither a step nor an action of the runbook is called `box.sett`. Did you mean `box.set`?",
        ),
        ("world: { hold: {} }", "hold", "step `hold` calls no action; the world is not asked by it"),
        (
            "world: { look: { output: { valeu: 1 } } }",
            "valeu",
            "box.read: it has no `valeu`. Did you mean `value`?",
        ),
        (
            "world: { look: { output: { value: many } } }",
            "many",
            "box.read: `value` must be a whole number, not `many`",
        ),
        ("world: { look: { output: 7 } }", "7", "box.read: `output` is a map of its fields: value"),
        ("world: { look: { ouput: 7 } }", "ouput", "there is no key `ouput` here. Did you mean `output`?"),
        (
            "world: { one: { verify: fine } }",
            "fine",
            "cannot be `fine`; it is one of ok, waiting, failed, inconclusive",
        ),
        (
            "world: { one: { probe: maybe } }",
            "maybe",
            "cannot be `maybe`; it is one of done, not_done, unknown",
        ),
        ("world: { one: { undo: gone } }", "gone", "`undo` puts nothing out: write `ok`, or `fail`"),
        (
            "world: { one: { fail: slow } }",
            "slow",
            "`kind` cannot be `slow`. It is one of transient, throttled, timeout, conflict, denied, invalid, "
            "missing.",
        ),
        ("world: { one: { takes: 3 } }", "3 }", "takes: 3 is not a duration; write 90s, 5m, 2h or 1d"),
        ("world: { one: { since: won } }", "won", "there is no step `won`. Did you mean `one`?"),
        ("world: { one: { run: { check: 1 } } }", "1 }", "`check` belongs to `verify`"),
        (
            "world: { one: { fail: denied, output: { value: 1 } } }",
            "{ fail",
            "run[0]: no `output` is given where every call fails; say `fail.times`, or leave one out",
        ),
        ("people: [{ approve: onee }]", "onee", "there is no step `onee`. Did you mean `one`?"),
        ("people: [{ complete: one }]", "one }", "step `one` is not `manual`"),
        ("people: [{ reject: one }]", "{ reject", "people[0]: `reject` needs `reason`"),
        ("people: [{ cancel: leave, during: won }]", "won", "there is no step `won`. Did you mean `one`?"),
        ("keep: { lok: {} }", "lok", "there is no step `lok`. Did you mean `look`?"),
        ("at: tomorrow", "tomorrow", "`at` input should be a valid datetime"),
    ],
)
def test_a_mistake_is_told_where_it_stands(key: str, place: str, message: str) -> None:
    tests = case(key)
    [problem] = problems(tests)
    assert problem.startswith(f"{at(tests, place)}: {message}")


@pytest.mark.parametrize(
    ("expect", "place", "message"),
    [
        ("statos: failed", "statos", "there is no key `statos` here. Did you mean `status`?"),
        ("status: fine", "fine", "`status` cannot be `fine`."),
        ("steps: { on: failed }", "on: failed", "there is no step `on`. Did you mean `one`?"),
        ("calls: [box.add]", "box.add", "the runbook does not use `box.add`."),
        ("approvals: [won]", "won", "there is no step `won`. Did you mean `one`?"),
        ("never: [step_faild]", "step_faild", "there is no event `step_faild`. Did you mean `step_failed`?"),
        ("events: ['step_failed:won']", "'step_failed", "there is no step `won`. Did you mean `one`?"),
        ("assert: 'inputs.replicas ='", "'inputs", "`inputs.replicas =`"),
        ("assert: results.x == 1", "results", "there is no `results`."),
        ("summary: '/(/'", "'/(/'", "summary: the pattern '(' is not a regular expression"),
    ],
)
def test_a_mistaken_expectation_is_told_where_it_stands(expect: str, place: str, message: str) -> None:
    tests = case().replace("status: succeeded", expect if "stat" in expect else f"status: failed, {expect}")
    found = problems(tests)
    assert any(one.startswith(f"{at(tests, place)}: {message}") for one in found), found


def test_an_expectation_says_how_the_run_ends() -> None:
    tests = case().replace("status: succeeded", "calls: []")
    assert problems(tests) == [
        f"{at(tests, '{ calls')}: expect: `expect` says how the run ends, `status`, or that it is `refused`"
    ]


def test_an_empty_file_says_what_a_file_of_tests_begins_with() -> None:
    assert problems("") == [
        "boxes.test.yaml:1:1: the file is empty; a test begins with `schema: runbook-test/v1`"
    ]


def test_two_cases_of_one_name_are_told_at_the_second() -> None:
    again = case().partition("cases:\n")[2]
    assert problems(case() + again) == ["boxes.test.yaml:5:11: another case has this name; give each its own"]


def test_the_runbooks_own_errors_are_told_in_the_runbook() -> None:
    [problem] = problems(case(), TEXT.replace("box.read", "box.raed"))
    assert problem.startswith("boxes.yaml:")


def test_a_runbook_that_is_called_stands_beside_it() -> None:
    [problem] = problems(case(), runbook("{ id: call, runbook: inner }"))
    assert problem == "boxes.test.yaml:1:1: boxes calls inner, and there is no inner.yaml beside it"


def test_runbooks_that_call_each_other_for_ever_are_told() -> None:
    [problem] = problems(case(), runbook("{ id: call, runbook: boxes }"))
    assert problem == "boxes.yaml:5:26: runbooks call each other in a circle: boxes → boxes"


def test_a_file_of_tests_without_its_runbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "alone.test.yaml").write_text(case())
    [problem] = read_tests(tmp_path / "alone.test.yaml", EVERY)[1]
    assert problem.message == "there is no alone.yaml beside it; say what it is about: `runbook: x.yaml`"


def test_a_file_of_tests_can_stand_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "boxes.yaml").write_text(TEXT)
    (tmp_path / "tests" / "any.test.yaml").write_text(
        case().replace("cases:", "runbook: ../boxes.yaml\ncases:")
    )
    subject, found = read_tests(tmp_path / "tests" / "any.test.yaml", EVERY)
    assert subject is not None, found


def test_a_runbook_that_is_not_there_is_told_where_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "any.test.yaml").write_text(case().replace("cases:", "runbook: ../boxes.yaml\ncases:"))
    [problem] = read_tests(tmp_path / "any.test.yaml", EVERY)[1]
    assert (problem.line, problem.message) == (2, f"there is no {tmp_path}/../boxes.yaml")


@pytest.mark.parametrize("name", ["call", "call/one", "call/each[3]"])
def test_steps_inside_others_have_their_names(name: str) -> None:
    each = "{ id: each, foreach: { items: [1] }, uses: box.set, with: { box: a, value: 1 } }"
    inner = runbook(put("one", "a", 1), each).replace("name: boxes", "name: inner")
    tests = case(steps=f"{{ '{name}': succeeded }}")
    assert written(runbook("{ id: call, runbook: inner }"), tests, inner=inner)[1] == []
