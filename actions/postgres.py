"""PostgreSQL: see the queries that run for long, and end them.

https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-ACTIVITY-VIEW and
https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-SIGNAL
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row
from pydantic import AwareDatetime, Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.connections import Connections, PostgresConnection
from tocsin.errors import ActionFailed, ErrorClass

_OURS = "tocsin-action"
"""The ``application_name`` of our own connections; Tocsin's others are called ``tocsin PID@HOST``."""
_RUNNING = """
select pid, backend_start, query_start, usename as "user", application_name as application, query,
       extract(epoch from clock_timestamp() - query_start)::float as seconds,
       coalesce(rolsuper or rolreplication, true) as protected
from pg_stat_activity left join pg_roles on pg_roles.oid = usesysid
where datname = current_database() and backend_type = 'client backend' and state = 'active'
  and pid <> pg_backend_pid() and application_name !~ '^tocsin[ -]'
order by query_start, pid
"""
_END = f"""
select pg_terminate_backend(pid, 1000) from ({_RUNNING}) as running
where not protected
  and pid = %(pid)s and backend_start = %(backend_start)s and query_start = %(query_start)s
"""  # noqa: S608  # nothing but our own text
_STATES = {
    "3D000": ErrorClass.MISSING,
    "42501": ErrorClass.DENIED,
    "57014": ErrorClass.TIMEOUT,
}
_AT_THE_DOOR = (
    (re.compile(r'FATAL: +database ".*" does not exist'), ErrorClass.MISSING),
    (
        re.compile(r"FATAL: +(password|role|no pg_hba|permission|.* authentication failed)"),
        ErrorClass.DENIED,
    ),
)
"""What a refused connection says; libpq keeps the SQLSTATE of it to itself."""


class LongQueries(Frozen):
    """Which queries of the connection's database. Tocsin's own are never among them."""

    connection: str = Field(description="The database: postgres:NAME of tocsin.yaml")
    longer_than: float = Field(gt=0, description="Seconds that they have run")
    user: str | None = Field(default=None, max_length=63, description="Only this role's")
    application: str | None = Field(
        default=None, max_length=63, description="Only of connections with this `application_name`"
    )

    def includes(self, seen: "_Row") -> bool:
        """Say whether a query is one of them."""
        return (
            seen.seconds > self.longer_than
            and self.user in (None, seen.user)
            and self.application in (None, seen.application)
        )


class ListLong(LongQueries):
    """Which queries, and how many of them to show."""

    limit: int = Field(default=20, ge=1, le=100)


class TerminateLong(LongQueries):
    """Which queries to end, and how many there may be."""

    max_backends: int = Field(
        default=10, ge=1, le=100, description="If more match, nothing is done: something else is wrong"
    )


class Backend(Frozen):
    """One query in one session."""

    pid: int
    backend_start: AwareDatetime
    """When the session began: with the pid, it tells this process from the next one of the same number."""
    query_start: AwareDatetime
    user: str
    application: str
    command: str
    """Its first word; the rest may hold what nobody should read."""
    digest: str
    """The beginning of the SHA-256 of its text."""

    @property
    def identity(self) -> dict[str, Any]:
        """What no other query has."""
        return {"pid": self.pid, "backend_start": self.backend_start, "query_start": self.query_start}


class SeenQuery(Backend):
    """A query, as it is now."""

    seconds: int
    protected: bool
    """Of a superuser or for replication: it is never ended."""


class LongRunning(Frozen):
    """The queries, the longest first."""

    count: int
    """Of all that match, also beyond `limit`."""
    endable: int
    """How many of them are not protected."""
    queries: tuple[SeenQuery, ...]


class TerminatePlan(Plan):
    """The sessions that would be ended; another session with the same pid is not."""

    backends: tuple[Backend, ...]


class Terminated(Frozen):
    """What became of the planned sessions."""

    terminated: tuple[int, ...]
    """Pids of those that were told to end."""
    gone: tuple[int, ...]
    """Pids of those whose query had ended before."""


class _Row(Frozen):
    pid: int
    backend_start: AwareDatetime
    query_start: AwareDatetime
    user: str
    application: str
    query: str
    seconds: float
    protected: bool

    @property
    def shown(self) -> dict[str, Any]:
        """Everything that does not change by itself, but for the text of the query."""
        word = re.match(r"\s*([A-Za-z]+)", self.query)
        return {
            **self.model_dump(exclude={"query", "seconds", "protected"}),
            "command": word[1].upper() if word else "?",
            "digest": hashlib.sha256(self.query.encode()).hexdigest()[:12],
        }


class ShowLongQueries(Action[ListLong, Plan, LongRunning]):
    """List the queries of one database that run for long, without what they hold."""

    name = "postgres.long_queries"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return "psql -c \"select * from pg_stat_activity where state = 'active' order by query_start\""

    def permissions(self, want: ListLong) -> list[Permission]:
        return [_right(want, "pg_read_all_stats")]

    def plan(self, want: ListLong) -> Plan:
        with _session(self.connections, want) as session:
            _refuse_a_partial_view(session, want)
        return Plan(
            summary=f"Look for queries of {want.connection} that run longer than {want.longer_than:g} s"
        )

    def run(self, want: ListLong, plan: Plan, key: str) -> LongRunning:
        with _session(self.connections, want) as session:
            found = _long(session, want)
        queries = [
            SeenQuery(**one.shown, seconds=int(one.seconds), protected=one.protected)
            for one in found[: want.limit]
        ]
        endable = sum(not one.protected for one in found)
        return LongRunning(count=len(found), endable=endable, queries=tuple(queries))


class TerminateLongQueries(Action[TerminateLong, TerminatePlan, Terminated]):
    """End the sessions whose queries run for long; never those of superusers or for replication."""

    name = "postgres.terminate"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=1)

    def resources(self, want: TerminateLong) -> list[str]:
        return [f"{want.connection}/backends"]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return 'psql -c "select pg_terminate_backend(<pid>)"'

    def permissions(self, want: TerminateLong) -> list[Permission]:
        return [_right(want, "pg_read_all_stats"), _right(want, "pg_signal_backend")]

    def plan(self, want: TerminateLong) -> TerminatePlan:
        with _session(self.connections, want) as session:
            found = [one for one in _long(session, want) if not one.protected]
        if len(found) > want.max_backends:
            raise ActionFailed(
                f"{len(found)} queries run longer than {want.longer_than:g} s, more than max_backends"
                f" ({want.max_backends}); nothing was ended. Narrow it down, or look for what they wait for.",
                ErrorClass.INVALID,
            )
        backends = tuple(Backend(**one.shown) for one in found)
        return TerminatePlan(
            summary=f"End {len(backends)} queries of {want.connection} that run longer than"
            f" {want.longer_than:g} s",
            changes=tuple(_change(want, one) for one in backends),
            warnings=("their transactions are rolled back, and their clients see an error",),
            backends=backends,
        )

    def run(self, want: TerminateLong, plan: TerminatePlan, key: str) -> Terminated:
        with _session(self.connections, want) as session:
            ended = [one.pid for one in plan.backends if session.execute(_END, one.identity).fetchone()]
        gone = [one.pid for one in plan.backends if one.pid not in ended]
        return Terminated(terminated=tuple(ended), gone=tuple(gone))

    def verify(self, want: TerminateLong, plan: TerminatePlan) -> Verdict:
        with _session(self.connections, want) as session:
            running = [Backend(**one.shown).identity for one in _running(session)]
        still = [one.pid for one in plan.backends if one.identity in running]
        if still:
            return Verdict(state="waiting", reason=f"still running: {', '.join(map(str, still))}")
        return Verdict(state="ok", reason="none of them runs any more")


def _long(session: psycopg.Connection, want: LongQueries) -> list[_Row]:
    _refuse_a_partial_view(session, want)
    return [one for one in _running(session) if want.includes(one)]


def _running(session: psycopg.Connection) -> list[_Row]:
    with session.cursor(row_factory=class_row(_Row)) as cursor:
        return cursor.execute(_RUNNING, {}).fetchall()


def _refuse_a_partial_view(session: psycopg.Connection, want: LongQueries) -> None:
    """Raise DENIED where other roles' queries are hidden: an empty list would say that all is well."""
    row = session.execute("select pg_has_role(current_user, 'pg_read_all_stats', 'usage')").fetchone()
    if not (row and row[0]):
        raise ActionFailed(
            f"the role of {want.connection} does not see what others run; nothing was done."
            " Grant it pg_read_all_stats.",
            ErrorClass.DENIED,
        )


def _change(want: TerminateLong, one: Backend) -> Change:
    since = one.query_start.astimezone(UTC).isoformat(timespec="seconds")
    query = f"{one.command} {one.digest} of {one.user} ({one.application or 'unnamed'}) since {since}"
    return Change(resource=f"{want.connection}/backend/{one.pid}", field="query", before=query, after=None)


def _right(want: LongQueries, role: str) -> Permission:
    return Permission(system="postgres", verb=role, resource=want.connection)


@contextmanager
def _session(connections: Connections, want: LongQueries) -> Iterator[psycopg.Connection]:
    """Yield a connection; raise every failure of it as ActionFailed."""
    dsn = connections.get(want.connection, PostgresConnection).dsn.get_secret_value()
    with (
        _told(want.connection),
        psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=5,
            application_name=_OURS,
            prepare_threshold=None,  # a pooler in between may change the server's side
        ) as session,
    ):
        session.execute("set statement_timeout = '15s'")
        yield session


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Raise every failure as ActionFailed, and not in libpq's words: they may quote the connection string."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise _operational(name, error) from None
    except psycopg.ProgrammingError as error:
        if error.sqlstate is None:
            raise ActionFailed(f"the dsn of {name} cannot be read. Correct it.", ErrorClass.INVALID) from None
        raise _answered(name, error) from None
    except psycopg.Error as error:
        raise _answered(name, error) from None


def _operational(name: str, error: psycopg.Error) -> ActionFailed:
    if error.sqlstate is not None:
        return _answered(name, error)
    kind = next((kind for said, kind in _AT_THE_DOOR if said.search(str(error))), ErrorClass.TRANSIENT)
    how = {
        ErrorClass.MISSING: "has no such database",
        ErrorClass.DENIED: "refuses our role or password",
    }.get(kind, "cannot be reached, or the connection to it broke")
    return ActionFailed(f"{name} {how}.", kind)


def _answered(name: str, error: psycopg.Error) -> ActionFailed:
    state = error.sqlstate or ""
    passing = state[:2] in ("08", "53", "57")
    kind = _STATES.get(state, ErrorClass.TRANSIENT if passing else ErrorClass.INVALID)
    return ActionFailed(f"{name} answered {state}: {error.diag.message_primary}", kind)
