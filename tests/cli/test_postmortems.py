import json
from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def resolved(tocsin: Shell) -> Shell:
    """A shell where INC-1 was declared and resolved."""
    tocsin.says("incident", "declare", "Checkout answers with 500")
    tocsin.says("incident", "resolve", "INC-1")
    return tocsin


def test_a_draft_of_an_open_incident_is_refused(tocsin: Shell) -> None:
    tocsin.says("incident", "declare", "Checkout answers with 500")
    result = tocsin("postmortem", "draft", "INC-1")
    assert result.exit_code == 1
    assert "INC-1 is not resolved, so no draft was written" in result.stderr


def test_a_draft_has_a_version(resolved: Shell) -> None:
    assert "INC-1: draft 1 is written" in resolved.says("postmortem", "draft", "INC-1")


def test_a_second_draft_of_one_resolution_is_the_first(resolved: Shell) -> None:
    resolved.says("postmortem", "draft", "INC-1")
    assert "INC-1: draft 1 is written" in resolved.says("postmortem", "draft", "INC-1")


def test_a_postmortem_is_shown_as_markdown_where_no_terminal_is(resolved: Shell) -> None:
    said = resolved.says("postmortem", "show", "INC-1")
    assert said.startswith("# INC-1: Checkout answers with 500\n")


@pytest.mark.parametrize(
    ("format", "begins"), [("md", "# INC-1"), ("html", "<!doctype html>"), ("json", "{\n")]
)
def test_a_postmortem_is_written_in_every_format(
    resolved: Shell, tmp_path: Path, format: str, begins: str
) -> None:
    file = tmp_path / f"INC-1.{format}"
    resolved.says("postmortem", "export", "INC-1", "--format", format, "--output", str(file))
    assert file.read_text().lower().startswith(begins.lower())


def test_without_an_output_the_document_goes_to_stdout(resolved: Shell) -> None:
    told = json.loads(resolved.says("postmortem", "export", "INC-1", "--format", "json"))
    assert told["ref"] == "INC-1"


def test_a_draft_that_was_never_written_is_not_found(resolved: Shell) -> None:
    result = resolved("postmortem", "show", "INC-1", "--version", "4")
    assert (result.exit_code, result.stderr) == (1, "tocsin: INC-1 has no draft 4; it has 0\n")


def test_a_file_that_cannot_be_written_is_said_in_one_line(resolved: Shell, tmp_path: Path) -> None:
    result = resolved("postmortem", "export", "INC-1", "--output", str(tmp_path / "none" / "INC-1.md"))
    assert result.exit_code == 1
    assert result.stderr.endswith("No such file or directory; choose another --output\n")
