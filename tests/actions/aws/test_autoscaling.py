"""The actions on Auto Scaling groups, where they refuse, are overtaken, and wait."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.autoscaling import (
    POLICIES,
    UNTIL_RESUMED,
    Capacity,
    CapacityWanted,
    ProcessesNamed,
    ResumeProcesses,
    SetDesiredCapacity,
    SuspendProcesses,
)
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import GROUP, build_group

SERVICE = "autoscaling"
PLAN = DesiredPlan[Capacity](summary="", before=Capacity(desired=2), after=Capacity(desired=3))


@pytest.fixture
def group(cloud: Cloud) -> Any:
    build_group(cloud.endpoint_url)
    return practice_client(cloud.endpoint_url, "autoscaling")


def capacity(instances: int) -> CapacityWanted:
    return CapacityWanted(connection="aws:main", group=GROUP, instances=instances)


def processes(*names: str) -> ProcessesNamed:
    return ProcessesNamed.model_validate({"connection": "aws:main", "group": GROUP, "processes": names})


def suspended(group: Any) -> list[str]:
    [found] = group.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    return sorted(one["ProcessName"] for one in found["SuspendedProcesses"])


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("instances", [0, 5])
def test_a_number_outside_of_the_bounds_is_refused(connections: Connections, instances: int) -> None:
    with pytest.raises(ActionFailed, match=f"between 1 and 4 instances, and {instances}") as caught:
        SetDesiredCapacity(connections).plan(capacity(instances))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.usefixtures("group")
def test_fewer_instances_are_terminated_and_the_plan_says_so(connections: Connections) -> None:
    [warning] = SetDesiredCapacity(connections).plan(capacity(1)).warnings
    assert warning == "1 instances are terminated; the group chooses which"


def test_a_scaling_policy_is_a_warning(connections: Connections, group: Any) -> None:
    policy = {"PolicyName": "more", "AdjustmentType": "ChangeInCapacity", "ScalingAdjustment": 1}
    group.put_scaling_policy(AutoScalingGroupName=GROUP, **policy)
    assert SetDesiredCapacity(connections).plan(capacity(3)).warnings == (POLICIES,)


def test_a_group_that_launches_nothing_is_refused(connections: Connections, group: Any) -> None:
    group.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    with pytest.raises(ActionFailed, match="launches nothing"):
        SetDesiredCapacity(connections).plan(capacity(3))


def test_somebody_elses_number_is_left_alone(connections: Connections, group: Any) -> None:
    action = SetDesiredCapacity(connections)
    plan = action.plan(capacity(3))
    group.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=4)
    with pytest.raises(ActionFailed, match="has desired 4 now") as caught:
        action.run(capacity(3), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_instances_that_are_not_in_service_are_waited_for_by_the_service_model(stubbed: Stubber) -> None:
    there = [instance(1, "InService"), instance(2, "InService"), instance(3, "Pending")]
    for _ in range(2):
        stubbed.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": [shown(there)]})
    verdict = SetDesiredCapacity(STUBBED).verify(capacity(3), PLAN)
    assert (verdict.state, verdict.reason) == ("waiting", "2 of 3 instances of web are in service")


def test_a_group_that_is_being_deleted_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    going = {**shown([]), "Status": "Delete in progress"}
    stubbed.add_response("describe_auto_scaling_groups", {"AutoScalingGroups": [going]})
    with pytest.raises(ActionFailed, match="Delete in progress") as caught:
        SetDesiredCapacity(STUBBED).plan(capacity(3))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_suspension_lasts_and_the_plan_says_so(connections: Connections, group: Any) -> None:
    assert SuspendProcesses(connections).plan(processes("Launch")).warnings == (UNTIL_RESUMED,)


def test_undo_leaves_what_was_suspended_before(connections: Connections, group: Any) -> None:
    group.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Terminate"])
    action, want = SuspendProcesses(connections), processes("Launch", "Terminate")
    plan = action.plan(want)
    action.run(want, plan, "step-1")
    action.undo(want, plan)
    assert suspended(group) == ["Terminate"]


def test_resuming_what_runs_is_no_change(connections: Connections, group: Any) -> None:
    assert ResumeProcesses(connections).plan(processes("Launch")).noop


def test_resuming_leaves_the_other_suspensions(connections: Connections, group: Any) -> None:
    group.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch", "Terminate"])
    action, want = ResumeProcesses(connections), processes("Launch")
    action.run(want, action.plan(want), "step-1")
    assert suspended(group) == ["Terminate"]


def instance(number: int, lifecycle: str) -> dict[str, Any]:
    return {
        "InstanceId": f"i-0000000{number}",
        "AvailabilityZone": "eu-central-1a",
        "LifecycleState": lifecycle,
        "HealthStatus": "Healthy",
        "ProtectedFromScaleIn": False,
    }


def shown(instances: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": GROUP,
        "MinSize": 1,
        "MaxSize": 4,
        "DesiredCapacity": 3,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["eu-central-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": "2026-11-22T10:00:00Z",
        "Instances": instances,
    }
