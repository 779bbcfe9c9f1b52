"""Requests to a shop."""

import json
from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen, Site
from tocsin.actions.http import HttpGet, HttpRequest
from tocsin.connections import Connections, HttpConnection


def http_request(worlds: Worlds) -> Case:
    orders: dict[str, str] = {}
    site = worlds.site

    def order(seen: Seen) -> Answer:
        """A shop that takes idempotency keys, knows its customers, and talks too much."""
        if seen.headers.get("authorization") != f"Bearer {CANARY}":
            return Answer(401)
        orders.setdefault(seen.headers["idempotency-key"], seen.body.decode())
        return Answer(201, {"content-type": "application/json"}, json.dumps(seen.headers).encode())

    site.routes["/orders"] = order
    want = HttpRequest(connection="http:main", method="POST", path="/orders", json_body={"item": 7})
    return Case(
        connections=_connections(site),
        want=want,
        missing=want.model_copy(update={"path": "/nowhere"}),
        state=lambda: list(orders.values()),
        effects=lambda: list(orders.values()),
    )


def http_get(worlds: Worlds) -> Case:
    site = worlds.site

    def health(seen: Seen) -> Answer:
        """A page for those who know the token, that talks too much."""
        known = seen.headers.get("authorization") == f"Bearer {CANARY}"
        return Answer(200, {}, json.dumps(seen.headers).encode()) if known else Answer(401)

    def changes() -> JsonValue:
        return sum(seen.method not in ("GET", "HEAD") for seen in site.seen)

    site.routes["/health"] = health
    want = HttpGet(connection="http:main", path="/health")
    missing = want.model_copy(update={"path": "/nowhere"})
    return Case(_connections(site), want, missing, state=changes, effects=changes)


def _connections(site: Site) -> Connections:
    def connection(url: str, token: str) -> HttpConnection:
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return HttpConnection(base_url=url, headers=headers, allow_private=True)

    return connections_of(
        connection(site.url, CANARY), connection(site.url, "wrong"), connection(CLOSED, CANARY)
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"http.get": http_get, "http.request": http_request}
