"""What comes last: handlers of failures, undo by steps, points of no return, on_cancel, finally."""

from tests.runbooks.life import Life
from tests.runbooks.world import World, put, runbook
from tocsin.errors import ErrorClass
from tocsin.events import run as events
from tocsin.events import steering

BROKEN = {("run", "z"): ErrorClass.DENIED}
FAIL = put("fail", "z", 1)


def tail(*steps: str) -> str:
    return f"[{', '.join(steps)}]"


def test_finally_is_done_after_success() -> None:
    text = runbook(put("one", "a", 1)).replace("steps:", f"finally: {tail(put('tidy', 't', 1))}\nsteps:")
    life = Life(text, World()).live()
    assert (life.state.status, life.world.boxes) == ("succeeded", {"a": 1, "t": 1})


def test_finally_is_done_after_a_failure() -> None:
    text = runbook(FAIL).replace("steps:", f"finally: {tail(put('tidy', 't', 1))}\nsteps:")
    life = Life(text, World(broken=dict(BROKEN))).live()
    assert (life.state.status, life.world.boxes) == ("failed", {"t": 1})


def test_finally_is_done_after_a_cancel() -> None:
    text = runbook("{ id: hold, wait: 1h }").replace(
        "steps:", f"finally: {tail(put('tidy', 't', 1))}\nsteps:"
    )
    life = Life(text, World()).live(until=lambda life: life.state.step("hold").status == "waiting")
    life.append(events.CancelRequested(compensate=False))
    assert (life.live().state.status, life.world.boxes) == ("cancelled", {"t": 1})


def test_finally_is_done_when_the_run_took_too_long() -> None:
    text = runbook("{ id: hold, wait: 2h }", guardrails="{ timeout: 1h }")
    life = Life(text.replace("steps:", f"finally: {tail(put('tidy', 't', 1))}\nsteps:"), World()).live()
    assert (life.state.status, life.world.boxes) == ("failed", {"t": 1})


def test_a_handler_is_told_that_the_run_took_too_long() -> None:
    told = "{ id: told, set: { why: '${{ failure.step or `nowhere` }}: ${{ failure.summary }}' } }".replace(
        "`", '"'
    )
    text = runbook(
        "{ id: hold, wait: 2h }", guardrails="{ timeout: 1h }", on_failure=f"{{ steps: [{told}] }}"
    )
    life = Life(text, World()).live()
    assert life.state.step("told").output == {"why": "nowhere: the run took longer than it may"}


def test_finally_that_fails_is_told_and_changes_no_outcome() -> None:
    text = runbook(put("one", "a", 1)).replace("steps:", f"finally: {tail(FAIL)}\nsteps:")
    life = Life(text, World(broken=dict(BROKEN))).live()
    assert (life.state.status, "fail failed: run z: denied" in life.state.summary) == ("succeeded", True)


def test_what_a_failed_run_does_last_knows_what_failed() -> None:
    tell = "{ id: tell, set: { at: '${{ failure.step }}', why: '${{ failure.summary }}' } }"
    life = Life(runbook(FAIL, on_failure=f"{{ steps: [{tell}] }}"), World(broken=dict(BROKEN))).live()
    assert life.of(steering.ValuesSet)[0].output == {"at": "fail", "why": "run z: denied"}


def test_a_failed_run_undoes_first_and_then_does_its_last_steps() -> None:
    last = put("call", "c", 1)
    text = runbook(put("one", "a", 1), FAIL, on_failure=f"{{ compensate: true, steps: [{last}] }}")
    told = Life(text, World(broken=dict(BROKEN))).live().told()
    assert told.index("step_undone:one") < told.index("step_started:call")


def test_a_cancelled_run_does_what_its_runbook_says_and_no_more() -> None:
    text = runbook(
        "{ id: hold, wait: 1h }",
        on_cancel=tail(put("bye", "b", 1)),
        on_failure=f"{{ steps: {tail(put('no', 'n', 1))} }}",
    )
    life = Life(text, World()).live(until=lambda life: life.state.step("hold").status == "waiting")
    life.append(events.CancelRequested(compensate=False))
    assert life.live().world.boxes == {"b": 1}


def test_a_step_can_bring_its_own_undo() -> None:
    own = put("one", "a", 1, undo=f"{{ steps: {tail(put('back', 'b', 9))} }}")
    text = runbook(own, FAIL, on_failure="{ compensate: true }")
    life = Life(text, World(broken=dict(BROKEN))).live()
    assert (life.state.status, life.world.boxes) == ("compensated", {"a": 1, "z": 0, "b": 9})


def test_an_own_undo_that_fails_asks_a_person() -> None:
    own = put("one", "a", 1, undo=f"{{ steps: {tail(put('back', 'y', 9))} }}")
    world = World(broken={**BROKEN, ("run", "y"): ErrorClass.DENIED})
    life = Life(runbook(own, FAIL, on_failure="{ compensate: true }"), world).live()
    assert (life.state.status, "undo it by hand" in life.state.summary) == ("needs_attention", True)


def test_nothing_before_a_point_of_no_return_is_undone() -> None:
    steps = (put("one", "a", 1), put("point", "p", 1, point_of_no_return="true"), put("two", "b", 1), FAIL)
    life = Life(runbook(*steps, on_failure="{ compensate: true }"), World(broken=dict(BROKEN))).live()
    assert ([one.step for one in life.of(events.StepUndone)], life.world.boxes["a"]) == (["fail", "two"], 1)


def test_once_past_the_point_nothing_at_all_is_undone_where_the_runbook_says_so() -> None:
    steps = (put("one", "a", 1), put("point", "p", 1, point_of_no_return="true"), put("two", "b", 1), FAIL)
    text = runbook(*steps, on_failure="{ compensate: until_point_of_no_return }")
    assert Life(text, World(broken=dict(BROKEN))).live().of(events.StepUndone) == []


def test_before_the_point_all_is_undone() -> None:
    text = runbook(
        put("one", "a", 1),
        FAIL,
        put("point", "p", 1, point_of_no_return="true"),
        on_failure="{ compensate: until_point_of_no_return }",
    )
    assert Life(text, World(broken=dict(BROKEN))).live().state.status == "compensated"


def test_a_step_can_handle_its_own_failure_and_let_the_run_go_on() -> None:
    handled = put("fail", "z", 1, on_failure=f"{{ steps: {tail(put('other', 'o', 1))}, then: continue }}")
    life = Life(runbook(handled, put("two", "b", 2)), World(broken=dict(BROKEN))).live()
    assert (life.state.status, life.world.boxes) == ("succeeded", {"o": 1, "b": 2})


def test_a_step_can_handle_its_own_failure_before_the_run_fails() -> None:
    handled = put("fail", "z", 1, on_failure=tail(put("other", "o", 1)))
    life = Life(runbook(handled, put("two", "b", 2)), World(broken=dict(BROKEN))).live()
    assert (life.state.status, life.world.boxes) == ("failed", {"o": 1})


def test_a_step_can_end_the_run_as_a_success() -> None:
    done = "{ id: full, assert: 1 > 2, on_failure: { end: success, note: nothing to do } }"
    life = Life(runbook(done, put("two", "b", 2)), World()).live()
    assert (life.state.status, life.state.summary, life.world.boxes) == ("succeeded", "nothing to do", {})


def test_a_step_with_an_assertion_fails_when_what_it_put_out_is_not_so() -> None:
    look = "{ id: look, uses: box.read, with: { box: a }, assert: value.value > 5 }"
    life = Life(runbook(look), World(boxes={"a": 3})).live()
    assert (life.state.status, "`value.value > 5` does not hold" in life.state.summary) == ("failed", True)


def test_a_step_puts_out_more_where_the_runbook_says_so() -> None:
    look = "{ id: look, uses: box.read, with: { box: a }, outputs: { twice: '${{ value.value * 2 }}' } }"
    text = runbook(look, outputs='{ twice: "${{ steps.look.outputs.twice }}" }')
    assert Life(text, World(boxes={"a": 3})).live().state.outputs == {"twice": 6}


def test_a_deadline_ends_the_attempts() -> None:
    step = put("one", "z", 1, retry="{ max: 20, base: 60s, jitter: false, on: [transient] }", deadline="90s")
    life = Life(runbook(step), World(broken={("run", "z"): ErrorClass.TRANSIENT})).live()
    assert len(life.of(events.StepStarted)) == 2


def test_a_wait_lasts_until_its_condition_holds() -> None:
    wait = "{ id: hold, wait: { until: \"now() > '2026-11-22T03:05'\", interval: 1m } }"
    life = Life(runbook(wait), World()).live()
    assert (life.state.status, life.now.minute) == ("succeeded", 5)


def test_a_wait_for_what_never_holds_fails() -> None:
    life = Life(runbook("{ id: hold, wait: { until: 1 > 2, deadline: 10m } }"), World()).live()
    assert (life.state.status, "did not hold in time" in life.state.summary) == ("failed", True)


def test_a_wait_lasts_until_a_moment() -> None:
    life = Life(runbook("{ id: hold, wait: { at: '2026-11-22T03:30:00Z' } }"), World()).live()
    assert (life.state.status, life.now.minute) == ("succeeded", 30)
