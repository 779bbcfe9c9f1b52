"""An action knows for which run it is called, and who asked for it, though it is called in a thread."""

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import ANA, put, runbook
from tocsin.actions.caller import Caller, caller


async def test_an_action_knows_its_run_and_its_person(workshop: Workshop) -> None:
    seen: list[Caller | None] = []
    workshop.world.hang = lambda: seen.append(caller())
    run_id = await workshop.start(runbook(put("one", "a", 4)))
    await workshop.worker.advance(run_id)
    assert seen == [Caller(run=run_id, person=str(ANA.email))]


async def test_outside_of_a_run_nobody_is_known(workshop: Workshop) -> None:
    await workshop.go(runbook(put("one", "a", 4)))
    assert caller() is None
