"""What holds for every run that has been lived to its end, or as far as it goes without people."""

from collections.abc import Callable

from tests.runbooks.life import Life
from tocsin.events import run as events

Law = Callable[[Life], bool]


def a_run_ends_or_waits_for_a_person(life: Life) -> bool:
    return life.state.over or life.state.status == "needs_attention"


def nothing_that_must_not_happen_twice_does(life: Life) -> bool:
    keys = [one.key for one in life.world.effects if one.verb in {"box.add", "box.fire"}]
    return len(keys) == len(set(keys))


def no_effect_happens_without_a_step_that_has_begun(life: Life) -> bool:
    begun = {one.key for one in life.of(events.StepStarted)}
    return {one.key for one in life.world.effects if one.verb != "undo"} <= begun


def nothing_is_changed_before_every_plan_that_can_be_made_is_made(life: Life) -> bool:
    told = life.told()
    first = next((at for at, one in enumerate(told) if _is_change(life, one)), None)
    if first is None:
        return True
    last = {step.id for _, steps in life.program.runbook.parts[1:] for step in steps}
    later = {one[13:] for one in told[first:] if one.startswith("step_planned")}
    later -= last  # nobody knows before the end whether they are needed
    return later <= {one[13:] for one in told[:first] if one.startswith("step_planned")}


def without_a_yes_a_step_that_asks_changes_nothing(life: Life) -> bool:
    given_to = {one.step for one in life.of(events.ApprovalGiven)}
    asking = {step.id for step in life.program.runbook.walk() if step.approve}
    return {one.step for one in life.of(events.StepStarted)} & asking <= given_to


def finally_comes_last_whatever_happens(life: Life) -> bool:
    done = life.state.step("last").status in {"succeeded", "failed", "skipped"}
    return done == (bool(life.program.runbook.finally_) and life.state.over)


def what_is_undone_is_undone_in_reverse_order(life: Life) -> bool:
    begun = list(dict.fromkeys(one.step for one in life.of(events.StepStarted)))
    undone = [begun.index(one.step) for one in life.of(events.StepUndone)]
    return undone == sorted(undone, reverse=True)


LAWS: tuple[Law, ...] = (
    a_run_ends_or_waits_for_a_person,
    nothing_that_must_not_happen_twice_does,
    no_effect_happens_without_a_step_that_has_begun,
    nothing_is_changed_before_every_plan_that_can_be_made_is_made,
    without_a_yes_a_step_that_asks_changes_nothing,
    finally_comes_last_whatever_happens,
    what_is_undone_is_undone_in_reverse_order,
)


def broken(life: Life) -> list[str]:
    """Return the laws that a run breaks, by name."""
    return [law.__name__ for law in LAWS if not law(life)]


def _is_change(life: Life, told: str) -> bool:
    return told.startswith("step_started") and life.state.step(told[13:]).risk != "read"
