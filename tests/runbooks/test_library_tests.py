"""The tests of the runbooks that ship with Tocsin."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.runbooks.test_library import FILES
from tocsin.actions.base import Risk
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks import yaml
from tocsin.runbooks.schema import schema_of_tests
from tocsin.runbooks.simulate import reading
from tocsin.runbooks.simulate.cases import live
from tocsin.runbooks.simulate.subject import Subject

REGISTRY = Registry(Connections({}))
ENDINGS = {"failed", "compensated", "needs_attention"}


@cache
def subject(file: Path) -> Subject:
    """Return the tests of a runbook."""
    found, problems = reading.read(reading.tests_of(file), REGISTRY)
    assert found is not None, [str(one) for one in problems]
    return found


def every_case() -> Iterator[object]:
    """Yield the file and the number of every case of the library."""
    for file in FILES:
        tests = file.with_suffix(".test.yaml")
        document, _ = yaml.read(tests.read_text() if tests.exists() else "", tests.name)
        cases: Any = document.value if document else {"cases": []}
        for number, case in enumerate(cases["cases"]):
            yield pytest.param(file, number, id=f"{file.stem}: {case['name']}")


@pytest.mark.parametrize(("file", "number"), list(every_case()))
def test_a_library_runbook_does_what_its_tests_say(file: Path, number: int) -> None:
    about = subject(file)
    assert [str(one) for one in live(about, about.tests.cases[number]).problems] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_editor_accepts_the_tests_of_a_library_runbook(file: Path) -> None:
    jsonschema.Draft202012Validator(schema_of_tests()).validate(subject(file).document.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_library_runbook_is_tested_when_all_goes_well(file: Path) -> None:
    assert any(case.expect.status == "succeeded" for case in subject(file).tests.cases)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_library_runbook_is_tested_when_something_fails(file: Path) -> None:
    assert any(case.expect.status in ENDINGS for case in subject(file).tests.cases)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_library_runbook_that_asks_is_tested_with_a_no(file: Path) -> None:
    about = subject(file)
    asks = any(step.approve for step in about.program.runbook.walk())
    rejected = any(act.reject for case in about.tests.cases for act in case.people)
    assert rejected or not asks


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_change_of_a_library_runbook_is_made_by_one_of_its_tests(file: Path) -> None:
    about = subject(file)
    lives = [live(about, case).life for case in about.tests.cases]
    called = {call.uses for life in lives if life for call in life.world.calls if call.verb == "run"}
    facts = about.program.facts.items()
    assert {uses.partition("@")[0] for uses, one in facts if one.risk is not Risk.READ} <= called
