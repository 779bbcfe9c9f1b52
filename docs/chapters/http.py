"""``routes.md`` and ``metrics.md``: the HTTP door, from its own OpenAPI document and its counters."""

from collections.abc import Iterator
from typing import Any

from prometheus_client.metrics import MetricWrapperBase

from docs.reading import cell, prose
from tocsin.api import metrics as counters
from tocsin.db import Database
from tocsin.jobs import queue_app
from tocsin.main import House
from tocsin.settings import Settings

NOWHERE = "postgresql://nobody@localhost/nothing"
"""Nothing connects to it: the application is built, and not used."""
ROUTES = """\
# HTTP

Below `/api/v1` every request carries `Authorization: Bearer TOKEN`. Errors are `application/problem+json`
(RFC 9457). Lists are paged by `limit` and `cursor`. A POST with an `Idempotency-Key` is done once; asked
again within seven days, it is answered the same. `GET /openapi.json` is the full description, every model
included.

The console is at `/`; it takes the same tokens, exchanged for a session cookie. `POST /slack/events` takes
everything that Slack sends by HTTP; it exists where a signing secret is set.
"""
METRICS = """\
# Metrics

`GET /metrics` answers in Prometheus' text format, beside what the client library says of the process.
"""


def openapi() -> dict[str, Any]:
    """Return the description of the routes, as ``/openapi.json`` serves it."""
    house = House(Settings(), Database(NOWHERE), queue_app(NOWHERE))
    return house.app().openapi()


def routes() -> str:
    """Return the page of the routes."""
    described = openapi()
    return "\n".join([ROUTES, *_routes(described)])


def metrics() -> str:
    """Return the page of the metrics."""
    return "\n".join([METRICS, *_metrics()])


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every method, path and operation."""
    for path, methods in described["paths"].items():
        yield from ((method.upper(), path, operation) for method, operation in methods.items())


def _routes(described: dict[str, Any]) -> Iterator[str]:
    tags = dict.fromkeys(_tag(operation) for _, _, operation in operations(described))
    for tag in tags:
        yield from (f"## {tag}", "", "| | | Takes | Answers |", "|---|---|---|---|")
        for method, path, operation in operations(described):
            if _tag(operation) == tag:
                words = cell(" ".join(prose(operation.get("description", "")).split()))
                taken = ", ".join(_taken(described, operation)) or "–"
                yield f"| `{method} {path}` | {words} | {taken} | {_statuses(operation)} |"
        yield ""


def _tag(operation: dict[str, Any]) -> str:
    return str(operation.get("tags", ["other"])[0])


def _taken(described: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            yield f"`?{parameter['name']}`"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        model = described["components"]["schemas"].get(name, {})
        needed = model.get("required", ())
        yield from (f"`{key}`{'' if key in needed else '?'}" for key in model.get("properties", {}))


def _statuses(operation: dict[str, Any]) -> str:
    return ", ".join(status for status in operation["responses"] if status.startswith("2"))


def _metrics() -> Iterator[str]:
    yield from ("| Metric | Type | Labels | |", "|---|---|---|---|")
    for counter in counted():
        family = next(iter(counter.describe()))
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = ", ".join(f"`{label}`" for label in counter._labelnames)
        yield f"| `{name}` | {family.type} | {labels} | {family.documentation} |"
    yield ""


def counted() -> list[MetricWrapperBase]:
    """Return everything that Tocsin counts."""
    return [one for one in vars(counters).values() if isinstance(one, MetricWrapperBase)]
