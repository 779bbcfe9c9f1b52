"""asg.refresh and asg.refresh_rollback: one at a time, and never another one's."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.refreshes import (
    RefreshGroup,
    RefreshPlan,
    RefreshStopped,
    RefreshWanted,
    StopPlan,
    StopRefresh,
)
from tocsin.actions.base import Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.amazon.refreshes import SLOW
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import build_group

SERVICE = "autoscaling"
NAME = f"web{SLOW}"
PLAN = RefreshPlan(summary="", former="r-1", template=None)
STOP = StopPlan(summary="", refresh="r-2")


def want(**more: Any) -> RefreshWanted:
    return RefreshWanted.model_validate({"connection": "aws:main", "group": NAME, **more})


def stop(**more: Any) -> RefreshStopped:
    return RefreshStopped.model_validate({"connection": "aws:main", "group": NAME, **more})


@pytest.fixture
def group(cloud: Cloud) -> Any:
    build_group(cloud.endpoint_url, NAME)
    return practice_client(cloud.endpoint_url, "autoscaling")


def newest(group: Any) -> dict[str, Any]:
    found: dict[str, Any] = group.describe_instance_refreshes(AutoScalingGroupName=NAME)["InstanceRefreshes"][
        0
    ]
    return found


def test_the_version_of_the_template_is_asked_for(connections: Connections, group: Any) -> None:
    action, asked = RefreshGroup(connections), want(template_version=1, auto_rollback=True, warmup=30)
    action.run(asked, action.plan(asked), "step-1")
    found = newest(group)
    assert found["DesiredConfiguration"]["LaunchTemplate"]["Version"] == "1"
    assert found["Preferences"] == {"MinHealthyPercentage": 90, "InstanceWarmup": 30, "AutoRollback": True}


def test_a_group_that_is_being_refreshed_is_refused(connections: Connections, group: Any) -> None:
    group.start_instance_refresh(AutoScalingGroupName=NAME)
    with pytest.raises(ActionFailed, match="is being refreshed") as caught:
        RefreshGroup(connections).plan(want())
    assert caught.value.kind is ErrorClass.CONFLICT


def test_going_back_by_itself_needs_a_version() -> None:
    with pytest.raises(ValueError, match="auto_rollback needs template_version"):
        want(auto_rollback=True)


def test_a_refresh_that_brought_nothing_new_can_only_be_cancelled(
    connections: Connections, group: Any
) -> None:
    group.start_instance_refresh(AutoScalingGroupName=NAME)
    with pytest.raises(ActionFailed, match="there is nothing to go back to"):
        StopRefresh(connections).plan(stop())
    assert StopRefresh(connections).plan(stop(how="cancel")).summary.startswith("Cancel the refresh of")


def test_a_refresh_is_cancelled(connections: Connections, group: Any) -> None:
    group.start_instance_refresh(AutoScalingGroupName=NAME)
    action, asked = StopRefresh(connections), stop(how="cancel")
    plan = action.plan(asked)
    action.run(asked, plan, "step-1")
    assert action.verify(asked, plan).state == "ok"


@pytest.mark.usefixtures("group")
def test_where_none_goes_on_there_is_nothing_to_stop(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match="it never had one"):
        StopRefresh(connections).plan(stop())


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("InProgress", "waiting"),
        ("Baking", "waiting"),
        ("RollbackInProgress", "waiting"),
        ("Successful", "ok"),
        ("Failed", "failed"),
        ("RollbackSuccessful", "failed"),
    ],
)
def test_the_end_of_a_refresh_is_judged_by_the_service_model(
    stubbed: Stubber, status: str, state: str
) -> None:
    shows(stubbed, "r-2", status)
    assert RefreshGroup(STUBBED).verify(want(), PLAN).state == state


def test_before_a_refresh_the_verification_waits_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "r-1", "Successful")
    assert RefreshGroup(STUBBED).verify(want(), PLAN).state == "waiting"


@pytest.mark.parametrize(("name", "found"), [("r-1", Probe.NOT_DONE), ("r-2", Probe.DONE)])
def test_a_refresh_is_probed_by_its_id_by_the_service_model(
    stubbed: Stubber, name: str, found: Probe
) -> None:
    shows(stubbed, name, "InProgress")
    assert RefreshGroup(STUBBED).probe(want(), PLAN, "step-1") is found


def test_a_refresh_that_was_begun_since_is_left_alone_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "r-3", "InProgress")
    with pytest.raises(ActionFailed, match="another refresh of web-slow was begun") as caught:
        StopRefresh(STUBBED).run(stop(), STOP, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_refresh_that_ended_before_is_no_success_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "r-2", "Successful")
    with pytest.raises(ActionFailed, match="it ended before"):
        StopRefresh(STUBBED).run(stop(), STOP, "step-1")


def test_a_rollback_that_failed_fails_the_verification_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "r-2", "RollbackFailed")
    assert StopRefresh(STUBBED).verify(stop(), STOP).state == "failed"


def shows(stubbed: Stubber, name: str, status: str) -> None:
    refresh = {"InstanceRefreshId": name, "Status": status, "PercentageComplete": 40}
    stubbed.add_response("describe_instance_refreshes", {"InstanceRefreshes": [refresh]})
