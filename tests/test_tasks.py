"""Jobs that a dead worker left behind."""

import psycopg

from tocsin.jobs import QUEUE, Job
from tocsin.main import House


async def test_a_process_that_is_alone_takes_over_at_once_what_is_left(house: House) -> None:
    await _leave_behind(house)
    await house.tasks.recover()
    assert await _status(house) == ["todo"]


async def test_a_process_beside_another_one_waits_for_its_heart_to_stop(
    house: House, database_url: str
) -> None:
    await _leave_behind(house)
    with psycopg.connect(database_url, application_name="tocsin 7@elsewhere"):
        await house.tasks.recover()
    assert await _status(house) == ["doing"]


async def _leave_behind(house: House) -> None:
    """Take a job as a worker does that dies in it."""
    async with house.database.transaction() as session:
        await house.jobs.defer(session, [Job(task="runbooks.hand_over")])
    manager = house.queue.job_manager
    assert await manager.fetch_job(queues=[QUEUE], worker_id=await manager.register_worker())


async def _status(house: House) -> list[str | None]:
    return [job.status for job in await house.queue.job_manager.list_jobs_async()]
