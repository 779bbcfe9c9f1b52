"""Long queries in a real PostgreSQL: which are shown, which are ended, and which never are."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from tests.actions.queries import Queries
from tocsin.actions.postgres import (
    Backend,
    ListLong,
    ShowLongQueries,
    TerminateLong,
    TerminateLongQueries,
    TerminatePlan,
)
from tocsin.connections import Connections, PostgresConnection
from tocsin.errors import ActionFailed, ErrorClass

NOW = 0.000_001
"""Seconds: everything that runs has run for longer."""


@pytest.fixture
def connections(queries: Queries) -> Connections:
    def connection(dsn: str) -> PostgresConnection:
        return PostgresConnection(dsn=SecretStr(dsn))

    return Connections(
        {"postgres:main": connection(queries.dsn()), "postgres:odd": connection("a password in no form")}
    )


@pytest.fixture
def show(connections: Connections) -> ShowLongQueries:
    return ShowLongQueries(connections)


@pytest.fixture
def action(connections: Connections) -> TerminateLongQueries:
    return TerminateLongQueries(connections)


def want(
    longer_than: float = NOW, user: str | None = None, application: str | None = None, most: int = 10
) -> TerminateLong:
    return TerminateLong(
        connection="postgres:main",
        longer_than=longer_than,
        user=user,
        application=application,
        max_backends=most,
    )


def looking(limit: int = 20) -> ListLong:
    return ListLong(connection="postgres:main", longer_than=NOW, limit=limit)


def pids(plan: TerminatePlan) -> list[int]:
    return [one.pid for one in plan.backends]


def only(plan: TerminatePlan) -> Backend:
    [backend] = plan.backends
    return backend


def test_a_query_is_shown_without_its_text(show: ShowLongQueries, queries: Queries) -> None:
    pid = queries.start(query="select pg_sleep(600), 'alice@acme.example' as who")
    output = show.run(looking(), show.plan(looking()), "step-1")
    [seen] = output.queries
    assert (seen.pid, seen.user, seen.application, seen.command) == (pid, "shop", "web", "SELECT")
    assert "alice" not in output.model_dump_json()


def test_the_same_query_has_the_same_digest(show: ShowLongQueries, queries: Queries) -> None:
    for query in ("select pg_sleep(600)", "select pg_sleep(600)", "select pg_sleep(601)"):
        queries.start(query=query)
    first, second, third = show.run(looking(), show.plan(looking()), "step-1").queries
    assert (first.digest == second.digest, first.digest == third.digest) == (True, False)


def test_more_than_the_limit_are_counted(show: ShowLongQueries, queries: Queries) -> None:
    queries.start()
    queries.start()
    output = show.run(looking(1), show.plan(looking(1)), "step-1")
    assert (output.count, len(output.queries)) == (2, 1)


@pytest.mark.parametrize("role", ["postgres", "replicator"])
def test_a_protected_query_is_shown_and_never_ended(
    show: ShowLongQueries, action: TerminateLongQueries, queries: Queries, role: str
) -> None:
    queries.start(role)
    output = show.run(looking(), show.plan(looking()), "step-1")
    assert (output.count, output.endable, output.queries[0].protected) == (1, 0, True)
    assert pids(action.plan(want())) == []


@pytest.mark.parametrize("name", ["tocsin 4711@host", "tocsin-action"])
def test_tocsins_own_queries_are_not_seen(action: TerminateLongQueries, queries: Queries, name: str) -> None:
    queries.start(application=name)
    assert pids(action.plan(want())) == []


@pytest.mark.parametrize(
    ("user", "application", "found"),
    [("billing", None, 1), (None, "cron", 1), ("shop", None, 2), ("billing", "cron", 0), (None, None, 3)],
)
def test_filters_narrow_it_down(
    action: TerminateLongQueries, queries: Queries, user: str | None, application: str | None, found: int
) -> None:
    queries.start("billing")
    queries.start("shop", "cron")
    queries.start("shop", "web")
    assert len(pids(action.plan(want(user=user, application=application)))) == found


def test_a_short_query_is_left_alone(action: TerminateLongQueries, queries: Queries) -> None:
    queries.start()
    assert pids(action.plan(want(longer_than=3600))) == []


def test_nothing_to_end_is_nothing_to_do(action: TerminateLongQueries) -> None:
    assert action.plan(want()).noop


def test_too_many_are_refused(action: TerminateLongQueries, queries: Queries) -> None:
    queries.start()
    queries.start()
    with pytest.raises(ActionFailed, match=r"more than max_backends \(1\); nothing was ended"):
        action.plan(want(most=1))


def test_a_plan_stays_the_same_while_the_query_grows_older(
    action: TerminateLongQueries, queries: Queries
) -> None:
    queries.start()
    assert action.plan(want()).digest == action.plan(want()).digest


def test_a_query_is_ended(action: TerminateLongQueries, queries: Queries) -> None:
    pid = queries.start()
    output = action.run(want(), action.plan(want()), "step-1")
    assert (output.terminated, output.gone, queries.running()) == ((pid,), (), [])


def test_a_query_that_ended_by_itself_leaves_its_session_alone(
    action: TerminateLongQueries, queries: Queries
) -> None:
    pid = queries.start()
    plan = action.plan(want())
    queries.finish(pid)
    assert action.run(want(), plan, "step-1").gone == (pid,)
    assert queries.alive(pid)


@pytest.mark.parametrize("stamp", ["backend_start", "query_start"])
def test_another_session_with_the_same_pid_is_left_alone(
    action: TerminateLongQueries, queries: Queries, stamp: str
) -> None:
    pid = queries.start()
    planned = only(plan := action.plan(want()))
    earlier = {stamp: getattr(planned, stamp) - timedelta(microseconds=1)}
    old = plan.model_copy(update={"backends": (planned.model_copy(update=earlier),)})
    assert action.run(want(), old, "step-1").gone == (pid,)
    assert queries.running() == [pid]


def test_a_role_that_became_a_superuser_since_the_plan_is_left_alone(
    action: TerminateLongQueries, queries: Queries
) -> None:
    pid = queries.start("billing")
    plan = action.plan(want())
    with queries.promoted("billing"):
        assert action.run(want(), plan, "step-1").gone == (pid,)


def test_what_still_runs_is_waited_for(action: TerminateLongQueries, queries: Queries) -> None:
    pid = queries.start()
    verdict = action.verify(want(), action.plan(want()))
    assert (verdict.state, verdict.reason) == ("waiting", f"still running: {pid}")


def test_a_dsn_that_is_none_is_not_repeated(connections: Connections) -> None:
    odd = ListLong(connection="postgres:odd", longer_than=1)
    with pytest.raises(ActionFailed, match="the dsn of postgres:odd cannot be read") as caught:
        ShowLongQueries(connections).plan(odd)
    assert caught.value.kind is ErrorClass.INVALID


def test_a_role_that_there_is_not_is_denied(queries: Queries) -> None:
    stranger = PostgresConnection(dsn=SecretStr(queries.dsn("stranger")))
    with pytest.raises(ActionFailed, match="refuses our role or password") as caught:
        ShowLongQueries(Connections({"postgres:main": stranger})).plan(looking())
    assert caught.value.kind is ErrorClass.DENIED


def test_a_role_that_may_not_end_others_is_denied(queries: Queries) -> None:
    queries.start()
    reader = PostgresConnection(dsn=SecretStr(queries.dsn("reader")))
    action = TerminateLongQueries(Connections({"postgres:main": reader}))
    with pytest.raises(ActionFailed, match="permission denied to terminate process") as caught:
        action.run(want(), action.plan(want()), "step-1")
    assert caught.value.kind is ErrorClass.DENIED
