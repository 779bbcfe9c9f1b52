"""What our own events and the clock start: once, whoever caused them and however often a job is done."""

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.runbooks.bell import STEP, Bell, triggered
from tests.runbooks.workshop import Workshop
from tests.runbooks.world import ANA, BO, runbook
from tocsin.events import SYSTEM, Actor, Fact
from tocsin.events.run import RunFinished, RunRequested
from tocsin.incidents.lifecycle import Declaration
from tocsin.main import House
from tocsin.runbooks.tables import Run, Tick

MINUTE = timedelta(minutes=1)


async def fire(bell: Bell, kind: str, stream: str | None = None) -> None:
    """Do the job of the newest event of a kind."""
    entries = await bell.entries(stream)
    found = [entry for entry in entries if entry.event.type == kind]
    await bell.firing.fire(found[-1].position)


async def first(bell: Bell, run: Run) -> RunRequested:
    event = (await bell.entries(f"run/{run.id}"))[0].event
    assert isinstance(event, RunRequested)
    return event


class TestAnIncident:
    async def test_that_is_opened_starts_the_runbook_that_looks_out_for_it(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered("incident: opened"))
        await fire(bell, "incident_opened")
        run = await bell.run()
        assert (run.trigger, run.incident_id, run.mode) == ("incident:opened", bell.incident.id, "propose")

    async def test_is_seen_by_expressions(self, bell: Bell) -> None:
        given = 'with: { title: "${{ incident.ref }} ${{ incident.service.name }}" }'
        await bell.workshop.publish(
            triggered(f"incident: opened, {given}", inputs="{ title: { type: string } }")
        )
        await fire(bell, "incident_opened")
        assert (await first(bell, await bell.run())).inputs == {"title": "INC-1 Checkout API"}

    @pytest.mark.parametrize("actor", [ANA, SYSTEM, Actor(kind="cli", id="bo")])
    async def test_that_gets_worse_starts_a_runbook_whoever_says_so(self, bell: Bell, actor: Actor) -> None:
        await bell.workshop.publish(triggered("incident: severity, when: event.after == 'sev1'"))
        async with bell.workshop.database.transaction() as session:
            await bell.workshop.house.lifecycle.change_severity(session, actor, bell.incident.id, "sev1")
        await fire(bell, "severity_changed")
        assert (await bell.run()).trigger == "incident:severity"

    async def test_that_changes_otherwise_starts_nothing(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered("incident: severity, when: event.after == 'sev1'"))
        async with bell.workshop.database.transaction() as session:
            await bell.workshop.house.lifecycle.change_severity(session, ANA, bell.incident.id, "sev4")
        await fire(bell, "severity_changed")
        assert await bell.runs() == []

    async def test_that_is_resolved_starts_a_runbook_that_sees_before_and_after(self, bell: Bell) -> None:
        when = "event.before == 'investigating' and event.after == 'resolved' and event.reason == 'fixed'"
        await bell.workshop.publish(triggered(f'incident: status, when: "{when}"'))
        async with bell.workshop.database.transaction() as session:
            await bell.workshop.house.lifecycle.resolve(session, ANA, bell.incident.id, "fixed")
        await fire(bell, "status_changed")
        assert (await bell.run()).trigger == "incident:status"

    async def test_starts_one_run_however_often_the_job_is_done(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered("incident: opened"))
        for _ in range(2):
            await fire(bell, "incident_opened")
        assert len(await bell.runs()) == 1

    async def test_starts_one_run_where_two_workers_do_the_job_at_once(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered("incident: opened"))
        await asyncio.gather(*(fire(bell, "incident_opened") for _ in range(8)))
        assert len(await bell.runs()) == 1


WAITS = """\
schema: runbook/v1
name: waits
title: It waits
on: [{ incident: opened, mode: auto }]
steps: [{ id: hold, wait: 0s }]
"""


async def publish(house: House, text: str) -> None:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, text, "test.yaml")
        await house.revisions.publish(session, SYSTEM, "waits", digest)


async def do_jobs(house: House) -> None:
    async with asyncio.timeout(20):
        await house.queue.run_worker_async(wait=False, concurrency=4, delete_jobs="successful")


async def test_an_incident_that_is_declared_starts_its_runbook_with_nobody_helping(house: House) -> None:
    await publish(house, WAITS)
    async with house.database.transaction() as session:
        await house.lifecycle.declare(session, ANA, Declaration(title="Checkout is down"))
    await do_jobs(house)
    async with house.database.transaction() as session:
        run = (await session.exec(select(Run).where(Run.runbook == "waits"))).one()
    assert (run.trigger, run.mode) == ("incident:opened", "auto")


async def test_a_declaration_that_is_rolled_back_starts_nothing(house: House) -> None:
    await publish(house, WAITS)
    async with house.database.transaction() as session:
        await house.lifecycle.declare(session, ANA, Declaration(title="Checkout is down"))
        await session.rollback()
    await do_jobs(house)
    async with house.database.transaction() as session:
        assert (await session.exec(select(Run))).all() == []


async def test_the_job_of_the_clock_counts_what_is_scheduled(house: House) -> None:
    await publish(house, WAITS.replace("incident: opened", 'schedule: "0 4 * * *"'))
    await house.queue.tasks["runbooks.strike"].defer_async(timestamp=0)
    await do_jobs(house)
    async with house.database.transaction() as session:
        [tick] = (await session.exec(select(Tick))).all()
    assert tick.trigger.startswith("waits/")


class TestASchedule:
    @pytest.fixture
    def hourly(self) -> str:
        return triggered('schedule: "0 * * * *"')

    async def test_starts_its_runbook_when_its_time_comes(self, bell: Bell, hourly: str) -> None:
        hour = bell.now.replace(minute=0)
        await bell.workshop.publish(hourly)
        await bell.firing.strike_at(hour - MINUTE)
        assert await bell.runs() == []
        await bell.firing.strike_at(hour)
        assert (await bell.run()).trigger == "schedule"

    async def test_sees_its_time(self, bell: Bell) -> None:
        given = 'with: { at: "${{ event.occurred_at }}" }'
        text = triggered(f'schedule: "* * * * *", {given}', inputs="{ at: { type: string } }")
        await bell.workshop.publish(text)
        await bell.firing.strike_at(bell.now)
        minute = bell.now.replace(second=0).isoformat()
        assert (await first(bell, await bell.run())).inputs == {"at": minute}

    async def test_starts_one_run_where_several_processes_count(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered('schedule: "* * * * *"'))
        await asyncio.gather(*(bell.firing.strike_at(bell.now) for _ in range(8)))
        assert len(await bell.runs()) == 1

    async def test_starts_one_run_a_minute_however_often_somebody_looks(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered('schedule: "* * * * *"'))
        for seconds in (0, 5, 39, 40, 41, 99):
            await bell.firing.strike_at(bell.now + timedelta(seconds=seconds))
        assert len(await bell.runs()) == 2

    async def test_does_not_make_up_for_times_before_it_was_published(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered('schedule: "*/2 * * * *"'))
        odd = bell.now.replace(minute=bell.now.minute // 2 * 2) + MINUTE * 1.5
        await bell.firing.strike_at(odd)
        assert await bell.runs() == []

    async def test_makes_up_for_the_newest_time_that_was_missed(self, bell: Bell) -> None:
        await bell.workshop.publish(triggered('schedule: "* * * * *"'))
        await bell.firing.strike_at(bell.now - timedelta(minutes=30))  # too long ago in truth: starts nothing
        before = len(await bell.runs())
        await bell.firing.strike_at(bell.now)
        assert len(await bell.runs()) == before + 1

    async def test_leaves_out_a_time_that_was_missed_too_long_ago(self, bell: Bell) -> None:
        minute = (bell.now - timedelta(minutes=20)).minute
        await bell.workshop.publish(triggered(f'schedule: "{minute} * * * *", max_age: 10m'))
        await bell.firing.strike_at(bell.now - timedelta(minutes=30))
        await bell.firing.strike_at(bell.now)
        assert await bell.runs() == []

    async def test_makes_up_for_a_time_that_was_missed_not_too_long_ago(self, bell: Bell) -> None:
        minute = (bell.now - timedelta(minutes=20)).minute
        await bell.workshop.publish(triggered(f'schedule: "{minute} * * * *", max_age: 25m'))
        await bell.firing.strike_at(bell.now - timedelta(minutes=30))
        await bell.firing.strike_at(bell.now)
        assert len(await bell.runs()) == 1

    async def test_that_went_away_and_comes_back_counts_from_then_on(self, bell: Bell) -> None:
        minutely = triggered('schedule: "* * * * *"')
        await bell.workshop.publish(minutely)
        await bell.firing.strike_at(bell.now - timedelta(minutes=30))
        before = len(await bell.runs())
        await bell.workshop.publish(triggered("manual: true"))
        await bell.firing.strike_at(bell.now - timedelta(minutes=20))
        async with bell.workshop.database.transaction() as session:
            assert (await session.exec(select(Tick))).all() == []
        await bell.workshop.publish(minutely)
        assert len(await bell.runs()) == before

    async def test_that_is_wrong_says_so_where_its_runbook_tells_what_belongs_to_no_incident(
        self, bell: Bell
    ) -> None:
        await bell.workshop.publish(triggered('schedule: "* * * * *", when: "event.gone"'))
        await bell.firing.strike_at(bell.now)
        [said] = await bell.said("boxes", "trigger/boxes")
        assert "event.gone" in said


CHAIN = "runbook: boxes"


async def end(workshop: Workshop, run_id: str, status: str = "succeeded") -> None:
    """Let a run end."""
    finished = RunFinished.model_validate({"status": status, "summary": "so", "outputs": {"count": 3}})
    async with workshop.database.transaction() as session:
        run = await session.get_one(Run, run_id)
        fact = Fact(event=finished, run_id=run_id, incident_id=run.incident_id)
        await workshop.house.log.append(session, f"run/{run_id}", [fact])


class TestTheEndOfARun:
    async def test_starts_the_runbook_that_looks_out_for_it(self, bell: Bell) -> None:
        run_id = await bell.workshop.start(triggered(f"{CHAIN} }}, {{ manual: true"))
        await end(bell.workshop, run_id)
        await fire(bell, "run_finished", f"run/{run_id}")
        assert [run.trigger for run in await bell.runs()] == ["manual", "runbook:boxes:succeeded"]

    async def test_with_another_status_starts_nothing(self, bell: Bell) -> None:
        run_id = await bell.workshop.start(triggered(f"{CHAIN} }}, {{ manual: true"))
        await end(bell.workshop, run_id, "failed")
        await fire(bell, "run_finished", f"run/{run_id}")
        assert len(await bell.runs()) == 1

    async def test_that_failed_starts_what_looks_out_for_that(self, bell: Bell) -> None:
        ended = "runbook: { name: boxes, status: failed }"
        run_id = await bell.workshop.start(triggered(f"{ended} }}, {{ manual: true"))
        await end(bell.workshop, run_id, "failed")
        await fire(bell, "run_finished", f"run/{run_id}")
        assert len(await bell.runs()) == 2

    async def test_gives_its_outputs(self, bell: Bell) -> None:
        given = 'with: { count: "${{ event.run.outputs.count }}" }'
        text = triggered(f"{CHAIN}, {given} }}, {{ manual: true", inputs="{ count: { type: integer } }")
        run_id = await bell.workshop.start(text)
        await end(bell.workshop, run_id)
        await fire(bell, "run_finished", f"run/{run_id}")
        assert (await first(bell, (await bell.runs())[-1])).inputs == {"count": 3}

    async def test_hands_its_incident_on(self, bell: Bell) -> None:
        run_id = await bell.workshop.start(
            triggered(f"{CHAIN} }}, {{ manual: true"), incident_id=bell.incident.id
        )
        await end(bell.workshop, run_id)
        await fire(bell, "run_finished", f"run/{run_id}")
        assert {run.incident_id for run in await bell.runs()} == {bell.incident.id}

    async def test_in_a_circle_ends_after_five_more_and_says_so(self, bell: Bell) -> None:
        await bell.workshop.start(triggered(f"{CHAIN} }}, {{ manual: true"), incident_id=bell.incident.id)
        for _ in range(8):
            newest = (await bell.runs())[-1]
            if newest.finished_at is None:
                await end(bell.workshop, newest.id)
            await fire(bell, "run_finished", f"run/{newest.id}")
        [said] = await bell.said("boxes")
        assert (len(await bell.runs()), "a circle?" in said) == (6, True)


async def test_a_run_that_needs_attention_has_not_ended(house: House, workshop: Workshop) -> None:
    run_id = await workshop.start(runbook(STEP), BO)
    async with house.database.transaction() as session:
        await (await session.connection()).exec_driver_sql("delete from procrastinate_jobs")
    await end(workshop, run_id, "needs_attention")
    jobs = await house.queue.job_manager.list_jobs_async()
    assert [job.task_name for job in jobs if job.task_name == "runbooks.fire"] == []
