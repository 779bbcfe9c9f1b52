"""Keys in a real Redis."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tocsin.actions.redis import Matching
from tocsin.connections import RedisConnection

CLOSED = "redis://127.0.0.1:9/0"
"""Where nobody listens."""


def unlink_matching(worlds: Worlds) -> Case:
    keyspace = worlds.keyspace
    keyspace.fill("session:expired:", 30)
    keyspace.fill("session:live:", 5)

    def connection(url: str, password: str) -> RedisConnection:
        return RedisConnection(url=url, password=SecretStr(password))

    def left() -> JsonValue:
        return [keyspace.count("session:expired:*"), keyspace.count("*")]

    want = Matching(connection="redis:main", pattern="session:expired:*", batch=7)
    return Case(
        connections=connections_of(
            connection(keyspace.url, CANARY),
            connection(keyspace.url, "wrong"),
            connection(CLOSED, CANARY),
            connection(keyspace.url.replace("/0", "/99"), CANARY),
        ),
        want=want,
        missing=want.model_copy(update={"connection": "redis:missing"}),
        state=left,
        effects=left,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"redis.unlink_matching": unlink_matching}
