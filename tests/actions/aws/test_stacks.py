"""cfn.rollback, cfn.continue_rollback and cfn.cancel_update: each from its own status only."""

from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.stacks import (
    DATA,
    CancelUpdate,
    ContinueRollback,
    RollBackStack,
    Skipping,
    StackNamed,
    StackPlan,
)
from tocsin.actions.base import Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.estate import STACK, build_stack

SERVICE = "cloudformation"
WANT = StackNamed(connection="aws:main", stack=STACK)
PLAN = StackPlan(summary="", before="UPDATE_FAILED")


def test_a_stack_that_did_not_fail_is_not_rolled_back(connections: Connections, cloud: Cloud) -> None:
    build_stack(cloud.endpoint_url, "UPDATE_COMPLETE")
    with pytest.raises(ActionFailed, match="works from UPDATE_FAILED or CREATE_FAILED only") as caught:
        RollBackStack(connections).plan(WANT)
    assert caught.value.kind is ErrorClass.INVALID


def test_only_what_goes_on_is_cancelled(connections: Connections, cloud: Cloud) -> None:
    build_stack(cloud.endpoint_url, "UPDATE_FAILED")
    with pytest.raises(ActionFailed, match="works from UPDATE_IN_PROGRESS only"):
        CancelUpdate(connections).plan(WANT)


def test_what_is_skipped_is_warned_of(connections: Connections, cloud: Cloud) -> None:
    build_stack(cloud.endpoint_url, "UPDATE_ROLLBACK_FAILED")
    want = Skipping(connection="aws:main", stack=STACK, skip=("Queue", "Table"))
    first, second = ContinueRollback(connections).plan(want).warnings
    assert first == DATA
    assert second.startswith("Queue, Table: what is skipped")


def test_what_is_skipped_is_named_to_aws_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "UPDATE_ROLLBACK_FAILED")
    expected = {"StackName": STACK, "ClientRequestToken": ANY, "ResourcesToSkip": ["Queue"]}
    stubbed.add_response("continue_update_rollback", {}, expected)
    want = Skipping(connection="aws:main", stack=STACK, skip=("Queue",))
    plan = StackPlan(summary="", before="UPDATE_ROLLBACK_FAILED")
    assert ContinueRollback(STUBBED).run(want, plan, "step-1").changed


def test_a_stack_that_somebody_else_turned_is_left_alone_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "DELETE_IN_PROGRESS")
    with pytest.raises(ActionFailed, match="Somebody else changed it") as caught:
        RollBackStack(STUBBED).run(WANT, PLAN, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.parametrize(
    ("status", "state", "probe"),
    [
        ("UPDATE_FAILED", "waiting", Probe.NOT_DONE),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "waiting", Probe.DONE),
        ("UPDATE_ROLLBACK_COMPLETE", "ok", Probe.DONE),
        ("UPDATE_ROLLBACK_FAILED", "failed", Probe.UNKNOWN),
    ],
)
def test_how_far_a_rollback_is_by_the_service_model(
    stubbed: Stubber, status: str, state: str, probe: Probe
) -> None:
    for _ in range(2):
        shows(stubbed, status)
    assert RollBackStack(STUBBED).verify(WANT, PLAN).state == state
    assert RollBackStack(STUBBED).probe(WANT, PLAN, "step-1") is probe


def shows(stubbed: Stubber, status: str) -> None:
    found: dict[str, Any] = {
        "StackName": STACK,
        "StackStatus": status,
        "StackStatusReason": "The following resource(s) failed: [Queue].",
        "CreationTime": "2026-11-22T10:00:00Z",
    }
    stubbed.add_response("describe_stacks", {"Stacks": [found]}, {"StackName": STACK})
