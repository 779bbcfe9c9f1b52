"""Tests of runbooks as texts: each is written beside its runbook, read and lived."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.runbooks.world import ACTIONS, World, WorldConnections
from tocsin.actions.registry import BUILT_IN, Registry
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.simulate.cases import Outcome, live
from tocsin.runbooks.simulate.life import Life
from tocsin.runbooks.simulate.reading import read
from tocsin.runbooks.simulate.subject import Subject

EVERY = Registry(WorldConnections(World()), (*ACTIONS, *BUILT_IN))
"""The actions that ship, and those on boxes; a test of a runbook never touches one."""


def case(*keys: str, status: str = "succeeded", **expect: str) -> str:
    """Return a file of tests with one case: keys of the case as they are, then what is expected."""
    wanted = {"status": status, **expect} if "refused" not in expect else expect
    told = ", ".join(f"{key.rstrip('_')}: {value}" for key, value in wanted.items())
    lines = ["schema: runbook-test/v1", "cases:", "  - name: one"]
    return "\n".join([*lines, *(f"    {key}" for key in keys), f"    expect: {{ {told} }}"]) + "\n"


def written(runbook: str, tests: str, **others: str) -> tuple[Subject | None, list[Problem]]:
    """Return what is read of a file of tests, and its problems; ``others`` are runbooks beside it."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for stem, text in {"boxes": runbook, **others}.items():
            (folder / f"{stem}.yaml").write_text(text)
        (folder / "boxes.test.yaml").write_text(tests)
        subject, problems = read(folder / "boxes.test.yaml", EVERY)
        return subject, [_short(one) for one in problems]


def lived(runbook: str, tests: str, **others: str) -> Outcome:
    """Return what came of the only case."""
    subject, problems = written(runbook, tests, **others)
    assert subject is not None, problems
    return live(subject, subject.tests.cases[0])


def life(runbook: str, tests: str, **others: str) -> Life:
    """Return the run of the only case, which has to be as expected."""
    outcome = lived(runbook, tests, **others)
    assert outcome.problems == ()
    assert outcome.life is not None
    return outcome.life


def told(outcome: Outcome) -> list[str]:
    """Return what is not as expected, with line and column."""
    return [str(_short(one)) for one in outcome.problems]


def _short(problem: Problem) -> Problem:
    name = Path(problem.path).name
    return Problem(name, problem.line, problem.column, problem.message, problem.level)


def at(tests: str, words: str) -> str:
    """Return how a message names the place where the words stand first."""
    index = tests.index(words)
    line, column = tests.count("\n", 0, index) + 1, index - tests.rfind("\n", 0, index)
    return f"boxes.test.yaml:{line}:{column}"
