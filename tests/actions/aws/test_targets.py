"""elb.deregister and elb.register: enough is left, and what comes is healthy."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.targets import (
    DeregisterTargets,
    Registered,
    RegisterTargets,
    TargetsLeaving,
    TargetsNamed,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.balancer import Balancer, build_balancer
from tocsin.playground.cloud import REGION, Cloud

SERVICE = "elbv2"
BLUE = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/blue/0123456789abcdef"
ONE, TWO = "i-0aaaaaaaaaaaaaaaa", "i-0bbbbbbbbbbbbbbbb"
TWO_THERE = Registered(registered=(f"{ONE}@80", f"{TWO}@80"))
JOINED = DesiredPlan[Registered](summary="", before=Registered(registered=()), after=TWO_THERE)
LEFT = DesiredPlan[Registered](summary="", before=TWO_THERE, after=Registered(registered=()))


@pytest.fixture
def built(cloud: Cloud) -> Balancer:
    return build_balancer(cloud.endpoint_url)


def leaving(*targets: str, group: str = BLUE, **more: Any) -> TargetsLeaving:
    given = {"connection": "aws:main", "target_group": group, "targets": targets, **more}
    return TargetsLeaving.model_validate(given)


def joining(*targets: str, group: str = BLUE) -> TargetsNamed:
    return TargetsNamed(connection="aws:main", target_group=group, targets=targets)


def test_the_plan_names_the_targets_with_their_ports(connections: Connections, built: Balancer) -> None:
    one = built.instances[0]
    plan = DeregisterTargets(connections).plan(leaving(one, group=built.blue))
    assert plan.summary == f"Take {one}@80 out of the target group blue"


def test_the_last_targets_are_not_taken_out(connections: Connections, built: Balancer) -> None:
    with pytest.raises(ActionFailed, match="0 of the 2 targets of blue would be left") as caught:
        DeregisterTargets(connections).plan(leaving(*built.instances[:2], group=built.blue))
    assert caught.value.kind is ErrorClass.INVALID


def test_taking_out_what_is_not_in_is_no_change(connections: Connections, built: Balancer) -> None:
    assert DeregisterTargets(connections).plan(leaving(built.instances[2], group=built.blue)).noop


def test_a_target_on_another_port_is_another_one(connections: Connections, built: Balancer) -> None:
    assert DeregisterTargets(connections).plan(leaving(f"{built.instances[0]}@8080", group=built.blue)).noop


def test_what_is_in_already_is_no_change(connections: Connections, built: Balancer) -> None:
    assert RegisterTargets(connections).plan(joining(built.instances[0], group=built.blue)).noop


def test_ill_targets_do_not_count_as_left_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        shows(stubbed, (ONE, "healthy"), (TWO, "unhealthy"))
    with pytest.raises(ActionFailed, match="0 of the 2 targets"):
        DeregisterTargets(STUBBED).plan(leaving(ONE, min_healthy=1))


def test_last_requests_are_waited_for_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        shows(stubbed, (ONE, "draining"))
    assert DeregisterTargets(STUBBED).verify(leaving(ONE, TWO), LEFT).state == "waiting"


@pytest.mark.parametrize(
    ("state", "verdict"), [("initial", "waiting"), ("unhealthy", "waiting"), ("healthy", "ok")]
)
def test_what_comes_has_to_be_healthy_by_the_service_model(
    stubbed: Stubber, state: str, verdict: str
) -> None:
    for _ in range(2):
        shows(stubbed, (ONE, "healthy"), (TWO, state))
    assert RegisterTargets(STUBBED).verify(joining(ONE, TWO), JOINED).state == verdict


def shows(stubbed: Stubber, *targets: tuple[str, str]) -> None:
    found = [
        {"Target": {"Id": name, "Port": 80}, "TargetHealth": {"State": state}} for name, state in targets
    ]
    stubbed.add_response("describe_target_health", {"TargetHealthDescriptions": found})
