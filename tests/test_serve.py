"""The worker beside the server."""

import asyncio

import pytest

from tocsin.jobs import Job
from tocsin.main import House
from tocsin.serve import work

LOOK_EVERY = 0.05


@pytest.mark.timeout(60)
async def test_a_worker_that_breaks_is_replaced_and_the_jobs_are_done(house: House) -> None:
    stop = asyncio.Event()
    working = asyncio.create_task(work(house, stop))
    await _struck_off(house)  # its next job cannot be its own: it breaks
    async with house.database.transaction() as session:
        await house.jobs.defer(session, [Job(task="runbooks.hand_over")])
    while await house.queue.job_manager.list_jobs_async(task="runbooks.hand_over"):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY)
    stop.set()
    await working


async def _struck_off(house: House) -> None:
    """Wait for the worker and strike it off, as a new one does with a worker that slept too long."""
    while not await house.queue.job_manager.prune_stalled_workers(seconds_since_heartbeat=0):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_EVERY)
