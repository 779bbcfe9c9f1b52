"""What Prometheus said: one number or not, finite or not, fresh or not."""

import math
import time
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from tocsin.actions.base import Frozen
from tocsin.actions.prometheus.api import Answer, Labelled, Prometheus, Scalar

MAX_SAMPLES = 50
"""Series of an answer that go into the output, and so into the log."""
MAX_LABEL = 200
"""Characters of one label's value there."""

State = Literal["number", "many", "nan", "infinite", "stale", "empty"]


class InstantQuery(Frozen):
    """A question about now."""

    connection: str = Field(
        default="prometheus:main", description="The server: prometheus:NAME of tocsin.yaml"
    )
    query: str = Field(
        min_length=1, max_length=4096, description="PromQL; quote what you put into it: `promql_str`"
    )
    max_age: int = Field(
        default=120, ge=1, le=86_400, description="Seconds; what was measured before is stale"
    )


class Sample(Frozen):
    """One series of the answer."""

    labels: dict[str, str]
    value: float | None
    """Null where ``text`` is no finite number."""
    text: str
    """As Prometheus writes it: ``0.25``, ``NaN``, ``+Inf``."""


class Reading(Frozen):
    """What Prometheus said."""

    state: State
    """``number``: exactly one, finite and fresh. ``stale``: at least one sample is older than ``max_age``."""
    value: float | None
    """The number; null in every other state."""
    samples: tuple[Sample, ...]
    """At most fifty."""
    total: int
    """How many series there are."""
    age: float | None
    """Seconds since the oldest sample was taken; null where nothing was found."""
    warnings: tuple[str, ...]
    """Why the answer may not be whole."""


def read(prometheus: Prometheus, want: InstantQuery) -> Reading:
    """Ask, and say what the answer is worth."""
    lookback = f"{want.max_age}s"
    answer = prometheus.ask(want.query, lookback)
    found = prometheus.series(answer)
    if not found:
        older = prometheus.series(prometheus.ask(want.query))
        return _reading("stale" if older else "empty", (), None, answer)
    age = _age(prometheus, want.query, answer, lookback)
    return _reading(_state(found, age, want.max_age), found, age, answer)


def _age(prometheus: Prometheus, query: str, answer: Answer, lookback: str) -> float | None:
    """Return the seconds since the oldest sample was taken, by our clock; None where it has just gone.

    The time beside a sample is that of the query. ``timestamp()`` tells the sample's own where the query only
    selects; of what is computed it tells the query's, and there the lookback leaves out what is old.
    """
    if isinstance(answer.data, Scalar):
        taken = [answer.data.result[0]]
    else:
        oldest = prometheus.ask(f"min(timestamp(\n{query}\n))", lookback)
        taken = [float(text) for _, text in prometheus.series(oldest)]
    return max(0.0, round(time.time() - min(taken), 1)) if taken else None


def _state(found: Sequence[Labelled], age: float | None, max_age: int) -> State:
    if age is None or age > max_age:
        return "stale"
    if len(found) > 1:
        return "many"
    number = float(found[0][1])
    if math.isnan(number):
        return "nan"
    return "infinite" if math.isinf(number) else "number"


def _reading(state: State, found: Sequence[Labelled], age: float | None, answer: Answer) -> Reading:
    return Reading(
        state=state,
        value=float(found[0][1]) if state == "number" else None,
        samples=tuple(map(_sample, found[:MAX_SAMPLES])),
        total=len(found),
        age=age,
        # Until 3.0 what is only an information stood among the warnings.
        warnings=tuple(one for one in answer.warnings if not one.startswith("PromQL info")),
    )


def _sample(one: Labelled) -> Sample:
    labels, text = one
    number = float(text)
    cut = {name: value[:MAX_LABEL] for name, value in labels.items()}
    return Sample(labels=cut, value=number if math.isfinite(number) else None, text=text)
