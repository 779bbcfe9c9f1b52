"""Jobs: done, failed, given up, and left behind by the dead."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg

from tocsin.events import Actor
from tocsin.events.incident import JobAbandoned
from tocsin.incidents.lifecycle import Declaration
from tocsin.jobs import QUEUE, Job
from tocsin.main import House
from tocsin.tasks import Task


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


async def test_a_job_that_gives_up_is_said_in_the_incident_that_caused_it(house: House) -> None:
    incident_id = await _declared(house)
    job = Job(task="break", incident_id=incident_id, attempt=12)
    assert await _given_up(house, job) == (f"incident/{incident_id}", 12)


async def test_a_job_that_gives_up_and_belongs_nowhere_is_said_to_everybody(house: House) -> None:
    assert await _given_up(house, Job(task="break", attempt=12)) == ("system", 12)


async def test_a_job_that_fails_comes_back_later_as_the_next_try(house: House) -> None:
    await _break(house, Job(task="break", merge="one"))
    [again] = [job for job in await house.queue.job_manager.list_jobs_async() if job.status == "todo"]
    assert again.task_kwargs["_attempt"] == 2
    assert again.scheduled_at is not None
    assert again.queueing_lock == "one"


async def test_a_job_that_fails_while_the_same_job_waits_is_that_job(house: House) -> None:
    """procrastinate's own retry would break on the merge key, and leave the job doing for ever."""
    later = datetime.now(UTC) + timedelta(hours=1)
    waiting = Job(task="break", merge="one", at=later)
    await _break(house, Job(task="break", merge="one"), meanwhile=waiting)
    assert [job.status for job in await house.queue.job_manager.list_jobs_async()] == ["todo"]


async def _break(house: House, job: Job, meanwhile: Job | None = None) -> None:
    """Do a job that fails, once."""

    async def fail() -> None:
        if meanwhile is not None:
            await _defer(house, meanwhile)
        raise RuntimeError("the other side is down")

    house.tasks.register(Task("break", fail))
    await _defer(house, job)
    async with asyncio.timeout(20):
        await house.queue.run_worker_async(wait=False, concurrency=1, delete_jobs="successful")


async def _given_up(house: House, job: Job) -> tuple[str, int]:
    await _break(house, job)
    async with house.database.transaction() as session:
        entries = await house.log.read_after(session, 0, 1000)
    [said] = [entry for entry in entries if isinstance(entry.event, JobAbandoned)]
    assert isinstance(said.event, JobAbandoned)
    return said.stream, said.event.attempts


async def _declared(house: House) -> str:
    async with house.database.transaction() as session:
        ana = Actor(kind="slack", id="U0ANA", name="Ana")
        incident = await house.lifecycle.declare(session, ana, Declaration(title="Checkout is down"))
    async with house.database.transaction() as session:
        await (await session.connection()).exec_driver_sql("delete from procrastinate_jobs")
    return incident.id


async def _defer(house: House, job: Job) -> None:
    async with house.database.transaction() as session:
        await house.jobs.defer(session, [job])
