"""The log: append, chain, duplicates, and the refusal of every change."""

import asyncio

import psycopg
import pytest

from tocsin.db import Database
from tocsin.errors import BrokenChain, StaleStream
from tocsin.events import Fact
from tocsin.events.incident import IncidentOpened, UpdatePosted
from tocsin.jobs import Job, JobQueue, queue_app
from tocsin.log import Entry, Log


def opened(title: str = "Checkout is down", ref: str | None = None) -> Fact:
    event = IncidentOpened(number=1, title=title, severity="sev1", status="investigating")
    return Fact(event=event, source_ref=ref, incident_id="i1")


def said(message: str) -> Fact:
    return Fact(event=UpdatePosted(message=message), incident_id="i1")


@pytest.fixture
def log(database_url: str) -> Log:
    return Log(JobQueue(queue_app(database_url)), (), ())


async def test_versions_of_a_stream_count_from_one_without_gaps(log: Log, database: Database) -> None:
    async with database.transaction() as session:
        await log.append(session, "incident/i1", [opened(), said("one")])
    async with database.transaction() as session:
        await log.append(session, "incident/i1", [said("two")])
        versions = [entry.version for entry in await log.read(session, "incident/i1")]
    assert versions == [1, 2, 3]


async def test_a_writer_that_lost_the_race_is_told(log: Log, database: Database) -> None:
    async with database.transaction() as session:
        await log.append(session, "incident/i1", [opened()], expected_version=0)
    with pytest.raises(StaleStream):
        async with database.transaction() as session:
            await log.append(session, "incident/i1", [opened()], expected_version=0)


async def test_of_many_concurrent_writers_with_one_expectation_exactly_one_wins(
    log: Log, database: Database
) -> None:
    async def write() -> bool:
        try:
            async with database.transaction() as session:
                await log.append(session, "incident/i1", [opened()], expected_version=0)
        except StaleStream:
            return False
        return True

    assert sum(await asyncio.gather(*(write() for _ in range(10)))) == 1


async def test_the_same_source_ref_is_appended_once(log: Log, database: Database) -> None:
    async with database.transaction() as session:
        first = await log.append(session, "incident/i1", [opened(ref="slack:1")])
        second = await log.append(session, "incident/i1", [opened(ref="slack:1")])
    assert (len(first), second) == (1, [])


async def test_an_untouched_log_verifies(log: Log, database: Database) -> None:
    awkward = "NUL \0, emoji 🔔, 1e22 and \ud83d".encode("utf-8", "replace").decode()
    async with database.transaction() as session:
        before = await log.verify(session)
        await log.append(session, "incident/i1", [opened(awkward), said("x")])
        await log.append(session, "incident/i2", [opened()])
        assert await log.verify(session) == before + 3


async def test_a_log_changed_behind_our_back_does_not_verify(
    log: Log, database: Database, database_url: str
) -> None:
    async with database.transaction() as session:
        await log.append(session, "incident/i1", [opened(), said("x")])
    with psycopg.connect(database_url, autocommit=True) as intruder:
        intruder.execute("alter table event disable trigger all")
        intruder.execute(
            "update event set data = jsonb_set(data, '{title}', '\"nothing\"')"
            " where version = 1 and stream = 'incident/i1'"
        )
    with pytest.raises(BrokenChain, match="version 1 of incident/i1"):
        async with database.transaction() as session:
            await log.verify(session)


@pytest.mark.parametrize("change", ["update event set type = 'x'", "delete from event", "truncate event"])
async def test_the_database_refuses_to_change_the_log(
    log: Log, database: Database, database_url: str, change: str
) -> None:
    async with database.transaction() as session:
        await log.append(session, "incident/i1", [opened()])
    with psycopg.connect(database_url) as intruder, pytest.raises(psycopg.errors.RaiseException):
        intruder.execute(change)


async def test_secrets_do_not_get_into_the_log(log: Log, database: Database) -> None:
    async with database.transaction() as session:
        [entry] = await log.append(session, "incident/i1", [opened("token xoxb-123456789012-abcdefgh")])
    assert "xoxb" not in entry.model_dump_json()


async def test_an_event_and_its_job_commit_together(database: Database, database_url: str) -> None:
    def react(entry: Entry) -> list[Job]:
        return [Job(task="tell", args={"position": entry.position})]

    app = queue_app(database_url)
    log = Log(JobQueue(app), (), (react,))
    async with app.open_async():
        async with database.transaction() as session:
            await log.append(session, "incident/i1", [opened()])
        assert len(list(await app.job_manager.list_jobs_async(task="tell"))) == 1


async def test_an_event_that_was_rolled_back_leaves_no_job(database: Database, database_url: str) -> None:
    app = queue_app(database_url)
    log = Log(JobQueue(app), (), (lambda entry: [Job(task="tell")],))
    async with app.open_async():
        async with database.transaction() as session:
            await log.append(session, "incident/i1", [opened()])
            await session.rollback()
        assert list(await app.job_manager.list_jobs_async()) == []


async def test_jobs_with_one_merge_key_are_one_job(database: Database, database_url: str) -> None:
    app = queue_app(database_url)
    log = Log(JobQueue(app), (), (lambda entry: [Job(task="refresh", merge="refresh:i1")],))
    async with app.open_async():
        for message in ("one", "two", "three"):
            async with database.transaction() as session:
                await log.append(session, "incident/i1", [said(message)])
        assert len(list(await app.job_manager.list_jobs_async())) == 1


async def test_a_waiting_job_cannot_be_taken_while_an_event_merges_into_it(
    database: Database, database_url: str
) -> None:
    """A worker that took it now would not see the event, and nobody would look again."""
    app = queue_app(database_url)
    log = Log(JobQueue(app), (), (lambda entry: [Job(task="refresh", merge="refresh:i1")],))
    async with app.open_async():
        async with database.transaction() as session:
            await log.append(session, "incident/i1", [said("one")])
        worker = await app.job_manager.register_worker()
        async with database.transaction() as session:
            await log.append(session, "incident/i1", [said("two")])
            assert await app.job_manager.fetch_job(queues=None, worker_id=worker) is None
        assert await app.job_manager.fetch_job(queues=None, worker_id=worker) is not None


async def test_two_transactions_that_cause_the_same_job_at_once_leave_one(
    database: Database, database_url: str
) -> None:
    app = queue_app(database_url)
    log = Log(JobQueue(app), (), (lambda entry: [Job(task="refresh", merge="refresh")],))

    async def write(number: int) -> None:
        async with database.transaction() as session:
            await log.append(session, f"incident/{number}", [opened()])
            await asyncio.sleep(0.05)
            await log.append(session, f"incident/{number}", [said("more")])

    async with app.open_async():
        await asyncio.gather(*(write(number) for number in range(5)))
        assert len(list(await app.job_manager.list_jobs_async())) == 1
