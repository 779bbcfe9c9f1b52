"""Runs steered from Slack: held up, done by hand, looked at, run again, all of them stopped."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from tests.bot.stage import Stage
from tests.bot.test_commands import say
from tocsin.events import SYSTEM, Actor, Event, Fact, steering
from tocsin.events import run as events
from tocsin.playground.slack.shapes import Json
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run

BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")
HEAD = (
    "schema: runbook/v1\nname: work\ntitle: Work\npermissions: { run: [group:sre], approve: [group:sre] }\n"
)
BY_HAND = HEAD + (
    "steps:\n  - id: call\n    name: Call the bank\n    manual:\n      assignee: group:sre\n"
    "      instructions: Ask for <Kim>\n      checklist: [They answered, They agreed]\n"
    "      fields: { ticket: { type: integer, required: true } }\n"
)
PLAIN = HEAD + "steps: [{ id: look, name: Look at it, manual: { instructions: Look } }]\n"
TYPED = (
    HEAD
    + "steps: [{ id: gate, name: Really, approve: { from: ['group:sre'], confirm: 'delete ${{ 1 }}' } }]\n"
)
TWO = HEAD + (
    "steps: [{ id: gate, name: Both, approve: { from: [{ group: sre }, { user: bo@acme.example }] } }]\n"
)
MANY = HEAD + (
    "steps: [{ id: calls, name: Calls, foreach: { items: [a, b, c, d, e, f, g, h, i, j] },"
    " manual: { instructions: Call } }]\n"
)
REST = HEAD + "steps: [{ id: rest, name: Rest, wait: 1h }]\n"


async def begin(stage: Stage, text: str) -> str:
    """Publish a runbook and start it; it is shown where everybody reads."""
    async with stage.office.database.transaction() as session:
        digest = await stage.office.revisions.record(session, SYSTEM, text, "work.yaml")
        await stage.office.revisions.publish(session, SYSTEM, "work", digest)
        return (await stage.office.runs.start(session, BO, RunRequest(runbook="work"))).id


async def read(stage: Stage, run_id: str) -> RunState:
    async with stage.office.database.transaction() as session:
        return await stage.office.runs.read(session, SYSTEM, run_id)


async def seen(stage: Stage, words: str, seen_by: str = "") -> Json:
    more = {"seen_by": seen_by} if seen_by else {}
    return await stage.play(stage.player.wait_for_message, "#incidents", words, **more)


async def happened(stage: Stage, run_id: str, *given: Event) -> None:
    async with stage.office.database.transaction() as session:
        facts = [Fact(event=event, run_id=run_id) for event in given]
        await stage.office.log.append(session, f"run/{run_id}", facts)


async def press(stage: Stage, user: str, message: Json, button: str) -> None:
    await stage.play(stage.player.press, user, message, button)


async def submit(stage: Stage, user: str, titled: str, values: dict[str, object]) -> Json:
    view = await stage.play(stage.player.wait_for_view, user, titled)
    return await stage.play(stage.player.submit, user, view, values)


async def test_a_manual_step_is_done_in_its_window(stage: Stage) -> None:
    run_id = await begin(stage, BY_HAND)
    asked = await seen(stage, "To do by hand: Call the bank")
    await press(stage, "ana", asked, "manual_complete")
    await submit(stage, "ana", "Done by hand", {"checklist.0": ["0", "1"], "evidence.ticket": "7"})
    done = await seen(stage, "Done by <@U0ANA>")
    output = (await read(stage, run_id)).step("call").output
    assert (done["ts"], "manual_complete" in str(done), output) == (asked["ts"], False, {"ticket": 7})


async def test_a_manual_step_that_is_half_done_says_in_its_window_what_is_missing(stage: Stage) -> None:
    run_id = await begin(stage, BY_HAND)
    await press(stage, "ana", await seen(stage, "To do by hand"), "manual_complete")
    await submit(stage, "ana", "Done by hand", {"checklist.0": ["0"], "evidence.ticket": "7"})
    view = await stage.play(stage.player.wait_for_view, "ana", "Done by hand")
    assert "They agreed" in str(view.get("errors"))
    assert (await read(stage, run_id)).step("call").status == "waiting"


async def test_a_manual_step_with_nothing_to_fill_in_is_done_by_the_press(stage: Stage) -> None:
    await begin(stage, PLAIN)
    await press(stage, "ana", await seen(stage, "To do by hand"), "manual_complete")
    assert await seen(stage, "Done by <@U0ANA>")


async def test_a_manual_step_is_refused_with_a_reason(stage: Stage) -> None:
    await begin(stage, PLAIN)
    await press(stage, "ana", await seen(stage, "To do by hand"), "manual_refuse")
    await submit(stage, "ana", "Cannot be done", {"reason": "nobody is there"})
    assert "nobody is there" in str(await seen(stage, "it cannot be done"))


async def test_what_has_to_be_typed_is_typed_in_a_window(stage: Stage) -> None:
    await begin(stage, TYPED)
    await press(stage, "ana", await seen(stage, "Approve: Really"), "approval_approve")
    await submit(stage, "ana", "Approve", {"confirm": "delete 2"})
    view = await stage.play(stage.player.wait_for_view, "ana", "Approve")
    assert "type `delete 1`" in str(view.get("errors")).lower()
    await submit(stage, "ana", "Approve", {"confirm": "delete 1"})
    assert await seen(stage, "Approved by <@U0ANA>")


async def test_a_question_to_several_groups_says_who_is_still_missing(stage: Stage) -> None:
    await begin(stage, TWO)
    asked = await seen(stage, "Approve: Both")
    assert "1 of group:sre and 1 of user:bo@acme.example" in str(asked)
    await press(stage, "ana", asked, "approval_approve")
    assert "still 1 of user:bo@acme.example" in str(await seen(stage, "1 of 2: <@U0ANA>"))


async def test_the_items_of_a_foreach_are_counted_on_the_card(stage: Stage) -> None:
    await begin(stage, MANY)
    assert "more_" in str(await seen(stage, "0 of 10 done"))


async def test_a_paused_run_says_who_paused_it_and_is_resumed_by_its_button(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    await press(stage, "ana", await seen(stage, "goes on"), "run_pause")
    await press(stage, "ana", await seen(stage, "paused by Ana"), "run_resume")
    await stage.until(lambda: _goes_on(stage, run_id))


async def _goes_on(stage: Stage, run_id: str) -> bool:
    return (await read(stage, run_id)).paused is None


async def test_a_step_of_unknown_outcome_asks_and_is_answered(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    await happened(
        stage,
        run_id,
        events.StepPlanned(step="rest", want={}, plan={}, digest="d", risk="low"),
        events.StepStarted(step="rest", attempt=1, key="k"),
        events.StepProbed(step="rest", found="unknown"),
        events.RunFinished(status="needs_attention", summary="look"),
    )
    await press(stage, "ana", await seen(stage, "Needs a look: Rest"), "doubt_yes")
    assert await seen(stage, "<@U0ANA> looked")


async def test_a_run_in_doubt_can_be_left_as_it_is(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    unclear = (events.StepProbed(step="rest", found="unknown"),)
    ended = events.RunFinished(status="needs_attention", summary="look")
    await happened(stage, run_id, *unclear, ended)
    await press(stage, "ana", await seen(stage, "Needs a look: Rest"), "doubt_abort")
    await stage.until(lambda: _is_over(stage, run_id))
    assert (await read(stage, run_id)).status == "cancelled"


async def _is_over(stage: Stage, run_id: str) -> bool:
    return (await read(stage, run_id)).over


async def test_the_glass_is_broken_in_a_window_by_an_admin_alone(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    frozen = (
        events.StepPlanned(step="rest", want={}, plan={}, digest="d", risk="low"),
        steering.FreezeHeld(
            step="rest", calendar="night", until=datetime.now(UTC) + timedelta(hours=1), why="Black Friday"
        ),
    )
    await happened(stage, run_id, *frozen)
    await press(stage, "ana", await seen(stage, "night: Black Friday"), "run_break_glass")
    await submit(stage, "ana", "Break the glass", {"reason": "fire"})
    view = await stage.play(stage.player.wait_for_view, "ana", "Break the glass")
    assert "may not" in str(view.get("errors"))


async def test_an_undo_that_failed_asks_and_is_put_back_by_hand(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    failed = events.UndoFailed(step="rest", error="403", mend="Put it back by hand.")
    ended = events.RunFinished(status="needs_attention", summary="Put it back by hand.")
    await happened(stage, run_id, events.UndoStarted(step="rest"), failed, ended)
    await press(stage, "ana", await seen(stage, "I put it back by hand"), "doubt_yes")
    assert await seen(stage, "put it back by hand <!date")


async def test_who_is_no_admin_breaks_no_glass_and_is_told_so_in_the_window(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    assert "may not" in await say(stage, f"/runbook break-glass {run_id[:8]} fire")
    assert (await read(stage, run_id)).glass == ""


async def test_broken_glass_is_told_to_everybody(stage: Stage) -> None:
    run_id = await begin(stage, REST)
    async with stage.office.database.transaction() as session:
        await stage.office.care.break_glass(session, Actor(kind="cli", id="root"), run_id, "fire")
    assert "To be reviewed afterwards" in str(await seen(stage, "broke the glass"))


async def test_a_run_that_ended_is_run_again_from_its_card(stage: Stage) -> None:
    run_id = await begin(stage, PLAIN)
    await press(stage, "ana", await seen(stage, "To do by hand"), "manual_complete")
    await press(stage, "ana", await seen(stage, "· succeeded"), "run_rerun")
    await submit(stage, "ana", "again", {"how": "failed"})
    async with stage.office.database.transaction() as session:
        again = (await session.exec(select(Run).where(Run.rerun_of == run_id))).one()
    assert again.requested_by == "Ana Lindqvist"


async def test_everything_is_stopped_by_a_word_and_everybody_is_told(stage: Stage) -> None:
    assert "is stopped" in await say(stage, "/runbook stop-all it eats data")
    assert "it eats data" in str(await seen(stage, "stopped all automation"))
    assert "it eats data" in await say(stage, "/runbook status")


async def test_stopping_everything_takes_a_reason(stage: Stage) -> None:
    assert "Say why" in await say(stage, "/runbook stop-all")


async def test_only_an_admin_lets_everything_go_on(stage: Stage) -> None:
    await say(stage, "/runbook stop-all it eats data")
    assert "may not" in await say(stage, "/runbook resume-all")
