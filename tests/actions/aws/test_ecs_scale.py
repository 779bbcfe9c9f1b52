"""ecs.scale: where something else sets the count, and how far the tasks are."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.ecs_scale import DIMENSION, ScaleService, TaskCount, Tasks
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import CHECKOUT, SHOP, build_service

SERVICE = "ecs"
PLAN = DesiredPlan[Tasks](summary="", before=Tasks(desired=2), after=Tasks(desired=3))


def want(tasks: int = 3) -> TaskCount:
    return TaskCount(connection="aws:main", cluster=SHOP, service=CHECKOUT, tasks=tasks)


@pytest.fixture
def action(connections: Connections, cloud: Cloud) -> ScaleService:
    build_service(cloud.endpoint_url)
    return ScaleService(connections)


def autoscale(cloud: Cloud, **more: Any) -> None:
    practice_client(cloud.endpoint_url, "application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{SHOP}/{CHECKOUT}",
        ScalableDimension=DIMENSION,
        MinCapacity=2,
        MaxCapacity=8,
        **more,
    )


def test_the_plan_shows_the_counts(action: ScaleService) -> None:
    plan = action.plan(want())
    assert plan.summary == "Scale shop/checkout from 2 to 3 tasks"
    assert [(one.field, one.before, one.after) for one in plan.changes] == [("desired", 2, 3)]


def test_a_count_that_is_so_already_is_no_change(action: ScaleService) -> None:
    plan = action.plan(want(2))
    assert plan.noop
    assert not action.run(want(2), plan, "step-1").changed


def test_no_tasks_are_a_warning(action: ScaleService) -> None:
    assert action.plan(want(0)).warnings == ("0 tasks stop shop/checkout completely",)


def test_a_count_that_an_autoscaler_sets_is_refused(action: ScaleService, cloud: Cloud) -> None:
    autoscale(cloud)
    with pytest.raises(ActionFailed, match="between 2 and 8, and would undo 3") as caught:
        action.plan(want())
    assert caught.value.kind is ErrorClass.INVALID


def test_an_autoscaler_that_is_suspended_is_in_nobodys_way(action: ScaleService, cloud: Cloud) -> None:
    ways = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
    autoscale(cloud, SuspendedState=dict.fromkeys(ways, True))
    assert action.plan(want()).after == Tasks(desired=3)


def test_somebody_elses_count_is_left_alone(action: ScaleService, cloud: Cloud) -> None:
    plan = action.plan(want())
    ecs = practice_client(cloud.endpoint_url, "ecs")
    ecs.update_service(cluster=SHOP, service=CHECKOUT, desiredCount=1)
    with pytest.raises(ActionFailed, match="has desired 1 now: somebody else changed it") as caught:
        action.run(want(), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_somebody_elses_count_fails_the_verification(action: ScaleService, cloud: Cloud) -> None:
    plan = action.plan(want())
    ecs = practice_client(cloud.endpoint_url, "ecs")
    ecs.update_service(cluster=SHOP, service=CHECKOUT, desiredCount=1)
    assert action.verify(want(), plan).state == "failed"


def test_tasks_that_are_still_starting_are_waited_for_by_the_service_model(stubbed: Stubber) -> None:
    deployment = {
        "id": "ecs-svc/1",
        "status": "PRIMARY",
        "taskDefinition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/checkout:7",
        "desiredCount": 3,
        "runningCount": 2,
        "pendingCount": 1,
        "rolloutState": "IN_PROGRESS",
    }
    service = {"status": "ACTIVE", "desiredCount": 3, "runningCount": 2, "deployments": [deployment]}
    for _ in range(2):
        stubbed.add_response("describe_services", {"services": [service]})
    verdict = ScaleService(STUBBED).verify(want(), PLAN)
    assert verdict.state == "waiting"
    assert "2 of 3 running, 1 pending" in verdict.reason
