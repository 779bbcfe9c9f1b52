"""What came of the tests, for people and for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.runbooks.problems import Problem
from tocsin.runbooks.simulate.answers import spoken
from tocsin.runbooks.simulate.cases import Outcome


class Line(NamedTuple):
    """A line for people, and how it is set off."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Report:
    """What came of all files together."""

    outcomes: Sequence[Outcome]
    problems: Sequence[Problem]
    """What is wrong with files that could not be tried at all."""
    seconds: float
    """How long all of it took."""

    @property
    def passed(self) -> bool:
        """Say whether every file could be read and every case is as expected."""
        return not self.problems and all(one.passed for one in self.outcomes)

    @property
    def last_line(self) -> Line:
        """Return the sum of it."""
        failed = sum(not one.passed for one in self.outcomes)
        told = [f"{len(self.outcomes) - failed} passed"]
        told += [f"{failed} failed"] if failed else []
        told += [f"{len({one.path for one in self.problems})} could not be tried"] if self.problems else []
        lived = spoken(sum((one.lasted for one in self.outcomes), timedelta(0)))
        return Line(
            f"{', '.join(told)}: {lived} lived in {self.seconds:.2f} s", "" if self.passed else "bold"
        )

    def as_json(self, *, trace: bool) -> JsonValue:
        """Return all of it; with ``trace`` every event of every run."""
        return {
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
            "problems": [asdict(one) for one in self.problems],
            "cases": [dict(_case(one, trace)) for one in self.outcomes],
        }


def lines(outcome: Outcome) -> Iterator[Line]:
    """Yield what came of one case."""
    took = f"{spoken(outcome.lasted)} in {outcome.seconds * 1000:.0f} ms"
    sign, style = ("✓", "green") if outcome.passed else ("✗", "bold red")
    yield Line(f"{sign} {outcome.name}  ({took})", style)
    for problem in outcome.problems:
        first, *rest = f"{problem}".splitlines()
        yield Line(f"    {first}", "red")
        yield from (Line(f"      {one}", _style(one)) for one in rest)


def _style(line: str) -> str:
    return {"-": "green", "+": "red"}.get(line[:1], "")


def _case(outcome: Outcome, trace: bool) -> Iterator[tuple[str, JsonValue]]:
    yield from (("file", outcome.path), ("line", outcome.line), ("name", outcome.name))
    yield from (("passed", outcome.passed), ("seconds", round(outcome.seconds, 6)))
    yield "lasted", outcome.lasted.total_seconds()
    yield "problems", [asdict(one) for one in outcome.problems]
    if outcome.life is None:
        return
    yield from (("status", outcome.life.state.status), ("summary", outcome.life.state.summary))
    if trace:
        yield (
            "events",
            [
                {"at": one.at.total_seconds(), "by": str(one.actor), **one.event.model_dump(mode="json")}
                for one in outcome.life.history
            ],
        )
