"""Prometheus's HTTP API as far as the actions need it: one instant query.

https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from tocsin.actions.base import Permission
from tocsin.actions.web import Web
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
        self._name = name
        self._web = Web(connections, name, PrometheusConnection)

    def right(self) -> Permission:
        """Return what a query needs."""
        return Permission(system="http", verb="GET", resource=self._web.url(_PATH))

    def reach(self) -> None:
        """Make sure that its addresses are known and allowed. Sends nothing."""
        self._web.reach(_PATH)

    def ask(self, query: str, lookback: str | None = None) -> Answer:
        """Return the answer for now; ``lookback`` is how far before now a sample may have been taken.

        Servers that do not know ``lookback_delta`` ignore it: https://github.com/prometheus/prometheus/pull/12088.
        """
        asked = Outgoing("GET", _PATH, {"query": query} | ({"lookback_delta": lookback} if lookback else {}))
        got = self._web.send(asked)
        said = self._web.json(got)
        words = str(said.get("error", "")) if isinstance(said, dict) else ""
        self._web.refuse_unexpected(asked, got, said=words)
        try:
            return Answer.model_validate(said)
        except ValidationError:
            size = "an answer of more than 1 MiB" if got.truncated else "no answer of Prometheus's API"
            raise ActionFailed(
                f"{self._name} gave {size}. Aggregate in the query, or correct the base URL.",
                ErrorClass.INVALID,
            ) from None

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
                    f"{self._name}: the query gives {what}, not numbers."
                    " Use a function that makes one of them, such as rate(…) or histogram_quantile(…).",
                    ErrorClass.INVALID,
                )
