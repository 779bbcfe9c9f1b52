"""Runbooks that keep failing: their triggers ask first, and people are told."""

from pathlib import Path

import pytest

from tests.runbooks.bell import Bell, page
from tests.runbooks.workshop import Workshop
from tests.runbooks.world import ANA, BO, put, runbook
from tocsin.errors import Conflict, ErrorClass, Forbidden
from tocsin.events import Actor
from tocsin.events import runbook as events
from tocsin.incidents.lifecycle import Declaration
from tocsin.log import Entry
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.demotion import mode_now
from tocsin.runbooks.tables import Standing

ADMIN = Actor(kind="cli", id="root")
FAILS = runbook(
    put("one", "a", 1, retry="{ max: 0 }"),
    on="[{ pagerduty: incident.triggered, mode: auto }, { manual: true }]",
)


def standing(failures: int, *, demoted: bool = False) -> Standing:
    return Standing(runbook="boxes", failures=failures, demoted=demoted)


@pytest.mark.parametrize(
    ("mode", "row", "limit", "now"),
    [
        ("auto", None, 3, "auto"),
        ("auto", standing(2), 3, "auto"),
        ("auto", standing(3), 3, "propose"),
        ("auto", standing(1, demoted=True), 3, "propose"),
        ("auto", standing(9), 0, "auto"),
        ("propose", standing(9), 3, "propose"),
        ("suggest", standing(9), 3, "suggest"),
    ],
)
def test_a_trigger_that_acts_proposes_after_so_many_failures(
    mode: str, row: Standing | None, limit: int, now: str
) -> None:
    assert mode_now(mode, row, limit) == now


async def fail(workshop: Workshop, times: int, incident_id: str | None = None, text: str = FAILS) -> None:
    """Let so many runs fail, and do the job that each of them causes."""
    workshop.world.broken["run", "a"] = ErrorClass.INVALID
    await workshop.publish(text)
    for _ in range(times):
        await run(workshop, incident_id)


async def run(workshop: Workshop, incident_id: str | None = None) -> None:
    async with workshop.database.transaction() as session:
        request = RunRequest(runbook="boxes", incident_id=incident_id)
        state = await workshop.runs.start(session, ANA, request)
    await workshop.worker.advance(state.id)
    jobs = [one.task_name for one in await workshop.house.queue.job_manager.list_jobs_async()]
    if "runbooks.judge" in jobs:
        await workshop.house.standings.judge(state.id)


async def demoted(workshop: Workshop) -> list[Entry]:
    async with workshop.database.transaction() as session:
        found = await workshop.house.log.read_after(session, 0, 1000)
    return [one for one in found if isinstance(one.event, events.TriggersDemoted)]


async def test_a_trigger_of_what_keeps_failing_asks_first_and_says_why(bell: Bell) -> None:
    await fail(bell.workshop, 3)
    [run_id] = await bell.ring(page())
    state = await bell.workshop.read(run_id)
    assert (state.mode, state.lowered) == ("propose", "its last 3 runs failed")


async def row(workshop: Workshop) -> Standing | None:
    async with workshop.database.transaction() as session:
        return await session.get(Standing, "boxes")


async def test_two_failures_demote_nothing(workshop: Workshop) -> None:
    await fail(workshop, 2)
    assert await demoted(workshop) == []


async def test_everybody_is_told_of_the_third_once(workshop: Workshop) -> None:
    await fail(workshop, 5)
    [said] = await demoted(workshop)
    assert isinstance(said.event, events.TriggersDemoted)
    assert (said.stream, said.event.runbook, said.event.failures) == ("system", "boxes", 3)


async def test_it_is_said_in_the_incident_of_the_run(workshop: Workshop) -> None:
    async with workshop.database.transaction() as session:
        incident = await workshop.house.lifecycle.declare(session, ANA, Declaration(title="Boxes are full"))
    await fail(workshop, 3, incident.id)
    assert [said.stream for said in await demoted(workshop)] == [f"incident/{incident.id}"]


async def test_a_good_run_begins_the_count_anew(workshop: Workshop) -> None:
    await fail(workshop, 2)
    del workshop.world.broken["run", "a"]
    await run(workshop)
    workshop.world.broken["run", "a"] = ErrorClass.INVALID
    await run(workshop)
    counted = await row(workshop)
    assert counted is not None
    assert counted.failures == 1


async def test_a_good_run_does_not_rearm_what_was_demoted(workshop: Workshop) -> None:
    await fail(workshop, 3)
    del workshop.world.broken["run", "a"]
    await run(workshop)
    assert mode_now("auto", await row(workshop), 3) == "propose"


async def test_another_revision_begins_anew(workshop: Workshop) -> None:
    await fail(workshop, 3)
    await workshop.publish(FAILS.replace("title: Boxes", "title: Mended"))
    assert await row(workshop) is None


async def test_publishing_the_same_again_begins_anew(workshop: Workshop) -> None:
    await fail(workshop, 3)
    async with workshop.database.transaction() as session:
        await workshop.house.proposals.publish(session, ADMIN, "boxes")
    assert await row(workshop) is None


async def test_an_admin_lets_the_triggers_act_again(workshop: Workshop) -> None:
    await fail(workshop, 3)
    async with workshop.database.transaction() as session:
        await workshop.house.standings.rearm(session, ADMIN, "boxes", "it was the cluster")
    assert await row(workshop) is None


async def test_only_an_admin_does(workshop: Workshop) -> None:
    await fail(workshop, 3)
    with pytest.raises(Forbidden):
        async with workshop.database.transaction() as session:
            await workshop.house.standings.rearm(session, BO, "boxes")


async def test_there_is_nothing_to_rearm_while_all_is_well(workshop: Workshop) -> None:
    await workshop.publish(FAILS)
    with pytest.raises(Conflict, match="act as they are written"):
        async with workshop.database.transaction() as session:
            await workshop.house.standings.rearm(session, ADMIN, "boxes")


async def test_a_runbook_whose_triggers_only_propose_is_not_talked_about(workshop: Workshop) -> None:
    await fail(workshop, 4, text=FAILS.replace("mode: auto", "mode: propose"))
    assert await demoted(workshop) == []


async def test_a_run_of_an_older_revision_does_not_count(workshop: Workshop, tmp_path: Path) -> None:
    workshop.world.broken["run", "a"] = ErrorClass.INVALID
    run_id = await workshop.start(FAILS)
    await workshop.publish(FAILS.replace("title: Boxes", "title: Mended"))
    await workshop.worker.advance(run_id)
    assert await row(workshop) is None


async def test_a_run_that_was_counted_when_it_asked_for_a_person_is_not_counted_again(
    workshop: Workshop,
) -> None:
    workshop.world.broken["run", "a"] = ErrorClass.TIMEOUT
    workshop.world.blind.add("a")
    once = FAILS.replace("box.set", "box.fire")
    run_id = await workshop.start(once)
    await workshop.worker.advance(run_id)
    assert (await workshop.read(run_id)).status == "needs_attention"
    workshop.world.broken["run", "a"] = ErrorClass.INVALID
    async with workshop.database.transaction() as session:
        await workshop.runs.resolve_unknown(session, ADMIN, run_id, "one", happened=False)
    await workshop.worker.advance(run_id)
    assert (await workshop.read(run_id)).status == "failed"
    counted = await row(workshop)
    assert counted is not None
    assert counted.failures == 1
