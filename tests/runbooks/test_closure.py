"""The closure of a run: one digest for everything that it stays on."""

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import ANA, put, runbook
from tocsin.events import SYSTEM
from tocsin.organisation import Organisation
from tocsin.runbooks.care import Care
from tocsin.runbooks.closure import closure, policy_digest
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState

CALLS = runbook("{ id: call, runbook: inner }")
INNER = runbook(put("one", "a", 1)).replace("name: boxes", "name: inner")
MENDED = INNER.replace("title: Boxes", "title: Mended")


async def publish(workshop: Workshop, text: str) -> str:
    async with workshop.database.transaction() as session:
        digest = await workshop.house.revisions.record(session, SYSTEM, text, "inner.yaml")
        await workshop.house.revisions.publish(session, SYSTEM, "inner", digest)
    return digest


async def start(workshop: Workshop) -> RunState:
    async with workshop.database.transaction() as session:
        return await workshop.runs.start(session, ANA, RunRequest(runbook="boxes"))


def test_the_order_in_which_parts_are_named_changes_nothing() -> None:
    one = closure("r", {"a": "1", "b": "2"}, {"x": 1, "y": 2}, "p")
    assert one == closure("r", {"b": "2", "a": "1"}, {"y": 2, "x": 1}, "p")


def test_every_part_changes_it() -> None:
    others = [
        closure("r", {"a": "1"}, {"x": 1}, "p"),
        closure("s", {"a": "1"}, {"x": 1}, "p"),
        closure("r", {"a": "2"}, {"x": 1}, "p"),
        closure("r", {"a": "1"}, {"x": 2}, "p"),
        closure("r", {"a": "1"}, {"x": 1}, "q"),
    ]
    assert len(set(others)) == len(others)


def test_the_policy_is_what_decides_over_runs_and_nothing_else() -> None:
    plain = policy_digest(Organisation())
    called = policy_digest(Organisation.model_validate({"announcements": "C1"}))
    held = policy_digest(Organisation.model_validate({"calendars": {"sales": {"everywhere": True}}}))
    assert (called == plain, held == plain) == (True, False)


async def test_a_run_records_it(workshop: Workshop) -> None:
    inner = await publish(workshop, INNER)
    await workshop.publish(CALLS)
    run = await start(workshop)
    policy = policy_digest(workshop.house.settings.organisation)
    assert run.closure == closure(run.revision, {"inner": inner}, run.actions, policy)


async def test_another_revision_of_what_is_called_is_another_closure(workshop: Workshop) -> None:
    await publish(workshop, INNER)
    await workshop.publish(CALLS)
    before = await start(workshop)
    await publish(workshop, MENDED)
    after = await start(workshop)
    assert (before.revision == after.revision, before.closure == after.closure) == (True, False)


async def test_a_rerun_stays_on_the_revisions_that_were_called(workshop: Workshop) -> None:
    await publish(workshop, INNER)
    await workshop.publish(CALLS)
    first = await start(workshop)
    await workshop.worker.advance(first.id)
    await publish(workshop, MENDED)
    async with workshop.database.transaction() as session:
        care = Care(workshop.runs, workshop.house.access)
        again = await care.rerun(session, ANA, first.id)
    assert (again.subs, again.closure) == (first.subs, first.closure)
