from pathlib import Path

import pytest

from tests.cli.shell import Shell

WRONG = [
    ({"TOCSIN_DATABASE_URL": "mysql://shop"}, "TOCSIN_DATABASE_URL: must be a postgresql:// URL"),
    ({"TOCSIN_DATABSE_URL": "x"}, "TOCSIN_DATABSE_URL: there is no such setting"),
    ({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/none"}, "the database does not answer"),
    ({"TOCSIN_CONFIG": "/no/such/file.yaml"}, "TOCSIN_CONFIG: cannot read /no/such/file.yaml"),
]


@pytest.mark.parametrize(("environment", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_wrong_setting_is_one_line_and_exit_2(environment: dict[str, str], said: str) -> None:
    result = Shell(environment)("incident", "list")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_one_line_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = Shell({"TOCSIN_DATA_DIR": str(tmp_path / "file" / "data")})("incident", "list")
    assert result.exit_code == 2
    assert "TOCSIN_DATA_DIR" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_password_of_a_database_that_does_not_answer_is_not_printed() -> None:
    result = Shell({"TOCSIN_DATABASE_URL": "postgresql://ana:hunter2hunter2@127.0.0.1:1/none"})("run", "list")
    assert "hunter2" not in result.output
