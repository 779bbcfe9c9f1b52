"""What holds for every runbook, whatever the world does, and wherever the process dies."""

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runbooks.laws import broken
from tests.runbooks.life import Life
from tests.runbooks.tales import FEW, IN_A_ROW, Tale, tales
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.fold import apply, fold
from tocsin.runbooks.moment import Moment

MANY = settings(FEW, max_examples=1000)
SOME = settings(FEW, max_examples=100)
DEATHS = st.frozensets(st.integers(1, 60), max_size=10)
LOSSES = st.frozensets(st.integers(0, 30), max_size=10)


def outcome(life: Life) -> tuple[str, dict[str, int], dict[str, str]]:
    """Return what a run comes to: its status, the world, and its steps."""
    return life.state.status, life.world.boxes, {name: one.status for name, one in life.state.steps.items()}


@MANY
@given(tales())
def test_the_laws_hold_for_every_run(tale: Tale) -> None:
    life = tale.life().live()
    assert broken(life) == [], life.told()


@MANY
@given(tales(), DEATHS, LOSSES)
def test_the_laws_hold_however_often_the_process_dies(
    tale: Tale, deaths: frozenset[int], losses: frozenset[int]
) -> None:
    life = tale.life(dies_after=deaths, loses=losses).live()
    assert broken(life) == [], life.told()


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(MANY, max_examples=50_000)
@given(tales(), DEATHS, LOSSES)
def test_the_laws_hold_for_fifty_thousand_runbooks(
    tale: Tale, deaths: frozenset[int], losses: frozenset[int]
) -> None:
    life = tale.life(dies_after=deaths, loses=losses).live()
    assert broken(life) == [], life.told()


@settings(FEW, max_examples=10)  # each of them dies some thirty times
@given(tales(IN_A_ROW))
def test_a_death_after_any_event_changes_nothing_of_what_a_run_comes_to(tale: Tale) -> None:
    whole = tale.life().live()
    deaths = [
        tale.life(dies_after=frozenset({version})).live() for version in range(1, len(whole.entries) + 1)
    ]
    assert [outcome(life) for life in deaths] == [outcome(whole)] * len(deaths)


@SOME
@given(tales(IN_A_ROW), st.integers(0, 30))
def test_a_result_that_is_lost_changes_nothing_of_what_a_run_comes_to(tale: Tale, deed: int) -> None:
    assert outcome(tale.life(loses=frozenset({deed})).live()) == outcome(tale.life().live())


@FEW
@given(tales(), st.integers(1, 60))
def test_folding_the_beginning_and_then_the_rest_is_folding_the_whole(tale: Tale, cut: int) -> None:
    entries = tale.life().live().entries
    assert reduce(apply, entries[cut:], fold(entries[:cut])) == fold(entries)


@FEW
@given(tales())
def test_the_log_alone_gives_the_same_decisions(tale: Tale) -> None:
    life = tale.life().live()
    again = [
        decide(Moment(life.program, fold(life.entries[:version]), at)) for version, at, _ in life.decided
    ]
    assert again == [decision for _, _, decision in life.decided]


@SOME
@given(tales())
def test_an_undone_step_leaves_its_box_as_its_plan_saw_it(tale: Tale) -> None:
    life = tale.life()
    life.live(until=lambda life: life.told()[-1].startswith("step_undone"))
    undone = [step for step in life.state.steps.values() if step.status == "undone"]
    assert [life.world.boxes[str(one.want["box"])] for one in undone] == [
        one.plan["before"] for one in undone
    ]


@SOME
@given(tales())
def test_a_run_that_could_undo_everything_leaves_the_world_as_it_was(tale: Tale) -> None:
    life = tale.life()
    before = dict(life.world.boxes)
    summary = life.live().state.summary
    touched = {box: value for box, value in life.world.boxes.items() if value != before.get(box, 0)}
    assert not (life.state.status == "compensated" and "not undone" not in summary and touched)
