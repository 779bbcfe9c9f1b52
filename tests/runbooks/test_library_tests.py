"""The tests of the runbooks that ship with Tocsin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runbooks.test_library import FILES
from tocsin.actions.base import Risk
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks.simulate.cases import live
from tocsin.runbooks.simulate.model import Case
from tocsin.runbooks.simulate.reading import read, tests_of
from tocsin.runbooks.simulate.subject import Subject

REGISTRY = Registry(Connections({}))
ENDINGS = {"failed", "compensated", "needs_attention"}


def subject(file: Path) -> Subject:
    """Return the tests of a runbook."""
    found, problems = read(tests_of(file), REGISTRY)
    assert found is not None, [str(one) for one in problems]
    return found


def every_case() -> Iterator[object]:
    """Yield every case of the library."""
    for file in FILES:
        about = subject(file)
        yield from (pytest.param(about, case, id=f"{file.stem}: {case.name}") for case in about.tests.cases)


@pytest.mark.parametrize(("about", "case"), list(every_case()))
def test_a_library_runbook_does_what_its_tests_say(about: Subject, case: Case) -> None:
    assert [str(one) for one in live(about, case).problems] == []


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
