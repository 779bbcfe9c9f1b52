"""ecs.rollback: after a deployment and during one."""

from typing import Any

import pytest

from tocsin.actions.aws.ecs_rollback import ONLY_TASKS, Rollback, RollBackService
from tocsin.connections import Connections
from tocsin.errors import ActionFailed
from tocsin.playground.amazon.deployments import NEVER_STARTS
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import CHECKOUT, SHOP, build_service, deploy

WANT = Rollback(connection="aws:main", cluster=SHOP, service=CHECKOUT)
NEWER = "registry.example/checkout:1.4.3"


@pytest.fixture
def ecs(cloud: Cloud) -> Any:
    build_service(cloud.endpoint_url)
    return practice_client(cloud.endpoint_url, "ecs")


@pytest.fixture
def action(connections: Connections, ecs: Any) -> RollBackService:
    return RollBackService(connections)


def statuses(ecs: Any) -> list[str]:
    answer = ecs.list_service_deployments(cluster=SHOP, service=CHECKOUT)
    return [one["status"] for one in answer["serviceDeployments"]]


def test_the_plan_names_both_versions(action: RollBackService, cloud: Cloud) -> None:
    deploy(cloud.endpoint_url, NEWER)
    plan = action.plan(WANT)
    assert plan.summary == "Roll shop/checkout back from checkout:2 to checkout:1"
    assert plan.warnings == (ONLY_TASKS,)


def test_a_deployment_that_goes_on_is_stopped_by_ecs_itself(
    action: RollBackService, ecs: Any, cloud: Cloud
) -> None:
    deploy(cloud.endpoint_url, f"registry.example/checkout{NEVER_STARTS}")
    plan = action.plan(WANT)
    assert "the deployment of checkout:2 is going on, and is stopped" in plan.warnings
    action.run(WANT, plan, "step-1")
    assert statuses(ecs) == ["ROLLBACK_SUCCESSFUL", "SUCCESSFUL"]
    assert action.verify(WANT, plan).state == "ok"


def test_another_version_than_the_last_is_deployed_even_during_a_deployment(
    action: RollBackService, ecs: Any, cloud: Cloud
) -> None:
    deploy(cloud.endpoint_url, NEWER)
    deploy(cloud.endpoint_url, f"registry.example/checkout{NEVER_STARTS}")
    want = WANT.model_copy(update={"to": "checkout:1"})
    plan = action.plan(want)
    action.run(want, plan, "step-1")
    assert statuses(ecs)[0] == "SUCCESSFUL"
    assert action.verify(want, plan).state == "ok"


def test_a_version_that_failed_is_nothing_to_go_back_to(
    action: RollBackService, ecs: Any, cloud: Cloud
) -> None:
    deploy(cloud.endpoint_url, f"registry.example/checkout{NEVER_STARTS}")
    action.run(WANT, action.plan(WANT), "step-1")
    with pytest.raises(ActionFailed, match="remembers no deployment of shop/checkout that succeeded"):
        action.plan(WANT)


def test_a_version_that_was_deregistered_is_refused(action: RollBackService, ecs: Any, cloud: Cloud) -> None:
    deploy(cloud.endpoint_url, NEWER)
    ecs.deregister_task_definition(taskDefinition="checkout:1")
    with pytest.raises(ActionFailed, match="checkout:1 is INACTIVE, not ACTIVE"):
        action.plan(WANT)


def test_a_version_that_runs_already_is_no_change(action: RollBackService) -> None:
    assert action.plan(WANT.model_copy(update={"to": "checkout:1"})).noop
