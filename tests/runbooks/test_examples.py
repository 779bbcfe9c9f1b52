"""The runbooks of docs/examples, as they are: clean, valid, and as their tests say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.runbooks.examples import FOLDER
from tests.runbooks.test_library import FILES as LIBRARY
from tests.runbooks.test_library_tests import subject
from tests.runbooks.test_schema import EDITOR
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks import yaml
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import check, load
from tocsin.runbooks.schema import schema_of_tests
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.simulate.cases import live

FILES = sorted(file for file in FOLDER.glob("*.yaml") if not is_test(file))
REGISTRY = Registry(Connections({}))
DOCUMENTS = sorted((FOLDER / "ssm").glob("*.json"))


def value_of(file: Path) -> Any:
    document, problems = yaml.read(file.read_text(), file.name)
    assert document is not None, problems
    return document.value


def every_case() -> Iterator[object]:
    """Yield the file and the number of every case."""
    for file in FILES:
        for number, case in enumerate(value_of(file.with_suffix(".test.yaml"))["cases"]):
            yield pytest.param(file, number, id=f"{file.stem}: {case['name']}")


def test_there_are_three() -> None:
    assert len(FILES) == 3


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_is_clean(file: Path) -> None:
    assert check(file.read_text(), file.name, REGISTRY)[1] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_editor_accepts_an_example(file: Path) -> None:
    EDITOR.validate(value_of(file))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_editor_accepts_the_tests_of_an_example(file: Path) -> None:
    jsonschema.Draft202012Validator(schema_of_tests()).validate(value_of(file.with_suffix(".test.yaml")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_has_the_name_of_its_file_and_of_no_library_runbook(file: Path) -> None:
    assert load(file.read_text(), file.name).name == file.stem
    assert file.stem not in {one.stem for one in LIBRARY}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_can_be_followed_by_hand(file: Path) -> None:
    runbook = load(file.read_text(), file.name)
    page = as_markdown(runbook, runbook.digest, REGISTRY)
    assert [step.title for step in runbook.steps if step.title not in page] == []


@pytest.mark.parametrize(("file", "number"), list(every_case()))
def test_an_example_does_what_its_tests_say(file: Path, number: int) -> None:
    about = subject(file)
    assert [str(one) for one in live(about, about.tests.cases[number]).problems] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
@pytest.mark.parametrize("given", ["/'; id; '", "/$(id)", "/ /etc", "/`id`", "75; id", "journal; id"])
def test_no_parameter_of_a_document_can_bring_a_command_of_its_own(document: Path, given: str) -> None:
    parameters = json.loads(document.read_text())["parameters"]
    patterns = [spec["allowedPattern"] for spec in parameters.values()]
    assert [pattern for pattern in patterns if re.search(pattern, given)] == []
