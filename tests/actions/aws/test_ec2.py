"""ec2.describe: what it shows, and what it lets nobody touch."""

import pytest

from tocsin.actions.aws.ec2 import DescribeInstance, Machine, OfInstance
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import build_machine


@pytest.fixture
def instance(cloud: Cloud) -> str:
    return build_machine(cloud.endpoint_url)


@pytest.fixture
def action(connections: Connections) -> DescribeInstance:
    return DescribeInstance(connections)


def look(action: DescribeInstance, instance: str, **tags: str) -> Machine:
    want = OfInstance(connection="aws:main", instance=instance, require_tags=tags)
    return action.run(want, action.plan(want), "")


def test_an_instance_shows_its_state_and_tags(action: DescribeInstance, instance: str) -> None:
    seen = look(action, instance)
    assert (seen.state, seen.tags["Name"]) == ("running", "batch-1")
    assert seen.private_ip is not None


def test_a_stopped_instance_shows_that(action: DescribeInstance, instance: str, cloud: Cloud) -> None:
    practice_client(cloud.endpoint_url, "ec2").stop_instances(InstanceIds=[instance])
    assert look(action, instance).state == "stopped"


def test_an_instance_with_another_value_of_a_tag_is_refused(action: DescribeInstance, instance: str) -> None:
    with pytest.raises(ActionFailed, match="lacks Name=batch-2, team=compute") as caught:
        look(action, instance, Name="batch-2", team="compute")
    assert caught.value.kind is ErrorClass.INVALID


def test_a_tag_that_was_taken_away_since_the_plan_is_refused(
    action: DescribeInstance, instance: str, cloud: Cloud
) -> None:
    want = OfInstance(connection="aws:main", instance=instance, require_tags={"auto-remediate": "true"})
    plan = action.plan(want)
    tag = [{"Key": "auto-remediate"}]
    practice_client(cloud.endpoint_url, "ec2").delete_tags(Resources=[instance], Tags=tag)
    with pytest.raises(ActionFailed, match="lacks auto-remediate=true"):
        action.run(want, plan, "")
