"""kill -9 of the service at every bad moment: restarted, the story ends the same, each effect once."""

import pytest

from tests.crash.drill import END, HELD, SLOW, Drill
from tocsin.playground.cluster.twin.ledger import Fault as ClusterFault
from tocsin.playground.slack.faults import Fault
from tocsin.tasks import STALLED_AFTER

DEPLOYMENT = "/deployments/checkout$"

pytestmark = pytest.mark.timeout(400)


@pytest.mark.long
def test_killed_once_the_webhook_is_taken(drill: Drill) -> None:
    drill.split()  # nobody does the jobs yet
    drill.page()
    drill.wait(lambda: drill.inside.logged("incident_opened"), "the webhook to be taken")
    drill.kill()
    drill.restart()
    drill.approve()
    drill.resolve()
    assert drill.end() == END


@pytest.mark.long
def test_killed_once_the_channel_is_made_and_before_that_is_known(drill: Drill) -> None:
    drill.town.slack.fault(Fault(method="conversations.create", delay=HELD, after_effect=True))
    drill.page()
    drill.wait(lambda: drill.far_side.calls("conversations.create"), "the channel to be made")
    drill.kill()
    drill.restart()
    drill.approve()
    drill.resolve()
    assert drill.end() == END


@pytest.mark.long
def test_killed_between_the_channel_and_the_invitation(drill: Drill) -> None:
    drill.town.slack.fault(Fault(method="conversations.invite", delay=SLOW, status=503))
    drill.page()
    drill.wait(lambda: drill.inside.logged("channel_opened"), "the channel to be known")
    drill.kill()
    drill.restart()
    drill.approve()
    drill.resolve()
    assert drill.end() == END


@pytest.mark.long
def test_killed_once_the_announcement_is_posted_and_before_that_is_known(drill: Drill) -> None:
    drill.town.slack.fault(Fault(method="chat.postMessage", delay=HELD, after_effect=True))
    drill.page()
    drill.wait(lambda: drill.far_side.calls("chat.postMessage"), "the first message to be posted")
    drill.kill()
    drill.restart()
    drill.approve()
    drill.resolve()
    assert drill.end() == END


@pytest.mark.long
def test_killed_while_awaiting_approval(drill: Drill) -> None:
    drill.page()
    drill.ask()
    drill.kill()
    drill.restart()
    drill.approve()
    drill.resolve()
    assert drill.end() == END


@pytest.mark.long
def test_killed_once_the_step_is_started_and_before_its_effect(drill: Drill) -> None:
    drill.page()
    drill.ask()
    drill.far_side.fail_cluster(ClusterFault(path_regex=DEPLOYMENT, verb="patch", delay=SLOW, status=503))
    drill.approve()
    drill.wait(lambda: drill.inside.logged("step_started", "rollback"), "the rollback to be started")
    drill.kill()
    drill.restart()
    drill.resolve()
    assert drill.end() == END


def test_killed_after_the_effect_and_before_its_result(drill: Drill) -> None:
    drill.page()
    drill.ask()
    drill.far_side.fail_cluster(
        ClusterFault(path_regex=DEPLOYMENT, verb="patch", delay=HELD, after_effect=True)
    )
    drill.approve()
    drill.wait(drill.far_side.patches, "the cluster to be changed")
    drill.kill()
    drill.restart()
    seconds = drill.wait(lambda: drill.inside.logged("step_succeeded", "rollback"), "the result")
    drill.resolve()
    assert drill.end() == END
    assert seconds < STALLED_AFTER, "it waited for its own former heart to count as stopped"


@pytest.mark.long
def test_killed_once_the_postmortem_is_shared_and_before_that_is_known(drill: Drill) -> None:
    drill.page()
    drill.approve()
    drill.town.slack.fault(Fault(method="files.completeUploadExternal", delay=HELD, after_effect=True))
    drill.resolve()
    drill.wait(lambda: drill.far_side.calls("files.completeUploadExternal"), "the postmortem to be shared")
    drill.kill()
    drill.restart()
    assert drill.end() == END
