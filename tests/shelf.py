"""One database for many tests: after each it is put back as it was, which is quicker than a new one."""

from typing import LiteralString

import psycopg
from psycopg import sql

KEPT = "kept_for_tests"
"""The schema that holds a copy of every row the database began with."""
SHAPE = """
    select c.oid, c.relname, t.tgname, t.tgenabled
    from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_trigger t on t.tgrelid = c.oid
    where n.nspname = 'public' order by 1, 3
"""
"""What a test of broken or old schemas changes and rows alone do not bring back."""


class Shelf:
    """A copy of a template on a server; ``put_back`` undoes whatever a test did to it."""

    def __init__(self, server: str, name: str, template: str) -> None:
        self.url = named(server, name)
        self._server, self._name, self._template = server, name, template
        self._fill()

    def put_back(self) -> None:
        """End what is still connected, and restore every row and every counter, or else the whole of it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
            if same := connection.execute(SHAPE).fetchall() == self._shape:
                connection.execute(self._restore)
        if not same:
            self._fill()

    def _fill(self) -> None:
        here, template = sql.Identifier(self._name), sql.Identifier(self._template)
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(here))
            connection.execute(sql.SQL("create database {} template {}").format(here, template))
        with psycopg.connect(self.url, autocommit=True) as connection:
            self._shape = connection.execute(SHAPE).fetchall()
            self._restore = _restoring(connection)


def named(url: str, database: str) -> str:
    """Return the URL of another database of the same server."""
    head, _, query = url.partition("?")
    return f"{head.rpartition('/')[0]}/{database}?{query}"


def _restoring(connection: psycopg.Connection) -> sql.Composed:
    """Copy every row aside, and return the statements that bring them back."""
    connection.execute(sql.SQL("create schema {}").format(sql.Identifier(KEPT)))
    # As a replica: no trigger says that the log is append-only, and no foreign key asks for an order.
    steps: list[sql.Composable] = [sql.SQL("set session_replication_role = replica")]
    for table in _names(connection, "select tablename from pg_tables where schemaname = 'public'"):
        here, there = sql.Identifier("public", table), sql.Identifier(KEPT, table)
        connection.execute(sql.SQL("create table {} as table {}").format(there, here))
        steps.append(sql.SQL("delete from {}").format(here))
        if connection.execute(sql.SQL("select 1 from {} limit 1").format(there)).fetchone():
            steps.append(sql.SQL("insert into {} overriding system value table {}").format(here, there))
    for counter in _names(connection, "select sequencename from pg_sequences where schemaname = 'public'"):
        here = sql.Identifier("public", counter)
        last = connection.execute(sql.SQL("select last_value, is_called from {}").format(here)).fetchone()
        assert last is not None
        steps.append(
            sql.SQL("select setval({}, {}, {})").format(f"public.{counter}", sql.Literal(last[0]), last[1])
        )
    return sql.SQL("; ").join(steps)


def _names(connection: psycopg.Connection, query: LiteralString) -> list[str]:
    return [row[0] for row in connection.execute(query)]
