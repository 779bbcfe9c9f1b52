"""The pages that people write: their examples work, and their links lead somewhere."""

import re
import shlex
import textwrap
from collections.abc import Iterator
from pathlib import Path

import docs
import pytest
import typer
from docs.chapters.runbooks import keys as runbook_keys
from pydantic import BaseModel
from typer.main import get_command

from tocsin.actions.registry import Registry
from tocsin.cli import app
from tocsin.connections import Connections
from tocsin.runbooks import library
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import check
from tocsin.runbooks.load import load as load_runbook
from tocsin.runbooks.simulate.cases import live
from tocsin.runbooks.simulate.reading import read as read_tests
from tocsin.settings import load

DOCS = Path(docs.__file__).parent
ROOT = DOCS.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
REDIRECTED = re.compile(r"\s[>|].*")


def blocks(language: str, first: str) -> Iterator[object]:
    """Yield every fenced block of a language that begins with these words."""
    for page in PAGES:
        for number, text in enumerate(fenced(page, language)):
            if text.startswith(first):
                yield pytest.param(text, id=f"{page.relative_to(ROOT)}-{number}")


def fenced(page: Path, language: str) -> list[str]:
    """Return the text of every fenced block of a language."""
    return [textwrap.dedent(text) for kind, text in FENCE.findall(page.read_text()) if kind == language]


def keys(value: object) -> Iterator[str]:
    """Yield every key that is set in a model and inside of it, as ``Model.key``."""
    if isinstance(value, BaseModel):
        for name in value.model_fields_set:
            yield f"{type(value).__name__}.{type(value).model_fields[name].alias or name}"
            yield from keys(getattr(value, name))
    elif isinstance(value, dict | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from keys(inner)


def make_files(words: list[str]) -> None:
    """Let the files and folders exist that a command line names."""
    for word in words:
        if word.endswith("/"):
            Path(word).mkdir(parents=True, exist_ok=True)
        elif word.endswith(".yaml"):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()


def typed() -> Iterator[object]:
    """Yield every command line of a shell block that starts with ``tocsin``."""
    for page in PAGES:
        for line in "".join(fenced(page, "sh")).splitlines():
            if line.startswith("tocsin "):
                yield pytest.param(line, id=line)


def test_the_guide_tells_of_every_runbook_that_comes_with_tocsin() -> None:
    listed = re.findall(r"^\| `([a-z-]+)` \|", (DOCS / "guide" / "library.md").read_text(), re.MULTILINE)
    files = (file for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file))
    assert set(listed) >= {file.stem for file in files}


@pytest.mark.parametrize("text", list(blocks("yaml", "schema: runbook/v1")))
def test_a_runbook_in_the_docs_has_no_problem(text: str) -> None:
    runbook, problems = check(text, "docs.yaml", Registry(Connections({})))
    assert problems == []
    assert runbook is not None


def test_the_tests_in_the_guide_are_passed(tmp_path: Path) -> None:
    runbook, tests = fenced(DOCS / "guide" / "test-a-runbook.md", "yaml")
    (tmp_path / "x.yaml").write_text(runbook)
    (tmp_path / "x.test.yaml").write_text(tests)
    subject, problems = read_tests(tmp_path / "x.test.yaml", Registry(Connections({})))
    assert subject is not None, problems
    assert [one for case in subject.tests.cases for one in live(subject, case).problems] == []


def test_the_guide_shows_every_key_of_a_runbook_in_use() -> None:
    texts = [text for text in fenced(DOCS / "guide" / "write-a-runbook.md", "yaml") if "schema:" in text]
    used = {key for text in texts for key in keys(load_runbook(text, "docs.yaml"))}
    assert set(runbook_keys()) - used == set()


@pytest.mark.parametrize("text", list(blocks("yaml", "# tocsin.yaml")))
def test_a_piece_of_tocsin_yaml_in_the_docs_is_valid(text: str, tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text(text)
    load({"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml")})


def test_the_example_of_tocsin_yaml_has_every_key_of_the_organisation() -> None:
    loaded = load({"TOCSIN_CONFIG": str(DOCS / "guide" / "tocsin.yaml")})
    assert loaded.organisation.model_fields_set == set(type(loaded.organisation).model_fields)


@pytest.mark.parametrize("line", list(typed()))
def test_a_command_in_the_docs_exists_and_takes_its_options(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(REDIRECTED.sub("", line), comments=True)[1:]
    monkeypatch.chdir(tmp_path)
    make_files(words)
    here: typer.core.TyperGroup = get_command(app)  # type: ignore[assignment]
    with typer.Context(here, info_name="tocsin") as context:
        _parse(here, context, words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    prose = CODE.sub("", FENCE.sub("", page.read_text()))
    targets = [link for link in LINK.findall(prose) if "://" not in link]
    assert [link for link in targets if not (page.parent / link).exists()] == []


def test_every_page_of_the_guide_is_in_its_contents() -> None:
    contents = (DOCS / "guide" / "README.md").read_text()
    pages = {path.name for path in (DOCS / "guide").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in contents} == set()


def _parse(group: object, context: object, words: list[str]) -> None:
    """Parse the words as the command line does, and call nothing."""
    _, command, rest = group.resolve_command(context, words)  # type: ignore[attr-defined]
    if hasattr(command, "resolve_command"):
        with command.make_context(command.name, list(rest), parent=context, resilient_parsing=True) as inner:
            _parse(command, inner, rest)
        return
    command.make_context(command.name, list(rest), parent=context)
