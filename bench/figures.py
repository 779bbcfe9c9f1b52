"""What a measurement is, and what comes out of it."""

import statistics
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Target:
    """A number of architecture.md §7."""

    value: float
    better: Literal["lower", "higher"] = "lower"

    def met(self, value: float) -> bool:
        """Say whether ``value`` is as good as the target, or better."""
        return value <= self.value if self.better == "lower" else value >= self.value


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    value: float
    unit: str
    target: Target | None = None
    """None: there is no target; the figure explains another one."""

    @property
    def ok(self) -> bool | None:
        """Say whether the target is met; None where there is none."""
        return None if self.target is None else self.target.met(self.value)


@dataclass(frozen=True)
class Bench:
    """What every measurement is given."""

    folder: Path
    """Its own; everything it starts lives in there."""
    quick: bool
    """A smaller load: the figures are rougher."""
    say: Callable[[str], None]
    """Hears what is going on."""


@dataclass(frozen=True)
class Measurement:
    """One thing to measure, by the name that ``--only`` takes."""

    name: str
    title: str
    measure: Callable[[Bench], Coroutine[None, None, list[Figure]]]


def median(values: Sequence[float]) -> float:
    """Return the p50."""
    return statistics.median(values)


def p99(values: Sequence[float]) -> float:
    """Return the p99: the value that one in a hundred is above."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]


def spread(what: str, seconds: Sequence[float], targets: tuple[float, float]) -> list[Figure]:
    """Return p50 and p99 of the seconds, in milliseconds, beside their targets."""
    return [
        Figure(f"{what}, p50", median(seconds) * 1000, "ms", Target(targets[0])),
        Figure(f"{what}, p99", p99(seconds) * 1000, "ms", Target(targets[1])),
    ]
