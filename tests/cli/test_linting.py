import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell

ANYWHERE = Shell({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/lint-needs-no-database"})


def test_a_good_file_exits_with_0_and_prints_nothing_on_stdout(files: Path) -> None:
    result = ANYWHERE("runbook", "lint", str(files / "calls.yaml"))
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_bad_file_exits_with_1_and_names_the_place(files: Path) -> None:
    result = ANYWHERE("runbook", "lint", str(files / "broken.yaml"))
    assert result.exit_code == 1
    assert f"{files / 'broken.yaml'}:3:1: " in result.stdout


def test_a_folder_stands_for_its_files(files: Path) -> None:
    result = ANYWHERE("runbook", "lint", str(files))
    assert "6 runbooks: " in result.stderr


def test_a_folder_without_runbooks_is_wrong_usage(tmp_path: Path) -> None:
    assert ANYWHERE("runbook", "lint", str(tmp_path)).exit_code == 2


def test_a_file_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    assert ANYWHERE("runbook", "lint", str(tmp_path / "none.yaml")).exit_code == 2


def test_a_file_that_is_no_text_is_a_problem_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "picture.yaml").write_bytes(b"\xff\xfe\x00")
    result = ANYWHERE("runbook", "lint", str(tmp_path))
    assert result.exit_code == 1
    assert "picture.yaml:1:1: is not UTF-8 text" in result.stdout


@pytest.mark.parametrize(("name", "broken"), [("calls.yaml", []), ("broken.yaml", [3])])
def test_json_lists_the_problems(files: Path, name: str, broken: list[int]) -> None:
    result = ANYWHERE("runbook", "lint", str(files / name), "--format", "json")
    lines = [problem["line"] for problem in json.loads(result.stdout) if problem["line"] == 3]
    assert lines == broken


def test_sarif_is_printed_for_a_good_file_too(files: Path) -> None:
    result = ANYWHERE("runbook", "lint", str(files / "calls.yaml"), "--format", "sarif")
    assert json.loads(result.stdout)["version"] == "2.1.0"


def test_github_annotations_name_file_and_line(files: Path) -> None:
    result = ANYWHERE("runbook", "lint", str(files / "broken.yaml"), "--format", "github")
    assert f"::error file={files / 'broken.yaml'},line=3" in result.stdout


def test_an_unknown_format_is_wrong_usage(files: Path) -> None:
    assert ANYWHERE("runbook", "lint", str(files), "--format", "xml").exit_code == 2


def test_the_schema_is_one_for_runbooks() -> None:
    assert json.loads(ANYWHERE.says("runbook", "schema"))["title"] == "Tocsin runbook"


def test_there_is_one_for_files_of_tests_too() -> None:
    assert json.loads(ANYWHERE.says("runbook", "schema", "--tests"))["title"] == "Tests of a Tocsin runbook"


def test_the_actions_are_listed_with_their_versions() -> None:
    listed = {one["action"]: one["version"] for one in ANYWHERE.json("runbook", "schema", "--actions")}
    assert listed["k8s.scale"] == "1"
