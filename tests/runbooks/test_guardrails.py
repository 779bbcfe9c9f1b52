"""What holds a run back: targets, freezes, stop_if."""

from dataclasses import replace
from datetime import timedelta

from tests.runbooks.life import BEGAN, Life
from tests.runbooks.world import BO, World, put, read, runbook
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.runbooks.calendars import Calendars, Window

FREEZE = Calendars(
    {
        "night": (Window(BEGAN - timedelta(hours=1), BEGAN + timedelta(minutes=20), "Black Friday"),),
        "other": (),
    },
    frozenset({"night"}),
)
GUARD = "{ stop_if: { uses: box.read, with: { box: down }, assert: value.value < 3 } }"


def frozen(text: str) -> Life:
    life = Life(text, World())
    life.program = replace(life.program, calendars=FREEZE)
    return life


def is_held(life: Life) -> bool:
    return bool(life.of(steering.FreezeHeld))


def test_plans_that_would_change_too_much_are_refused_before_anything_is_changed() -> None:
    text = runbook(put("one", "a", 1), put("two", "b", 1), guardrails="{ max_targets: 1 }")
    life = Life(text, World()).live()
    assert (life.state.status, life.world.effects) == ("failed", [])
    assert "would change 2 things (box:a, box:b)" in life.state.summary


def test_a_change_waits_until_a_freeze_is_over() -> None:
    life = frozen(runbook(put("one", "a", 1))).live()
    assert (life.state.status, life.now >= BEGAN + timedelta(minutes=20)) == ("succeeded", True)


def test_a_freeze_holds_no_reading_back() -> None:
    assert frozen(runbook(read("look", "a"))).live().of(steering.FreezeHeld) == []


def test_a_runbook_can_say_that_no_freeze_holds_for_it() -> None:
    text = runbook(put("one", "a", 1), guardrails="{ freeze: none }")
    assert frozen(text).live().of(steering.FreezeHeld) == []


def test_a_runbook_that_names_its_calendars_is_held_by_those_alone() -> None:
    text = runbook(put("one", "a", 1), guardrails="{ freeze: ['calendar:other'] }")
    assert frozen(text).live().of(steering.FreezeHeld) == []


def test_broken_glass_lets_a_change_happen_in_a_freeze() -> None:
    life = frozen(runbook(put("one", "a", 1))).live(until=is_held)
    life.append(steering.GlassBroken(reason="customers are down"), BO)
    assert (life.live().state.status, life.now < BEGAN + timedelta(minutes=20)) == ("succeeded", True)


def test_stop_if_is_looked_at_before_a_change() -> None:
    told = Life(runbook(put("one", "a", 1), guardrails=GUARD), World()).live().told()
    assert told.index("guard_checked:one") < told.index("step_started:one")


def test_what_stop_if_says_stops_the_run() -> None:
    life = Life(runbook(put("one", "a", 1), guardrails=GUARD), World(boxes={"down": 3})).live()
    assert (life.state.status, life.world.effects) == ("failed", [])
    assert "`stop_if` says no" in life.state.summary


def test_stop_if_keeps_nothing_from_being_done_finally() -> None:
    text = runbook(put("one", "a", 1), guardrails=GUARD, finally_=f"[{put('last', 'last', 1)}]")
    life = Life(text.replace("finally_:", "finally:"), World(boxes={"down": 5})).live()
    assert (life.state.status, life.world.boxes) == ("failed", {"down": 5, "last": 1})


def test_stop_if_is_looked_at_again_for_every_item() -> None:
    step = "{ id: set, uses: box.add, foreach: { items: [a, b, c] }, with: { box: '${{ item }}', value: 1 } }"
    life = Life(runbook(step, guardrails=GUARD), World())
    life.live(until=lambda life: "step_verified:set[0]" in life.told())
    life.world.boxes["down"] = 9
    life.pass_time(seconds=11)
    assert (life.live().state.status, "c" in life.world.boxes) == ("failed", False)


def test_several_locks_are_taken_in_one_order() -> None:
    text = runbook(put("one", "a", 1), guardrails="{ lock: [z, b] }")
    assert Life(text, World()).live().of(events.LocksTaken)[0].resources == ("b", "box:a", "z")
