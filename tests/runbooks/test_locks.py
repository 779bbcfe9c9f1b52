"""Locks over runs: first come, first served, seen by everybody, and never two runs waiting for each other."""

import asyncio

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import change, put, runbook
from tocsin.errors import ErrorClass

HOLDS_A = runbook(put("one", "a", 1), "{ id: hold, wait: 5m }")
THEN_B = put("two", "b", 0).replace("value: 0", 'value: "${{ steps.one.outputs.value }}"')
A_THEN_B = runbook(put("one", "a", 1), "{ id: hold, wait: 1s }", THEN_B)
B_THEN_A = runbook(
    put("one", "b", 2),
    "{ id: hold, wait: 1s }",
    put("two", "a", 0).replace("value: 0", 'value: "${{ steps.one.outputs.value }}"'),
    on_failure="{ compensate: true }",
)


async def deferred(workshop: Workshop) -> set[str]:
    """Return the runs that the queue is about to move on."""
    jobs = await workshop.house.queue.job_manager.list_jobs_async(task="runbooks.advance", status="todo")
    return {str(job.task_kwargs["run_id"]) for job in jobs}


async def end(workshop: Workshop, run_id: str) -> None:
    await workshop.cancel(run_id)
    await workshop.worker.advance(run_id)


async def test_a_run_that_finds_the_lock_taken_waits_and_says_for_whom(workshop: Workshop) -> None:
    first = await workshop.go(HOLDS_A)
    second = await workshop.go(runbook(put("one", "a", 2)))
    assert (second.status, second.awaited, second.holders) == ("waiting", ("box:a",), (first.id,))


async def test_a_lock_is_handed_to_the_run_that_came_first(workshop: Workshop) -> None:
    runs = [await workshop.go(HOLDS_A) for _ in range(3)]
    await end(workshop, runs[0].id)
    await workshop.worker.advance(runs[2].id)
    await workshop.worker.advance(runs[1].id)
    assert await workshop.locks() == {("box:a", runs[1].id, True), ("box:a", runs[2].id, False)}


async def test_the_end_of_a_run_moves_on_who_waited_for_it(workshop: Workshop) -> None:
    first, second = [await workshop.go(HOLDS_A) for _ in range(2)]
    async with workshop.database.transaction() as session:
        await (await session.connection()).exec_driver_sql("delete from procrastinate_jobs")
    await end(workshop, first.id)
    await workshop.worker.hand_over()
    assert second.id in await deferred(workshop)


async def test_a_run_that_ends_gives_its_locks_back(workshop: Workshop) -> None:
    await workshop.go(runbook(put("one", "a", 1)))
    assert await workshop.locks() == set()


async def test_a_run_that_is_cancelled_in_line_leaves_the_line(workshop: Workshop) -> None:
    first, second = [await workshop.go(HOLDS_A) for _ in range(2)]
    await end(workshop, second.id)
    assert await workshop.locks() == {("box:a", first.id, True)}


async def test_a_run_that_needs_attention_keeps_its_locks(workshop: Workshop) -> None:
    workshop.world.broken = {("run", "a"): ErrorClass.DENIED, ("undo", "a"): ErrorClass.DENIED}
    state = await workshop.go(runbook(put("one", "a", 1), on_failure="{ compensate: true }"))
    assert (state.status, await workshop.locks()) == ("needs_attention", {("box:a", state.id, True)})


async def test_the_second_run_plans_with_what_the_first_one_left(workshop: Workshop) -> None:
    first = await workshop.go(HOLDS_A)
    second = await workshop.go(runbook(change("box.add", "one", "a", 10)))
    workshop.world.boxes["a"] = 5
    await end(workshop, first.id)
    await workshop.worker.advance(second.id)
    assert (await workshop.read(second.id)).step("one").plan["before"] == 5


async def test_a_run_that_lines_up_while_the_holder_ends_is_not_forgotten(workshop: Workshop) -> None:
    """Each time one of the two sees the other: it takes the lock, or the hand-over finds it in line."""
    for _ in range(5):
        first = await workshop.go(HOLDS_A)
        second = await workshop.start(HOLDS_A)
        await workshop.cancel(first.id)
        await asyncio.gather(workshop.worker.advance(first.id), workshop.worker.advance(second))
        await workshop.worker.hand_over()
        await workshop.worker.advance(second)
        assert await workshop.locks() == {("box:a", second, True)}
        await end(workshop, second)


async def test_two_runs_that_each_hold_what_the_other_wants_do_not_wait_for_ever(workshop: Workshop) -> None:
    ours, theirs = await workshop.go(A_THEN_B), await workshop.go(B_THEN_A)
    await asyncio.sleep(1.1)
    await asyncio.gather(workshop.worker.advance(ours.id), workshop.worker.advance(theirs.id))
    await workshop.worker.advance(ours.id)
    await workshop.worker.advance(theirs.id)
    states = [await workshop.read(run.id) for run in (ours, theirs)]
    assert any("which waits for what this run holds" in state.summary for state in states)


async def test_after_a_circle_was_broken_the_other_run_goes_on(workshop: Workshop) -> None:
    ours, theirs = await workshop.go(A_THEN_B), await workshop.go(B_THEN_A)
    await asyncio.sleep(1.1)
    for run in (ours, theirs, ours):
        await workshop.worker.advance(run.id)
    assert (await workshop.read(ours.id)).status == "succeeded"
    assert ((await workshop.read(theirs.id)).status, workshop.world.boxes) == (
        "compensated",
        {"a": 1, "b": 1},
    )


async def test_a_run_in_line_behind_a_holder_does_not_keep_it_from_more(workshop: Workshop) -> None:
    """It waits for both boxes, one of which the holder has: it could not go first anyway."""
    holder = await workshop.go(A_THEN_B)
    await workshop.go(runbook(put("one", "a", 3), put("two", "b", 3)))
    await asyncio.sleep(1.1)
    await workshop.worker.advance(holder.id)
    assert (await workshop.read(holder.id)).status == "succeeded"
