"""The worker beside the server."""

import asyncio

import psycopg
import pytest

from tocsin.db import Database
from tocsin.jobs import Job
from tocsin.main import House
from tocsin.serve import work

LOOK_EVERY = 0.05


@pytest.mark.timeout(60)
async def test_a_worker_that_breaks_is_replaced_and_the_jobs_are_done(
    house: House, database_url: str
) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(work(house, stop))
    await _struck_off(house)  # its next job cannot be its own: it breaks
    await _done(house, database_url)
    stop.set()
    await working


@pytest.mark.timeout(60)
async def test_a_worker_whose_connections_break_does_what_comes_after(
    house: House, database_url: str
) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(work(house, stop))
    await _done(house, database_url)
    _break_connections(database_url)
    await _done(house, database_url)
    stop.set()
    await working


async def _struck_off(house: House) -> None:
    """Wait for the worker and strike it off, as a new one does with a worker that slept too long."""
    while not await house.queue.job_manager.prune_stalled_workers(seconds_since_heartbeat=0):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY)


async def _done(house: House, database_url: str) -> None:
    """Return when a new job was done."""
    other = Database(database_url)
    async with other.transaction() as session:
        await house.jobs.defer(session, [Job(task="runbooks.hand_over")])
    await other.close()
    async with asyncio.timeout(25):
        while _waits(database_url):  # noqa: ASYNC110  # the database tells nobody that a job is gone
            await asyncio.sleep(LOOK_EVERY)


def _waits(database_url: str) -> bool:
    with psycopg.connect(database_url) as connection:
        query = "select 1 from procrastinate_jobs where task_name = 'runbooks.hand_over'"
        return connection.execute(query).fetchone() is not None


def _break_connections(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
