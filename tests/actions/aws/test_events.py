"""eventbridge.rule_disable: only rules that can be enabled again."""

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.events import LOST, DisableRule, RuleNamed
from tocsin.connections import Connections
from tocsin.errors import ActionFailed
from tocsin.playground.cloud import Cloud
from tocsin.playground.serverless import RULE, build_rule

SERVICE = "events"
WANT = RuleNamed(connection="aws:main", rule=RULE)


def test_the_plan_says_that_nothing_is_kept(connections: Connections, cloud: Cloud) -> None:
    build_rule(cloud.endpoint_url)
    assert DisableRule(connections).plan(WANT).warnings == (LOST,)


def test_a_rule_of_another_service_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        stubbed.add_response("describe_rule", {"State": "ENABLED", "ManagedBy": "guardduty.amazonaws.com"})
    with pytest.raises(ActionFailed, match=r"belongs to guardduty\.amazonaws\.com"):
        DisableRule(STUBBED).plan(WANT)


def test_a_state_that_could_not_be_put_back_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
        stubbed.add_response("describe_rule", {"State": state})
    with pytest.raises(ActionFailed, match="which could not be put back"):
        DisableRule(STUBBED).plan(WANT)
