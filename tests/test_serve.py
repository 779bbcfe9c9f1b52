"""The worker beside the server."""

import asyncio
import itertools

import psycopg
import pytest

from tocsin.main import House
from tocsin.serve import work

LOOK_EVERY = 0.05


@pytest.mark.timeout(60)
async def test_a_worker_whose_connections_break_is_replaced(house: House, database_url: str) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(work(house, stop))
    first = await _next_worker(database_url, 0)
    _break_connections(database_url)
    second = await _next_worker(database_url, first)
    stop.set()
    await working
    assert second > first


async def _next_worker(database_url: str, after: int) -> int:
    """Return the number of the first worker that registers after another one."""
    for _ in itertools.count():
        with psycopg.connect(database_url) as connection:
            query = "select min(id) from procrastinate_workers where id > %s"
            found = connection.execute(query, (after,)).fetchone()
        if found is not None and found[0] is not None:
            return int(found[0])
        await asyncio.sleep(LOOK_EVERY)
    raise AssertionError


def _break_connections(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
