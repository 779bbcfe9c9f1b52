"""Queries in a real PostgreSQL."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tests.actions.queries import Queries
from tocsin.actions.postgres import ListLong, LongQueries, TerminateLong
from tocsin.connections import PostgresConnection

CLOSED = f"postgresql://watchman:{CANARY}@127.0.0.1:9/shop"
"""Where nobody listens."""


def _postgres(queries: Queries, want: LongQueries) -> Case:
    def connection(dsn: str) -> PostgresConnection:
        return PostgresConnection(dsn=SecretStr(dsn))

    def running() -> JsonValue:
        return [*queries.running()]

    return Case(
        connections=connections_of(
            connection(queries.dsn()),
            connection(queries.dsn("blind")),
            connection(CLOSED),
            connection(queries.dsn(dbname="nowhere")),
        ),
        want=want,
        missing=want.model_copy(update={"connection": "postgres:missing"}),
        state=running,
        effects=running,
    )


def long_queries(worlds: Worlds) -> Case:
    worlds.queries.start()
    return _postgres(worlds.queries, ListLong(connection="postgres:main", longer_than=0.001))


def terminate(worlds: Worlds) -> Case:
    worlds.queries.start()
    return _postgres(worlds.queries, TerminateLong(connection="postgres:main", longer_than=0.001))


CASES: dict[str, Callable[[Worlds], Case]] = {
    "postgres.long_queries": long_queries,
    "postgres.terminate": terminate,
}
