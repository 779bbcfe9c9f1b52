"""Queries that run for as long as they are let, by people who are no superusers, in a real PostgreSQL."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import conninfo, sql

from tests.actions.kube import CANARY

ROLES = (
    "create role shop login",
    "create role billing login",
    "create role blind login",
    "create role replicator login replication",
    "create role reader login in role pg_read_all_stats",
    "create role watchman login in role pg_read_all_stats, pg_signal_backend",
)
"""``watchman`` has the rights that the actions need and no others; ``reader`` only sees, ``blind`` none."""


class Queries:
    """Starts queries in one database and counts those that run."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        self._url = url
        self._stack = stack
        self._admin = stack.enter_context(psycopg.connect(url, autocommit=True))
        if self._admin.execute("select 1 from pg_roles where rolname = 'shop'").fetchone() is None:
            for role in ROLES:
                self._admin.execute(role)

    def dsn(self, role: str = "watchman", **other: str) -> str:
        """Return the connection string of a role."""
        return conninfo.make_conninfo(self._url, user=role, password=CANARY, **other)

    def start(self, role: str = "shop", application: str = "web", query: str = "select pg_sleep(600)") -> int:
        """Let a role run a query; return the pid of its session."""
        session = psycopg.connect(self._url, autocommit=True, user=role, application_name=application)
        self._stack.callback(session.close)
        session.pgconn.send_query(query.encode())
        pid = session.info.backend_pid
        self._await(lambda: pid in self.running())
        return pid

    def grow_old(self, pid: int, seconds: float) -> None:
        """Wait until the query of a session has run for so long."""
        age = "select now() - query_start > make_interval(secs => %s) from pg_stat_activity where pid = %s"
        self._await(lambda: self._admin.execute(age, [seconds, pid]).fetchone() == (True,))

    def finish(self, pid: int) -> None:
        """Let the query of a session end by itself, and the session stay."""
        self._admin.execute("select pg_cancel_backend(%s)", [pid])
        self._await(lambda: pid not in self.running())

    def running(self) -> list[int]:
        """Return the pids of the sessions that run a query."""
        seen = self._admin.execute(
            "select pid from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and state = 'active' and pid <> pg_backend_pid()"
        )
        return [row[0] for row in seen]

    def alive(self, pid: int) -> bool:
        """Say whether a session is still there, whatever it does."""
        seen = self._admin.execute("select from pg_stat_activity where pid = %s", [pid])
        return seen.fetchone() is not None

    @contextmanager
    def promoted(self, role: str) -> Iterator[None]:
        """Let a role be a superuser for a while."""
        self._admin.execute(sql.SQL("alter role {} superuser").format(sql.Identifier(role)))
        yield
        self._admin.execute(sql.SQL("alter role {} nosuperuser").format(sql.Identifier(role)))

    def _await(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not true():
            assert time.monotonic() < deadline, "PostgreSQL did not get there within 10 s"
            time.sleep(0.01)


@contextmanager
def queries_in(url: str) -> Iterator[Queries]:
    """Yield the queries of a database; end them all."""
    with ExitStack() as stack:
        yield Queries(url, stack)
