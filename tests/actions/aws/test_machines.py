"""The actions on EC2 instances: what they spare, and how they know what they did."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.ec2 import OfInstance
from tocsin.actions.aws.machines import (
    FOR_GOOD,
    REBOOTED,
    Power,
    RebootInstance,
    StartInstance,
    StopInstance,
    StopWanted,
    TerminateInstance,
    TerminateWanted,
)
from tocsin.actions.base import Plan, Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.playground.estate import GROUP, build_group, build_machine

SERVICE = "ec2"
MARKED = {"auto-remediate": "true"}
ONE = "i-0aaaaaaaaaaaaaaaa"
STARTED = DesiredPlan[Power](summary="", before=Power(power="stopped"), after=Power(power="running"))


@pytest.fixture
def ec2(cloud: Cloud) -> Any:
    return practice_client(cloud.endpoint_url, "ec2")


@pytest.fixture
def instance(cloud: Cloud) -> str:
    return build_machine(cloud.endpoint_url)


def stop(instance: str, **more: Any) -> StopWanted:
    return StopWanted(connection="aws:main", instance=instance, **more)


def plain(instance: str) -> OfInstance:
    return OfInstance(connection="aws:main", instance=instance)


def end(instance: str, **more: Any) -> TerminateWanted:
    given = {"connection": "aws:main", "instance": instance, "require_tags": MARKED, **more}
    return TerminateWanted.model_validate(given)


def run_one(ec2: Any, **more: Any) -> str:
    started = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, **more)
    name: str = started["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[name], Tags=[{"Key": "auto-remediate", "Value": "true"}])
    return name


def member(cloud: Cloud) -> str:
    """Return an instance of the group `web`, marked for the machine."""
    build_group(cloud.endpoint_url)
    autoscaling = practice_client(cloud.endpoint_url, "autoscaling")
    [found] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    name: str = found["Instances"][0]["InstanceId"]
    marked = [{"Key": "auto-remediate", "Value": "true"}]
    practice_client(cloud.endpoint_url, "ec2").create_tags(Resources=[name], Tags=marked)
    return name


def test_a_member_of_a_group_is_not_stopped(connections: Connections, cloud: Cloud) -> None:
    name = member(cloud)
    with pytest.raises(ActionFailed, match="belongs to the Auto Scaling group web") as caught:
        StopInstance(connections).plan(stop(name))
    assert caught.value.kind is ErrorClass.INVALID


def test_disks_of_its_own_are_not_lost_unasked(connections: Connections, ec2: Any) -> None:
    name = run_one(ec2, InstanceType="m5d.large")
    with pytest.raises(ActionFailed, match=r"a m5d\.large with disks of its own"):
        StopInstance(connections).plan(stop(name))


def test_disks_of_its_own_are_lost_where_that_is_wanted(connections: Connections, ec2: Any) -> None:
    name = run_one(ec2, InstanceType="m5d.large")
    plan = StopInstance(connections).plan(stop(name, lose_instance_store=True))
    assert "what is on the disks of its own is lost" in plan.warnings


def test_an_instance_without_its_tags_is_not_touched(connections: Connections, instance: str) -> None:
    with pytest.raises(ActionFailed, match="lacks team=compute"):
        StopInstance(connections).plan(stop(instance, require_tags={"team": "compute"}))


def test_an_instance_that_is_gone_is_missing(connections: Connections, instance: str, ec2: Any) -> None:
    ec2.terminate_instances(InstanceIds=[instance])
    with pytest.raises(ActionFailed, match="it is terminated") as caught:
        StartInstance(connections).plan(plain(instance))
    assert caught.value.kind is ErrorClass.MISSING


def test_starting_what_runs_is_no_change(connections: Connections, instance: str) -> None:
    assert StartInstance(connections).plan(plain(instance)).noop


@pytest.mark.parametrize(
    ("checks", "state"),
    [(("ok", "ok"), "ok"), (("ok", "initializing"), "waiting"), (("ok", "impaired"), "failed")],
)
def test_a_start_has_worked_when_both_checks_say_so_by_the_service_model(
    stubbed: Stubber, checks: tuple[str, str], state: str
) -> None:
    for _ in range(2):
        stubbed.add_response("describe_instances", {"Reservations": [{"Instances": [shown("running")]}]})
    said = {"SystemStatus": {"Status": checks[0]}, "InstanceStatus": {"Status": checks[1]}}
    stubbed.add_response("describe_instance_status", {"InstanceStatuses": [said]})
    assert StartInstance(STUBBED).verify(plain(ONE), STARTED).state == state


def test_an_instance_that_is_just_stopping_is_not_started_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        stubbed.add_response("describe_instances", {"Reservations": [{"Instances": [shown("stopping")]}]})
    with pytest.raises(ActionFailed, match="is being stopped") as caught:
        StartInstance(STUBBED).plan(plain(ONE))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_what_the_dry_run_forbids_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    stubbed.add_response("describe_instances", {"Reservations": [{"Instances": [shown("running")]}]})
    stubbed.add_client_error(
        "reboot_instances",
        "UnauthorizedOperation",
        "No.",
        http_status_code=403,
        expected_params={"InstanceIds": [ONE], "DryRun": True},
    )
    with pytest.raises(ActionFailed) as caught:
        RebootInstance(STUBBED).plan(plain(ONE))
    assert caught.value.kind is ErrorClass.DENIED


def test_only_what_runs_is_rebooted(connections: Connections, instance: str, ec2: Any) -> None:
    ec2.stop_instances(InstanceIds=[instance])
    with pytest.raises(ActionFailed, match="is stopped, not running"):
        RebootInstance(connections).plan(plain(instance))


def test_a_reboot_that_was_begun_and_not_ended_is_unknown(
    connections: Connections, instance: str, ec2: Any
) -> None:
    ec2.create_tags(Resources=[instance], Tags=[{"Key": REBOOTED, "Value": "step-1 begun"}])
    action, nothing = RebootInstance(connections), Plan(summary="")
    assert action.probe(plain(instance), nothing, "step-1") is Probe.UNKNOWN
    assert action.probe(plain(instance), nothing, "step-2") is Probe.NOT_DONE


def test_termination_asks_for_a_tag() -> None:
    with pytest.raises(ValueError, match="require_tags"):
        end(ONE, require_tags={})


def test_termination_warns_of_what_goes_with_it(connections: Connections, instance: str) -> None:
    warnings = TerminateInstance(connections).plan(end(instance)).warnings
    assert warnings[0] == FOR_GOOD
    assert warnings[1].startswith("its volumes go with it: vol-")


def test_a_protected_instance_is_not_terminated(connections: Connections, instance: str, ec2: Any) -> None:
    ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": True})
    with pytest.raises(ActionFailed, match="is protected from termination"):
        TerminateInstance(connections).plan(end(instance))


@pytest.mark.parametrize(("replace", "left"), [(True, 2), (False, 1)])
def test_a_group_terminates_its_member_itself(
    connections: Connections, cloud: Cloud, left: int, *, replace: bool
) -> None:
    action, want = TerminateInstance(connections), end(member(cloud), replace=replace)
    action.run(want, action.plan(want), "step-1")
    autoscaling = practice_client(cloud.endpoint_url, "autoscaling")
    [found] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])["AutoScalingGroups"]
    assert found["DesiredCapacity"] == left


def shown(state: str) -> dict[str, Any]:
    return {
        "InstanceId": ONE,
        "State": {"Name": state},
        "InstanceType": "t3.micro",
        "LaunchTime": "2026-11-22T10:00:00Z",
        "Placement": {"AvailabilityZone": f"{REGION}a"},
    }
