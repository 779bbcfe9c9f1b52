"""Who counts, and how many it takes."""

import pytest

from tests.runbooks.houses import ADMIN, ANA, BO, CHIDI
from tocsin.events import Actor
from tocsin.publishing import Review
from tocsin.runbooks.change import Change
from tocsin.runbooks.reviews import judge

PLAIN, RAISING = Change("changed", "`title` is changed"), Change("step_added", "step `drain` is added")
POLICY = Review(publish=1, raised=2)


@pytest.mark.parametrize(
    ("changes", "needed"), [((), 1), ((PLAIN,), 1), ((RAISING,), 2), ((RAISING, PLAIN), 2)]
)
def test_a_change_that_raises_takes_more_people(changes: tuple[Change, ...], needed: int) -> None:
    assert judge(POLICY, changes, ANA, (), known=False).needed == needed


def test_what_was_published_before_takes_nobody() -> None:
    assert judge(POLICY, (RAISING,), ANA, (), known=True).missing == 0


def test_raised_never_takes_fewer_people() -> None:
    assert Review(publish=3, raised=1).needed(raises=True) == 3


def test_the_author_does_not_count_through_another_door() -> None:
    at_the_web = Actor(kind="web", id="ana", email="Ana@Acme.example")
    assert judge(POLICY, (PLAIN,), ANA, (at_the_web,), known=False).missing == 1


def test_the_author_of_a_commit_does_not_count() -> None:
    committer = Actor(kind="git", id="ana@acme.example", email="ana@acme.example")
    assert judge(POLICY, (PLAIN,), committer, (ANA, BO), known=False).agreed == (BO,)


def test_nobody_counts_twice() -> None:
    again = Actor(kind="web", id="bo", email="bo@acme.example")
    assert judge(POLICY, (RAISING,), ANA, (BO, again), known=False).missing == 1


def test_it_says_how_many_it_waits_for_and_why() -> None:
    assert str(judge(POLICY, (RAISING, PLAIN), ADMIN, (CHIDI,), known=False)) == (
        "1 person other than its author must agree first, because step `drain` is added"
    )
