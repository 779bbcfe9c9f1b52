"""Sources at a shell."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell
from tests.runbooks.houses import text
from tests.runbooks.repositories import Repo, new_repo


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "theirs")


@pytest.fixture
def shell(tocsin: Shell, repo: Repo, tmp_path: Path) -> Shell:
    config = tmp_path / "tocsin.yaml"
    source = f"{{ name: ours, url: {repo.url}, allow_local: true }}"
    config.write_text(f"{config.read_text()}sources: [{source}]\n")
    return Shell({**tocsin.environment, "TOCSIN_DATA_DIR": str(tmp_path / "data")})


def test_a_look_takes_what_was_pushed(shell: Shell, repo: Repo) -> None:
    commit = repo.push({"pay.yaml": text("pay")})
    assert shell.says("runbook", "sync", "ours") == f"ours: commit {commit[:12]} by Ana: published pay\n"


def test_every_problem_is_printed_and_nothing_is_taken(shell: Shell, repo: Repo) -> None:
    commit = repo.push({"pay.yaml": text("pay"), "a.yaml": "- 1\n", "b.yaml": "- 2\n"})
    result = shell("runbook", "sync")
    first = "a runbook is a map that begins with `schema: runbook/v1`"
    assert (result.exit_code, result.stdout) == (
        1,
        f"ours: commit {commit[:12]} by Ana: nothing was taken\na.yaml:1:1: {first}\nb.yaml:1:1: {first}\n",
    )
    assert "pay" not in [one["runbook"] for one in shell.json("runbook", "list")]


def test_the_copy_is_in_the_data_folder(shell: Shell, repo: Repo, tmp_path: Path) -> None:
    repo.push({"pay.yaml": text("pay")})
    shell.says("runbook", "sync")
    assert (tmp_path / "data" / "git" / "ours" / "HEAD").exists()


def test_a_second_look_finds_nothing_new(shell: Shell, repo: Repo) -> None:
    repo.push({"pay.yaml": text("pay")})
    shell.says("runbook", "sync")
    assert shell.says("runbook", "sync").endswith("nothing new\n")


def test_the_trouble_of_a_source_is_listed(shell: Shell, repo: Repo) -> None:
    repo.push({"a.yaml": "- 1\n", "b.yaml": "- 2\n"})
    shell("runbook", "sync")
    [source] = shell.json("runbook", "sources")
    assert len(source["problems"]) == 2
    assert "a.yaml:1:1: a runbook is a map" in shell.says("runbook", "sources")


def test_a_repository_that_is_not_there_is_said(shell: Shell) -> None:
    result = shell("runbook", "sync")
    assert result.exit_code == 1
    assert result.stdout.startswith("ours: cannot be read: ")


def test_an_unknown_source_is_answered_with_the_known_ones(shell: Shell) -> None:
    result = shell("runbook", "sync", "theirs")
    assert result.exit_code == 1
    assert "no source 'theirs'; tocsin.yaml and TOCSIN_RUNBOOKS name ours" in result.stderr


def test_what_is_kept_in_git_is_not_published_from_a_file(shell: Shell, repo: Repo, tmp_path: Path) -> None:
    repo.push({"pay.yaml": text("pay")})
    shell.says("runbook", "sync")
    (tmp_path / "mine.yaml").write_text(text("pay", "mine"))
    result = shell("runbook", "publish", str(tmp_path / "mine.yaml"))
    assert result.exit_code == 1
    assert "`pay` is kept in git. Nothing was changed. Edit pay.yaml of file:" in result.stderr


def test_a_revision_is_told_as_json_with_where_it_came_from(shell: Shell, repo: Repo) -> None:
    commit = repo.push({"pay.yaml": text("pay")})
    shell.says("runbook", "sync")
    told = shell.json("runbook", "show", "pay")
    assert (told["commit"], told["source"], len(told["closure"]), told["subs"]) == (commit, "ours", 64, {})
