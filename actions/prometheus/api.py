"""Prometheus's HTTP API as far as the actions need it: one instant query.

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from tocsin.actions.base import Permission
from tocsin.actions.rest import Rest
from tocsin.connections import Connections, PrometheusConnection
from tocsin.egress import Outgoing
from tocsin.errors import ActionFailed, ErrorClass

_PATH = "/api/v1/query"
Labelled = tuple[dict[str, str], str]
"""A series' labels, and its number as Prometheus writes it: ``0.25``, ``NaN``, ``+Inf``."""


def _number(text: str) -> str:
    """Raise ValueError unless the text is a number, of which NaN is one."""
    float(text)
    return text


_Sample = tuple[float, Annotated[str, AfterValidator(_number)]]
"""Seconds since 1970, and the number."""


class _Series(BaseModel):
    metric: dict[str, str]
    value: _Sample | None = None
    """None where the sample is a histogram."""


class _Vector(BaseModel):
    resultType: Literal["vector"]
    result: tuple[_Series, ...]


class Scalar(BaseModel):
    """A number without labels, and the time of the query."""

    resultType: Literal["scalar"]
    result: _Sample


class _Useless(BaseModel):
    resultType: Literal["matrix", "string"]


class Answer(BaseModel):
    """What an instant query gives."""

    data: Annotated[_Vector | Scalar | _Useless, Field(discriminator="resultType")]
    warnings: tuple[str, ...] = ()


class Prometheus:
    """One connection's API. Raises ActionFailed, and nothing else."""

    def __init__(self, connections: Connections, name: str) -> None:
        self._rest = Rest(connections, name, PrometheusConnection)

    def right(self) -> Permission:
        """Return what a query needs."""
        return Permission(system="http", verb="GET", resource=self._rest.url(_PATH))

    def reach(self) -> None:
        """Make sure that its addresses are known and allowed. Sends nothing."""
        self._rest.reach(_PATH)

    def ask(self, query: str, lookback: str | None = None) -> Answer:
        """Return the answer for now; ``lookback`` is how far before now a sample may have been taken.

        Servers that do not know ``lookback_delta`` ignore it: https://github.com/prometheus/prometheus/pull/12088.
        """
        given = {"query": query} | ({"lookback_delta": lookback} if lookback else {})
        return self._rest.ask(Outgoing("GET", _PATH, given), Answer)

    def series(self, answer: Answer) -> list[Labelled]:
        """Return the numbers of an answer; raise ActionFailed where it has none by its type."""
        match answer.data:
            case Scalar(result=(_, text)):
                return [({}, text)]
            case _Vector(result=found) if all(one.value is not None for one in found):
                return [(one.metric, one.value[1]) for one in found if one.value is not None]
            case other:
                what = "histograms" if isinstance(other, _Vector) else f"a {other.resultType}"
                raise ActionFailed(
                    f"{self._rest.name}: the query gives {what}, not numbers."
                    " Use a function that makes one of them, such as rate(…) or histogram_quantile(…).",
                    ErrorClass.INVALID,
                )
