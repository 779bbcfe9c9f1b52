"""Two workers, one of them killed or frozen in the middle of an effect: the other one takes over, once."""

import time

import pytest

from tests.crash.drill import END, HELD, Drill
from tocsin.playground.cluster.twin.ledger import Fault

DEPLOYMENT = "/deployments/checkout$"
TAKEN_OVER_WITHIN = 15.0
"""Seconds; a heart counts as stopped after 10."""
FORGOTTEN_AFTER = 32.0
"""Seconds; a worker without a heartbeat is struck off the list after 30."""

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


def test_the_other_worker_goes_on_where_a_killed_one_was(drill: Drill) -> None:
    drill.split("one", "two")
    drill.page()
    drill.ask()
    drill.far_side.fail_cluster(Fault(path_regex=DEPLOYMENT, verb="patch", delay=HELD, after_effect=True))
    drill.approve()
    drill.wait(drill.far_side.patches, "the cluster to be changed")
    drill.holder().kill()
    seconds = drill.wait(lambda: drill.inside.logged("step_succeeded", "rollback"), "the other one's result")
    drill.resolve()
    assert drill.end() == END
    assert seconds < TAKEN_OVER_WITHIN


def test_a_worker_that_wakes_after_its_effect_was_taken_over_changes_nothing(drill: Drill) -> None:
    drill.split("one", "two")
    drill.page()
    drill.ask()
    drill.far_side.fail_cluster(Fault(path_regex=DEPLOYMENT, verb="patch", delay=2, after_effect=True))
    drill.approve()
    drill.wait(drill.far_side.patches, "the cluster to be changed")
    frozen = drill.holder()
    frozen.freeze()
    drill.resolve()
    told = drill.inside.logged_by_runs()
    frozen.thaw()
    drill.wait(drill.lost_races, "the woken one to lose the race")
    assert drill.inside.logged_by_runs() == told
    assert drill.end() == END


def test_a_worker_that_wakes_before_its_effect_does_not_do_it_again(drill: Drill) -> None:
    """It read the Deployment, slept, and now wants to change what the other one changed long ago."""
    drill.split("one", "two")
    drill.page()
    drill.ask()
    drill.far_side.fail_cluster(Fault(path_regex=DEPLOYMENT, verb="get"))  # of the plan: goes through
    drill.far_side.fail_cluster(Fault(path_regex=DEPLOYMENT, verb="get", delay=10, after_effect=True))
    drill.approve()
    drill.wait(lambda: drill.inside.logged("step_started", "rollback"), "the rollback to be started")
    time.sleep(1)  # its request is on the way
    frozen = drill.holder()
    frozen.freeze()
    drill.resolve()
    told = drill.inside.logged_by_runs()
    frozen.thaw()
    drill.wait(drill.lost_races, "the woken one to lose the race")
    assert drill.inside.logged_by_runs() == told
    assert drill.end() == END


def test_a_worker_that_slept_until_it_was_forgotten_works_again(drill: Drill) -> None:
    drill.split("one", "two")
    drill.page()
    drill.ask()
    drill.workers["one"].freeze()
    drill.wait(lambda: drill.inside.longest_silence() > FORGOTTEN_AFTER, "the heart to be silent")
    drill.hire("three")  # who comes strikes the silent ones off
    drill.workers["one"].thaw()
    drill.workers["two"].kill()
    drill.workers["three"].kill()
    drill.approve()
    drill.resolve()
    assert drill.end() == END
