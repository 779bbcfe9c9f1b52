from pathlib import Path

from tests.cli import samples
from tests.cli.shell import Shell
from tocsin.runbooks import library
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import load

ANYWHERE = Shell({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/a-file-needs-no-database"})
LIBRARY = {file.stem for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file)}


def test_the_library_is_published_from_the_start(tocsin: Shell) -> None:
    assert {one["runbook"] for one in tocsin.json("runbook", "list")} == LIBRARY


def test_a_limited_list_says_how_many_more_there_are(tocsin: Shell) -> None:
    result = tocsin("runbook", "list", "--limit", "1")
    assert f"… {len(LIBRARY) - 1} more" in result.stderr


def test_a_published_file_is_listed(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    assert "call-the-shop" in tocsin.says("runbook", "list")


def test_a_broken_file_is_not_published(tocsin: Shell, files: Path) -> None:
    result = tocsin("runbook", "publish", str(files / "broken.yaml"))
    assert result.exit_code == 1
    assert "broken.yaml:3:1: " in result.stderr


def test_a_file_that_is_not_there_is_said_in_one_line(tocsin: Shell) -> None:
    result = tocsin("runbook", "publish", "none.yaml")
    assert (result.exit_code, result.stderr) == (
        1,
        "tocsin: cannot read none.yaml: No such file or directory\n",
    )


def test_an_older_revision_can_be_published_again(tocsin: Shell, files: Path) -> None:
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    older = load(samples.CALLS, "").digest
    (files / "calls.yaml").write_text(samples.CALLS.replace("Say the word", "Say it"))
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    tocsin.says("runbook", "publish", "call-the-shop", "--revision", older[:12])
    published = {one["runbook"]: one["digest"] for one in tocsin.json("runbook", "list")}
    assert published["call-the-shop"] == older


def test_the_difference_of_two_revisions_is_shown_line_by_line(tocsin: Shell, files: Path) -> None:
    newer = samples.CALLS.replace("Say the word", "Say it")
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    (files / "calls.yaml").write_text(newer)
    tocsin.says("runbook", "publish", str(files / "calls.yaml"))
    digests = [load(text, "").digest[:12] for text in (samples.CALLS, newer)]
    said = tocsin.says("runbook", "diff", "call-the-shop", *digests)
    assert "-    name: Say the word\n+    name: Say it\n" in said


def test_a_runbook_is_shown_as_a_checklist(tocsin: Shell) -> None:
    assert "1. [ ] **Set the replica count**" in tocsin.says("runbook", "show", "scale-deployment")


def test_a_file_is_shown_where_no_database_is(files: Path) -> None:
    nowhere = Shell({"TOCSIN_DATABASE_URL": "postgresql://127.0.0.1:1/none"})
    assert "1. [ ] **Say the word**" in nowhere.says("runbook", "show", str(files / "calls.yaml"))


def test_an_unknown_runbook_is_answered_with_the_known_ones(tocsin: Shell) -> None:
    result = tocsin("runbook", "show", "nothing")
    assert result.exit_code == 1
    assert "no runbook 'nothing' is published; published are diagnose-deployment" in result.stderr


def test_a_file_is_drawn_without_a_database(files: Path) -> None:
    drawn = ANYWHERE.says("runbook", "graph", str(files / "calls.yaml"))
    assert drawn.startswith("flowchart TD\n")


def test_a_published_runbook_is_drawn_as_a_picture(tocsin: Shell) -> None:
    assert tocsin.says("runbook", "graph", "rollback-deployment", "--format", "svg").startswith("<svg ")
