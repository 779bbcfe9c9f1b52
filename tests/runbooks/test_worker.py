"""Runs on a real database: done to the end, raced for, interrupted, and left to the queue."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlmodel import select

from tests.runbooks.workshop import Workshop, asked_of
from tests.runbooks.world import Call, change, put, read, runbook
from tocsin.events import Fact
from tocsin.events import incident as incident_events
from tocsin.jobs import JobQueue, queue_app
from tocsin.main import House
from tocsin.runbooks.projections import TABLES
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run
from tocsin.serve import WORKER_OPTIONS
from tocsin.tasks import Task, Tasks

ASK = "{ from: ['group:sre'] }"


async def test_a_run_is_done_to_its_end(workshop: Workshop) -> None:
    state = await workshop.go(
        runbook(read("look", "a"), put("one", "a", 4), change("box.add", "two", "b", 2))
    )
    assert (state.status, workshop.world.boxes) == ("succeeded", {"a": 4, "b": 2})


async def test_an_effect_is_in_the_log_before_it_happens(workshop: Workshop) -> None:
    seen: list[str] = []
    run_id = await workshop.start(runbook(put("one", "a", 4)))
    loop = asyncio.get_running_loop()
    workshop.world.hang = lambda: seen.extend(
        entry.event.type
        for entry in asyncio.run_coroutine_threadsafe(workshop.entries(run_id), loop).result(10)
    )
    await workshop.worker.advance(run_id)
    assert seen[-1] == "step_started"


async def test_of_two_workers_at_one_run_one_loses_and_each_effect_happens_once(workshop: Workshop) -> None:
    run_id = await workshop.start(
        runbook(change("box.fire", "one", "a", 1), change("box.fire", "two", "b", 1))
    )
    both = [workshop.worker.advance(run_id) for _ in range(2)]
    results = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in results) == ["NoneType", "StaleStream"]
    assert workshop.world.effects == [
        Call("box.fire", "a", workshop.world.effects[0].key),
        Call("box.fire", "b", workshop.world.effects[1].key),
    ]


async def test_a_cancel_while_an_effect_is_at_work_lets_its_result_count(workshop: Workshop) -> None:
    run_id = await workshop.start(runbook(change("box.fire", "one", "a", 1), put("two", "b", 1)))
    loop = asyncio.get_running_loop()
    workshop.world.hang = lambda: asyncio.run_coroutine_threadsafe(workshop.cancel(run_id), loop).result(10)
    await workshop.worker.advance(run_id)
    state = await workshop.read(run_id)
    assert (state.status, workshop.world.boxes) == ("cancelled", {"a": 1})
    assert state.summary == "cancelled; not undone: one"


async def test_a_call_that_gives_no_answer_is_given_up_after_the_steps_timeout(workshop: Workshop) -> None:
    released = asyncio.Event()
    loop = asyncio.get_running_loop()
    workshop.world.hang = lambda: asyncio.run_coroutine_threadsafe(released.wait(), loop).result(30)
    state = await workshop.go(runbook(put("one", "a", 4, timeout="1s")))
    released.set()
    assert state.step("one").error == "no answer within 1 s"


async def test_a_run_that_waits_for_people_goes_on_when_they_approve(workshop: Workshop) -> None:
    state = await workshop.go(runbook(put("one", "a", 4, approve=ASK)))
    await workshop.approve(state.id, asked_of(state))
    await workshop.worker.advance(state.id)
    assert ((await workshop.read(state.id)).status, workshop.world.boxes) == ("succeeded", {"a": 4})


async def test_a_run_that_waits_sets_an_alarm(workshop: Workshop) -> None:
    state = await workshop.go(runbook("{ id: hold, wait: 5m }"))
    [alarm] = await workshop.house.queue.job_manager.list_jobs_async(task="runbooks.wake")
    assert alarm.scheduled_at == state.step("hold").until


async def test_the_channel_of_the_incident_reaches_its_run(workshop: Workshop) -> None:
    house = workshop.house
    opened = incident_events.IncidentOpened(number=1, title="Down", severity="sev1", status="investigating")
    channel = incident_events.ChannelOpened(channel="C1", name="inc-1")
    async with house.database.transaction() as session:
        facts = [Fact(event=event, incident_id="i1") for event in (opened, channel)]
        await house.log.append(session, "incident/i1", facts)
    step = put("one", "a", 1).replace("value: 1", 'value: 1, note: "${{ incident.channel }}"')
    scope = {"incident": {"id": "i1", "channel": None}}
    state = await workshop.go(runbook(step), incident_id="i1", scope=scope)
    await workshop.worker.tell_channel("i1")
    await workshop.worker.advance(state.id)
    assert (await workshop.read(state.id)).step("one").want["note"] == "C1"


async def test_the_run_as_it_stands_is_the_run_as_its_events_tell_it(workshop: Workshop) -> None:
    ask = "{ from: ['group:sre'], count: 2 }"
    state = await workshop.go(runbook(put("one", "a", 4, approve=ask), "{ id: hold, wait: 5m }"))
    await workshop.approve(state.id, asked_of(state))
    await workshop.worker.advance(state.id)
    async with workshop.database.transaction() as session:
        run = await session.get_one(Run, state.id)
    assert run.status == (await workshop.read(state.id)).status == "awaiting_approval"


async def rows(house: House) -> list[list[object]]:
    async with house.database.transaction() as session:
        found = [(await session.exec(select(table))).all() for table in TABLES]
    return [sorted((row.model_dump_json() for row in table), key=str) for table in found]


async def test_projections_built_again_are_the_same(workshop: Workshop) -> None:
    await workshop.go(runbook(put("one", "a", 4)))
    await workshop.go(runbook(put("one", "a", 4), "{ id: hold, wait: 5m }"))
    await workshop.go(runbook(put("one", "a", 5)))
    await workshop.go(runbook(put("one", "b", 5, approve=ASK)))
    before = await rows(workshop.house)
    async with workshop.database.transaction() as session:
        await workshop.house.rebuild(session)
    assert await rows(workshop.house) == before


@pytest.fixture
async def working(workshop: Workshop) -> AsyncIterator[Workshop]:
    """A workshop whose runs a real worker moves on, through the queue."""
    app = queue_app(workshop.database.url)
    tasks = Tasks(app, JobQueue(app), workshop.database, workshop.house.log)
    for name in ("advance", "wake", "hand_over", "tell_channel"):
        tasks.register(Task(f"runbooks.{name}", getattr(workshop.worker, name)))
    async with app.open_async():
        doing = asyncio.create_task(app.run_worker_async(**WORKER_OPTIONS))
        yield workshop
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


async def test_the_queue_takes_runs_to_their_end(working: Workshop) -> None:
    """Two runs on one box, the first with an approval and a wait: the second is handed the lock."""
    first = await working.start(runbook(put("one", "a", 1, approve=ASK), "{ id: hold, wait: 1s }"))
    asking = await until(working, first, "awaiting_approval")
    await working.approve(first, asked_of(asking))
    await until(working, first, "waiting")
    second = await working.start(runbook(change("box.add", "one", "a", 10)))
    await until(working, first, "succeeded")
    await until(working, second, "succeeded")
    assert (working.world.boxes, await working.locks()) == ({"a": 11}, set())


async def until(workshop: Workshop, run_id: str, status: str) -> RunState:
    async with asyncio.timeout(30):
        while (state := await workshop.read(run_id)).status != status:
            assert not state.over, state.summary
            await asyncio.sleep(0.05)
    return state
