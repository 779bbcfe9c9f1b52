"""Requests to a shop."""

import json
from collections.abc import Callable

from pydantic import SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Seen
from tocsin.actions.http import HttpRequest
from tocsin.connections import HttpConnection


def http_request(worlds: Worlds) -> Case:
    orders: dict[str, str] = {}
    site = worlds.site

    def order(seen: Seen) -> Answer:
        """A shop that takes idempotency keys, knows its customers, and talks too much."""
        if seen.headers.get("authorization") != f"Bearer {CANARY}":
            return Answer(401)
        orders.setdefault(seen.headers["idempotency-key"], seen.body.decode())
        return Answer(201, {"content-type": "application/json"}, json.dumps(seen.headers).encode())

    def connection(url: str, token: str) -> HttpConnection:
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return HttpConnection(base_url=url, headers=headers, allow_private=True)

    site.routes["/orders"] = order
    want = HttpRequest(connection="http:main", method="POST", path="/orders", json_body={"item": 7})
    return Case(
        connections=connections_of(
            connection(site.url, CANARY), connection(site.url, "wrong"), connection(CLOSED, CANARY)
        ),
        want=want,
        missing=want.model_copy(update={"path": "/nowhere"}),
        state=lambda: list(orders.values()),
        effects=lambda: list(orders.values()),
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"http.request": http_request}
