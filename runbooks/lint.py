"""What a well-formed runbook still gets wrong: the rules, and where in the file each of them points."""

from collections.abc import Iterator

from tocsin.runbooks.known import Known
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.rules import RULES
from tocsin.runbooks.subject import Flaw
from tocsin.runbooks.yaml import Document


def lint(known: Known, document: Document, path: str) -> list[Problem]:
    """Return every problem of a runbook that could be built."""
    flaws = [flaw for rule in RULES for flaw in rule(known)]
    flaws += _dead_expressions(known, document)
    return [Problem(path, *_mark(document, flaw), flaw.message, flaw.level) for flaw in flaws]


def _mark(document: Document, flaw: Flaw) -> tuple[int, int]:
    if flaw.nth is not None:
        return document.expression_mark(flaw.path, flaw.nth)
    return (document.key_mark if flaw.key else document.value_mark)(flaw.path)


def _dead_expressions(known: Known, document: Document) -> Iterator[Flaw]:
    """Yield the places that hold ``${{`` where nothing evaluates it."""
    alive = {document.written(spot.path) for spot in known.spots}
    for place, text in document.texts():
        if "${{" in text and place not in alive:
            yield Flaw(place, f"`${{{{ }}}}` is not evaluated in `{place[-1]}`; write the text itself")
