"""Code that raises what it never should: the run waits for a person, who is told so."""

from dataclasses import replace

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import ANA, put, runbook
from tocsin.errors import ErrorClass
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState
from tocsin.runbooks.work import Program
from tocsin.runbooks.worker import Worker

TWO = runbook(put("one", "a", 1), put("two", "b", 2))


class BrokenPrograms(Programs):
    """The fault that is tried here: our own code raises."""

    def __init__(self) -> None: ...

    async def get(self, session: AsyncSession, state: RunState) -> Program:
        raise KeyError("hush")


@pytest.mark.parametrize("verb", ["plan", "run", "verify"])
async def test_a_run_whose_action_makes_a_mistake_waits_for_a_person(workshop: Workshop, verb: str) -> None:
    workshop.world.bugs.add((verb, "b"))
    state = await workshop.go(TWO)
    assert state.status == "needs_attention"
    assert "box.set raised KeyError, which is a mistake in it" in state.summary


@pytest.mark.parametrize("verb", ["plan", "run", "verify"])
async def test_what_the_mistake_said_is_in_no_event(workshop: Workshop, verb: str) -> None:
    workshop.world.bugs.add((verb, "b"))
    state = await workshop.go(TWO)
    told = [entry.event.model_dump_json() for entry in await workshop.entries(state.id)]
    assert "hush" not in str(told)


async def test_operators_find_where_it_happened_in_the_log_of_the_process(workshop: Workshop) -> None:
    workshop.world.bugs.add(("run", "b"))
    with capture_logs() as told:
        state = await workshop.go(TWO)
    assert [one for one in told if one["event"] == "action_broke"] == [
        {"event": "action_broke", "run": state.id, "step": "two", "exc_info": True, "log_level": "error"}
    ]


async def say(workshop: Workshop, state: RunState, *, happened: bool) -> RunState:
    """Say whether the step `two` happened, and move the run on."""
    async with workshop.database.transaction() as session:
        await workshop.runs.resolve_unknown(session, ANA, state.id, "two", happened=happened)
    await workshop.worker.advance(state.id)
    return await workshop.read(state.id)


async def test_once_the_mistake_is_mended_a_person_lets_the_step_run_again(workshop: Workshop) -> None:
    workshop.world.bugs.add(("run", "b"))
    state = await workshop.go(TWO)
    workshop.world.bugs.clear()
    state = await say(workshop, state, happened=False)
    assert (state.status, workshop.world.boxes) == ("succeeded", {"a": 1, "b": 2})


async def test_a_step_that_a_person_has_done_is_not_run_again(workshop: Workshop) -> None:
    workshop.world.bugs.add(("run", "b"))
    state = await workshop.go(TWO)
    workshop.world.boxes["b"] = 2
    state = await say(workshop, state, happened=True)
    assert (state.status, workshop.world.called("run", "b")) == ("succeeded", 1)


async def test_a_run_whose_plan_broke_can_be_cancelled(workshop: Workshop) -> None:
    workshop.world.bugs.add(("plan", "b"))
    state = await workshop.go(TWO)
    await workshop.cancel(state.id)
    await workshop.worker.advance(state.id)
    assert ((await workshop.read(state.id)).status, workshop.world.effects) == ("cancelled", [])


async def test_a_mistake_of_undo_says_what_is_to_be_put_back_by_hand(workshop: Workshop) -> None:
    workshop.world.bugs.add(("undo", "a"))
    workshop.world.broken["run", "b"] = ErrorClass.DENIED
    text = runbook(put("one", "a", 1), put("two", "b", 2, undo="none"), on_failure="{ compensate: true }")
    state = await workshop.go(text)
    assert (state.status, [*state.undo_failures]) == ("needs_attention", ["one"])
    assert "put one back by hand: box.set raised KeyError" in state.summary


async def test_a_mistake_of_our_own_leaves_no_run_waiting(workshop: Workshop) -> None:
    run_id = await workshop.start(TWO)
    engine = replace(workshop.worker._engine, programs=BrokenPrograms())
    await Worker(engine).advance(run_id)
    state = await workshop.read(run_id)
    assert state.status == "needs_attention"
    assert state.summary.startswith(
        "Tocsin made a mistake and stopped here: KeyError; the log of the process"
    )


async def test_a_run_that_waits_for_a_person_is_not_parked_a_second_time(workshop: Workshop) -> None:
    run_id = await workshop.start(TWO)
    worker = Worker(replace(workshop.worker._engine, programs=BrokenPrograms()))
    await worker.advance(run_id)
    before = len(await workshop.entries(run_id))
    await worker.advance(run_id)
    assert len(await workshop.entries(run_id)) == before
