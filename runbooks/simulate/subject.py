"""A file of tests with the runbook that it is about, ready to be lived."""

from dataclasses import dataclass

from tocsin.actions.registry import Registry
from tocsin.runbooks.problems import Path, Problem
from tocsin.runbooks.simulate.model import Case, Tests
from tocsin.runbooks.work import Program
from tocsin.runbooks.yaml import Document


@dataclass(frozen=True)
class Subject:
    """What the cases of a file need."""

    path: str
    """Of the file of tests, as messages name it."""
    document: Document
    tests: Tests
    program: Program
    revision: str
    """Digest of the runbook."""
    registry: Registry

    def problem(self, place: Path, message: str) -> Problem:
        """Return what is wrong at a place of the file."""
        return Problem(self.path, *self.document.value_mark(place), message)

    def line(self, case: Case) -> int:
        """Return where a case begins."""
        return self.document.value_mark(("cases", self.tests.cases.index(case))).line
