"""elb.rule_weights: nobody is sent where nobody answers."""

from typing import Any

import pytest

from tocsin.actions.aws.rules import NONE_AT_ALL, RuleWeightsWanted, SetRuleWeights, _with_weights
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.balancer import Balancer, build_balancer
from tocsin.playground.cloud import Cloud, practice_client


@pytest.fixture
def built(cloud: Cloud) -> Balancer:
    return build_balancer(cloud.endpoint_url)


@pytest.fixture
def action(connections: Connections) -> SetRuleWeights:
    return SetRuleWeights(connections)


def want(rule: str, **weights: int) -> RuleWeightsWanted:
    return RuleWeightsWanted(connection="aws:main", rule=rule, weights=weights)


def weights(cloud: Cloud, rule: str) -> list[int]:
    [found] = practice_client(cloud.endpoint_url, "elbv2").describe_rules(RuleArns=[rule])["Rules"]
    return [one["Weight"] for one in found["Actions"][0]["ForwardConfig"]["TargetGroups"]]


def test_the_plan_shows_the_shares(action: SetRuleWeights, built: Balancer) -> None:
    plan = action.plan(want(built.rule, blue=30))
    assert plan.summary == "Share out blue 75 %, green 25 % instead of blue 90 %, green 10 %"


def test_the_default_rule_of_a_listener_is_changed_too(
    action: SetRuleWeights, built: Balancer, cloud: Cloud
) -> None:
    asked = want(built.default_rule, blue=0, green=1)
    action.run(asked, action.plan(asked), "step-1")
    assert weights(cloud, built.default_rule) == [0, 1]


def test_nothing_for_anybody_is_refused(action: SetRuleWeights, built: Balancer) -> None:
    with pytest.raises(ActionFailed, match=NONE_AT_ALL):
        action.plan(want(built.rule, blue=0, green=0))


def test_a_group_of_another_rule_is_refused(action: SetRuleWeights, built: Balancer) -> None:
    with pytest.raises(ActionFailed, match="forwards to blue, green, not to red") as caught:
        action.plan(want(built.rule, red=5))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_group_without_a_healthy_target_gets_nothing(
    action: SetRuleWeights, built: Balancer, cloud: Cloud
) -> None:
    elb = practice_client(cloud.endpoint_url, "elbv2")
    elb.deregister_targets(TargetGroupArn=built.green, Targets=[{"Id": built.instances[2], "Port": 80}])
    with pytest.raises(ActionFailed, match="green has no healthy target"):
        action.plan(want(built.rule, green=50))


def test_somebody_elses_weights_are_left_alone(action: SetRuleWeights, built: Balancer) -> None:
    first, second = want(built.rule, blue=0), want(built.rule, blue=50)
    plan = action.plan(first)
    action.run(second, action.plan(second), "step-2")
    with pytest.raises(ActionFailed, match="somebody else changed it") as caught:
        action.run(first, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_secret_that_aws_never_shows_is_kept() -> None:
    given: dict[str, Any] = {"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientId": "shop"}}
    assert _with_weights(given, {})["AuthenticateOidcConfig"]["UseExistingClientSecret"] is True
