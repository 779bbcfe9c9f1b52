import json
from pathlib import Path

import pytest

from tests.cli.samples import ASKS
from tests.cli.shell import Shell

ANYWHERE = Shell({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/tests-need-no-database"})
TESTS = """\
schema: runbook-test/v1
inputs: { word: hello }
cases:
  - name: somebody says yes after an hour
    people: [{ approve: call, after: 19m }]
    expect: { status: succeeded, calls: [{ http.request: { json: { word: hello } } }] }
  - name: nobody says anything
    expect: { status: expired, calls: [] }
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """A runbook and its tests, which it passes."""
    (tmp_path / "asks.yaml").write_text(ASKS)
    (tmp_path / "asks.test.yaml").write_text(TESTS)
    return tmp_path / "asks.test.yaml"


def test_runs_that_go_as_expected_exit_with_0_and_a_line_each(tests: Path) -> None:
    result = ANYWHERE("runbook", "test", str(tests))
    assert result.exit_code == 0
    assert [line.partition("  (")[0] for line in result.stdout.splitlines()] == [
        str(tests),
        "✓ somebody says yes after an hour",
        "✓ nobody says anything",
    ]


def test_the_last_line_says_how_much_was_lived(tests: Path) -> None:
    assert ANYWHERE("runbook", "test", str(tests)).stderr.startswith("2 passed: 39m 1s lived in ")


def test_a_run_that_goes_otherwise_exits_with_1_and_names_the_place(tests: Path) -> None:
    tests.write_text(TESTS.replace("status: expired", "status: failed"))
    result = ANYWHERE("runbook", "test", str(tests))
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "1 passed, 1 failed")
    assert f"{tests}:8:23: expected failed, found expired" in result.stdout


@pytest.mark.parametrize("named", ["asks.yaml", "."])
def test_a_runbook_or_a_folder_stands_for_its_tests(tests: Path, named: str) -> None:
    assert "2 passed" in ANYWHERE("runbook", "test", str(tests.parent / named)).stderr


def test_some_cases_are_chosen_by_their_words(tests: Path) -> None:
    assert "1 passed" in ANYWHERE("runbook", "test", str(tests), "-k", "nobody").stderr


def test_words_that_no_case_has_are_wrong_usage(tests: Path) -> None:
    assert ANYWHERE("runbook", "test", str(tests), "-k", "everybody").exit_code == 2


def test_a_runbook_without_tests_exits_with_1(tests: Path) -> None:
    tests.unlink()
    result = ANYWHERE("runbook", "test", str(tests.parent / "asks.yaml"))
    assert result.exit_code == 1
    assert f"asks.yaml has no tests: write {tests}" in result.stderr


def test_a_trace_tells_what_happened_and_when(tests: Path) -> None:
    told = ANYWHERE.says("runbook", "test", str(tests), "--trace", "-k", "yes").splitlines()
    assert "    +00:19:00.000  ask-then-call › call approved (bo)" in told
    assert told[-1] == "    +00:19:01.000  ask-then-call succeeded: every step done and verified"


def test_json_says_the_same_to_programs(tests: Path) -> None:
    [yes, nobody] = ANYWHERE.json("runbook", "test", str(tests))["cases"]
    assert (yes["name"], yes["passed"], yes["status"], yes["lasted"]) == (
        "somebody says yes after an hour",
        True,
        "succeeded",
        1141.0,
    )
    assert (nobody["line"], nobody["problems"]) == (7, [])


def test_json_holds_every_event_of_a_trace(tests: Path) -> None:
    [yes, _] = ANYWHERE.json("runbook", "test", str(tests), "--trace")["cases"]
    assert [event["type"] for event in yes["events"]][-1] == "run_finished"


def test_json_holds_what_is_not_as_expected(tests: Path) -> None:
    tests.write_text(TESTS.replace("status: expired", "status: failed"))
    result = ANYWHERE("runbook", "test", str(tests), "--json")
    [problem] = json.loads(result.stdout)["cases"][1]["problems"]
    assert (result.exit_code, problem["line"], problem["column"]) == (1, 8, 23)


def test_a_file_that_cannot_be_read_exits_with_1_and_names_the_place(tests: Path) -> None:
    tests.write_text(TESTS.replace("approve: call", "approve: cal"))
    result = ANYWHERE("runbook", "test", str(tests))
    assert result.exit_code == 1
    assert f"{tests}:5:25: there is no step `cal`. Did you mean `call`?" in result.stdout


def test_lint_compares_tests_with_their_runbook(tests: Path) -> None:
    tests.write_text(TESTS.replace("approve: call", "approve: cal"))
    result = ANYWHERE("runbook", "lint", str(tests.parent))
    assert f"{tests}:5:25: there is no step `cal`." in result.stdout
    assert result.stderr.startswith("1 runbook and 1 file of tests: 1 error")
