"""Ask Prometheus for a number, and believe only one that is there, finite and fresh."""

import shlex
from collections.abc import Mapping

from pydantic import JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.prometheus.api import Prometheus
from tocsin.actions.prometheus.reading import InstantQuery, Reading, State, read
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

_TROUBLES: Mapping[State, str] = {
    "many": "the query finds more than one series. Aggregate them, as with sum(…).",
    "nan": "the query gives NaN, as 0/0 does where there is no traffic.",
    "infinite": "the query gives an infinite number, as 1/0 does.",
    "stale": "what the query finds was measured before `max_age`. Does the source still report?",
    "empty": "the query finds no series. Are the name and the labels right, and is it scraped?",
}


class Gated(Frozen):
    """The number."""

    value: float
    age: float
    """Seconds since it was measured; 0 of what Prometheus computed just now."""
    labels: dict[str, str]


class _Asks:
    """What the two ways to ask have in common."""

    connections: Connections
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        server = str(given.get("connection", "prometheus:main")).strip("<>")
        return f"promtool query instant <URL of {server}> {shlex.quote(str(given.get('query')))}"

    def permissions(self, want: InstantQuery) -> list[Permission]:
        return [Prometheus(self.connections, want.connection).right()]

    def plan(self, want: InstantQuery) -> Plan:
        Prometheus(self.connections, want.connection).reach()
        return Plan(summary=f"Ask {want.connection}: {want.query}")


class QueryPrometheus(_Asks, Action[InstantQuery, Plan, Reading]):
    """Ask Prometheus, and say plainly when there is nothing, no number, more than one, or only an old one."""

    name = "prom.query"

    def run(self, want: InstantQuery, plan: Plan, key: str) -> Reading:
        return read(Prometheus(self.connections, want.connection), want)

    def verify(self, want: InstantQuery, plan: Plan) -> Verdict:
        """Say whether there is an answer; no data is never a success."""
        reading = read(Prometheus(self.connections, want.connection), want)
        trouble = _TROUBLES.get(reading.state) if reading.state != "many" else None
        return Verdict(state="waiting" if trouble else "ok", reason=trouble or "there is an answer")


class GateOnPrometheus(_Asks, Action[InstantQuery, Plan, Gated]):
    """Ask Prometheus for exactly one finite and fresh number, and fail on anything else.

    For ``verify``: a check that cannot get its number is inconclusive, and never a success. A server that
    does not know ``lookback_delta`` (Prometheus before 2023, Mimir before 2026) tells the age of what the
    query selects, but not of what it adds up: there, let it look at a range, as with ``rate(…[2m])``.
    """

    name = "prom.gate"

    def run(self, want: InstantQuery, plan: Plan, key: str) -> Gated:
        reading = read(Prometheus(self.connections, want.connection), want)
        if reading.value is None or reading.age is None:
            kind = ErrorClass.INVALID if reading.state == "many" else ErrorClass.MISSING
            raise ActionFailed(f"{want.connection} has no number: {_TROUBLES[reading.state]}", kind)
        if reading.warnings:
            words = "; ".join(reading.warnings)
            raise ActionFailed(f"{want.connection} warns of its own answer: {words}", ErrorClass.MISSING)
        return Gated(value=reading.value, age=reading.age, labels=reading.samples[0].labels)
