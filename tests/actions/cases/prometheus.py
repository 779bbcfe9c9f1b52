"""Questions to a real Prometheus."""

from collections.abc import Callable

from pydantic import JsonValue

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tocsin.actions.prometheus.reading import InstantQuery
from tocsin.connections import PrometheusConnection


def _asking(worlds: Worlds, missing: dict[str, JsonValue]) -> Case:
    prometheus = worlds.prometheus
    prometheus.expose("shop_error_ratio", 0.25)
    named = connections_of(
        prometheus.connection(),
        prometheus.connection(password="wrong"),
        PrometheusConnection(base_url=CLOSED, allow_private=True),
        missing=prometheus.connection(path="/nowhere"),
    )
    want = InstantQuery(query="shop_error_ratio")

    def scraped() -> JsonValue:
        return [*sorted(prometheus.metrics)]

    return Case(named, want, want.model_copy(update=missing), state=scraped, effects=scraped)


def query(worlds: Worlds) -> Case:
    """What finds nothing has an answer; it is the API that can be missing."""
    return _asking(worlds, {"connection": "prometheus:missing"})


def gate(worlds: Worlds) -> Case:
    return _asking(worlds, {"query": "nobody_counts_this"})


CASES: dict[str, Callable[[Worlds], Case]] = {"prom.gate": gate, "prom.query": query}
