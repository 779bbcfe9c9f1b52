"""prom.query and prom.gate: what counts as a number, and what is said where there is none."""

import json
import time
from collections.abc import Sequence

import pytest

from tests.actions.prometheus import Prometheus
from tests.actions.servers import Answer, Seen, Site
from tocsin.actions.base import Plan
from tocsin.actions.prometheus.query import Gated, GateOnPrometheus, QueryPrometheus
from tocsin.actions.prometheus.reading import MAX_LABEL, MAX_SAMPLES, InstantQuery, Reading
from tocsin.connections import Connections, PrometheusConnection
from tocsin.errors import ActionFailed, ErrorClass

TWO = 'label_replace(vector(1), "pod", "a", "", "") or label_replace(vector(2), "pod", "b", "", "")'
OLD = "exported_with_its_own_time"


@pytest.fixture
def connections(prometheus: Prometheus, site: Site) -> Connections:
    twin = PrometheusConnection(base_url=site.url, allow_private=True)
    return Connections({"prometheus:main": prometheus.connection(), "prometheus:twin": twin})


def ask(connections: Connections, query: str, **how: object) -> Reading:
    want = InstantQuery.model_validate({"query": query, **how})
    action = QueryPrometheus(connections)
    return action.run(want, action.plan(want), "")


def gate(connections: Connections, query: str, **how: object) -> Gated:
    want = InstantQuery.model_validate({"query": query, **how})
    action = GateOnPrometheus(connections)
    return action.run(want, action.plan(want), "")


def refusal(connections: Connections, query: str, **how: object) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        gate(connections, query, **how)
    return caught.value


def expose_old(prometheus: Prometheus, seconds: int = 200) -> None:
    """Let a metric be there whose exporter says that it was measured some time ago."""
    if OLD not in prometheus.metrics:
        prometheus.expose(OLD, f"5 {int(time.time() - seconds) * 1000}")


def answering(site: Site, result: Sequence[object], **more: object) -> None:
    """Let the twin answer every query with a vector."""
    body = {"status": "success", "data": {"resultType": "vector", "result": result}, **more}
    site.answers("/api/v1/query", body=json.dumps(body).encode(), content_type="application/json")


@pytest.mark.parametrize(
    ("query", "state", "value"),
    [
        ("vector(0.25)", "number", 0.25),
        ("0.25", "number", 0.25),
        ("-3", "number", -3.0),
        ("vector(0) / 0", "nan", None),
        ("vector(1) / 0", "infinite", None),
        ("vector(-1) / 0", "infinite", None),
        ("nobody_counts_this", "empty", None),
        ("vector(1) > 2", "empty", None),
        (TWO, "many", None),
        ("vector(1) # what follows is a comment", "number", 1.0),
    ],
)
def test_every_kind_of_answer_is_told_apart(
    connections: Connections, query: str, state: str, value: float | None
) -> None:
    reading = ask(connections, query)
    assert (reading.state, reading.value) == (state, value)


def test_a_number_that_was_scraped_just_now_is_fresh(
    connections: Connections, prometheus: Prometheus
) -> None:
    prometheus.expose("shop_requests_in_flight", 7)
    reading = ask(connections, "shop_requests_in_flight", max_age=10)
    assert (reading.state, reading.samples[0].labels["job"]) == ("number", "shop")


def test_a_number_that_was_measured_too_long_ago_is_stale(
    connections: Connections, prometheus: Prometheus
) -> None:
    expose_old(prometheus)
    reading = ask(connections, OLD)
    assert (reading.state, reading.value, reading.samples[0].text) == ("stale", None, "5")


def test_the_age_is_that_of_the_measurement_and_not_of_the_question(
    connections: Connections, prometheus: Prometheus
) -> None:
    expose_old(prometheus)
    reading = ask(connections, OLD, max_age=1000)
    assert reading.state == "number"
    assert reading.age is not None
    assert reading.age >= 200


def test_what_a_server_leaves_out_for_its_age_is_stale_and_not_empty(
    connections: Connections, site: Site
) -> None:
    def newer_server(seen: Seen) -> Answer:
        """Knows `lookback_delta`, which Debian's Prometheus does not."""
        found = [] if "lookback_delta=120s" in seen.path else [{"metric": {}, "value": [0, "5"]}]
        body = {"status": "success", "data": {"resultType": "vector", "result": found}}
        return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())

    site.routes["/api/v1/query"] = newer_server
    assert ask(connections, "sum(old)", connection="prometheus:twin").state == "stale"


def test_an_answer_from_a_cache_is_stale(connections: Connections, site: Site) -> None:
    body = {"status": "success", "data": {"resultType": "scalar", "result": [time.time() - 600, "1"]}}
    site.answers("/api/v1/query", body=json.dumps(body).encode(), content_type="application/json")
    assert ask(connections, "1", connection="prometheus:twin").state == "stale"


def test_many_series_are_cut_and_counted(connections: Connections, site: Site) -> None:
    long = {"pod": "x" * (MAX_LABEL + 1)}
    answering(site, [{"metric": long, "value": [time.time(), str(time.time())]}] * (MAX_SAMPLES + 1))
    reading = ask(connections, "up", connection="prometheus:twin")
    assert (len(reading.samples), reading.total) == (MAX_SAMPLES, MAX_SAMPLES + 1)
    assert len(reading.samples[0].labels["pod"]) == MAX_LABEL


def test_what_only_informs_is_no_warning(connections: Connections, site: Site) -> None:
    now = [{"metric": {}, "value": [time.time(), str(time.time())]}]
    answering(site, now, warnings=["PromQL info: might not be a counter", "a store did not answer"])
    assert ask(connections, "x", connection="prometheus:twin").warnings == ("a store did not answer",)


@pytest.mark.parametrize(
    ("query", "state"),
    [("1", "ok"), (TWO, "ok"), ("nobody_counts_this", "waiting"), ("vector(0) / 0", "waiting")],
)
def test_a_check_without_an_assertion_waits_for_data(
    connections: Connections, query: str, state: str
) -> None:
    want = InstantQuery(query=query)
    assert QueryPrometheus(connections).verify(want, Plan(summary="")).state == state


def test_the_gate_gives_the_number(connections: Connections) -> None:
    assert gate(connections, "vector(0.25)").value == 0.25


@pytest.mark.parametrize(
    ("query", "words", "kind"),
    [
        ("nobody_counts_this", "finds no series", ErrorClass.MISSING),
        ("vector(0) / 0", "gives NaN", ErrorClass.MISSING),
        ("vector(1) / 0", "an infinite number", ErrorClass.MISSING),
        (TWO, "more than one series", ErrorClass.INVALID),
        ("1 +", "unexpected end of input", ErrorClass.INVALID),
        ("up[5m]", "gives a matrix, not numbers", ErrorClass.INVALID),
        ('"text"', "gives a string, not numbers", ErrorClass.INVALID),
    ],
)
def test_the_gate_fails_on_everything_else(
    connections: Connections, query: str, words: str, kind: ErrorClass
) -> None:
    failed = refusal(connections, query)
    assert (words in str(failed), failed.kind) == (True, kind), str(failed)


def test_the_gate_fails_on_an_old_number(connections: Connections, prometheus: Prometheus) -> None:
    expose_old(prometheus)
    failed = refusal(connections, OLD)
    assert ("measured before" in str(failed), failed.kind) == (True, ErrorClass.MISSING)


def test_the_gate_does_not_believe_an_answer_that_may_not_be_whole(
    connections: Connections, site: Site
) -> None:
    answering(site, [{"metric": {}, "value": [time.time(), str(time.time())]}], warnings=["a store is down"])
    failed = refusal(connections, "x", connection="prometheus:twin")
    assert ("a store is down" in str(failed), failed.kind) == (True, ErrorClass.MISSING)


def test_a_histogram_is_no_number(connections: Connections, site: Site) -> None:
    answering(site, [{"metric": {}, "histogram": [0, {"count": "1", "sum": "1"}]}])
    assert "histograms" in str(refusal(connections, "x", connection="prometheus:twin"))


def test_what_is_gone_while_it_is_looked_at_is_stale(connections: Connections, site: Site) -> None:
    def losing(seen: Seen) -> Answer:
        found = [] if "timestamp" in seen.path else [{"metric": {}, "value": [0, "5"]}]
        body = {"status": "success", "data": {"resultType": "vector", "result": found}}
        return Answer(200, {"content-type": "application/json"}, json.dumps(body).encode())

    site.routes["/api/v1/query"] = losing
    reading = ask(connections, "up", connection="prometheus:twin")
    assert (reading.state, reading.age) == ("stale", None)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b"[]",
        b'{"data": 7}',
        b'{"data": {"resultType": "scalar", "result": [0, "many"]}}',
    ],
)
def test_what_is_no_prometheus_is_recognised(connections: Connections, site: Site, body: bytes) -> None:
    site.answers("/api/v1/query", body=body, content_type="application/json")
    failed = refusal(connections, "x", connection="prometheus:twin")
    assert ("Correct the base URL" in str(failed), failed.kind) == (True, ErrorClass.INVALID)


def test_a_server_that_is_too_busy_may_be_asked_again(connections: Connections, site: Site) -> None:
    body = b'{"status": "error", "errorType": "timeout", "error": "query timed out"}'
    site.answers("/api/v1/query", 503, body, content_type="application/json")
    failed = refusal(connections, "x", connection="prometheus:twin")
    assert (failed.retryable, "query timed out" in str(failed)) == (True, True)


def test_by_hand_it_is_promtool() -> None:
    command = GateOnPrometheus.by_hand({"query": "up{job='a b'}"})
    assert command == """promtool query instant <URL of prometheus:main> 'up{job='"'"'a b'"'"'}'"""
