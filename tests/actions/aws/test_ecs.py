"""ecs.redeploy: when it must not begin, and how far a deployment is.

moto replaces a deployment at once and never fails; what takes time or goes wrong is told by stubs.
"""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, STUBBED
from tocsin.actions.aws.deployments import NO_BREAKER
from tocsin.actions.aws.ecs import NO_TASKS, Redeploy, RedeployPlan, RedeployService
from tocsin.actions.base import Permission, Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.playground.estate import CHECKOUT, SHOP, build_service

SERVICE = "ecs"
WANT = Redeploy(connection="aws:main", cluster=SHOP, service=CHECKOUT)
DEFINITIONS = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition"
PLAN = RedeployPlan(summary="", deployment="ecs-svc/1", task_definition=f"{DEFINITIONS}/checkout:7")


def deployment(number: int, status: str, rollout: str, **more: Any) -> dict[str, Any]:
    """Return a deployment as ECS shows it: of version 7, with all of its three tasks."""
    return {
        "id": f"ecs-svc/{number}",
        "status": status,
        "taskDefinition": f"{DEFINITIONS}/checkout:7",
        "desiredCount": 3,
        "runningCount": 3,
        "pendingCount": 0,
        "rolloutState": rollout,
        **more,
    }


DONE = deployment(2, "PRIMARY", "COMPLETED")
OLD = deployment(1, "PRIMARY", "COMPLETED")
DRAINING = deployment(1, "ACTIVE", "COMPLETED", runningCount=1)
STARTING = deployment(2, "PRIMARY", "IN_PROGRESS", runningCount=2, pendingCount=1)
BROKEN = deployment(2, "ACTIVE", "FAILED", runningCount=0, rolloutStateReason="tasks failed to start.")
OTHER = deployment(2, "PRIMARY", "COMPLETED", taskDefinition=f"{DEFINITIONS}/checkout:8")


def shows(stubbed: Stubber, *deployments: dict[str, Any], **more: Any) -> None:
    """Let ECS show the service with these deployments."""
    service = {"status": "ACTIVE", "desiredCount": 3, "runningCount": 3, "deployments": list(deployments)}
    expected = {"cluster": SHOP, "services": [CHECKOUT]}
    stubbed.add_response("describe_services", {"services": [{**service, **more}]}, expected)


@pytest.fixture
def stub() -> RedeployService:
    return RedeployService(STUBBED)


@pytest.fixture
def action(connections: Connections) -> RedeployService:
    return RedeployService(connections)


def test_the_plan_counts_the_tasks_and_names_their_definition(action: RedeployService, cloud: Cloud) -> None:
    build_service(cloud.endpoint_url)
    summary = "Replace the tasks of shop/checkout: 2 of 2 tasks running, task definition checkout:1"
    assert action.plan(WANT).summary == summary


def test_a_missing_cluster_is_missing(action: RedeployService) -> None:
    with pytest.raises(ActionFailed, match="ClusterNotFoundException") as caught:
        action.plan(WANT)
    assert caught.value.kind is ErrorClass.MISSING


def test_a_service_without_tasks_is_a_warning(action: RedeployService, cloud: Cloud) -> None:
    build_service(cloud.endpoint_url, tasks=0)
    assert action.plan(WANT).warnings == (NO_TASKS, NO_BREAKER)


def test_somebody_elses_version_is_left_alone(action: RedeployService, cloud: Cloud) -> None:
    build_service(cloud.endpoint_url)
    plan = action.plan(WANT).model_copy(update={"task_definition": f"{DEFINITIONS}/checkout:9"})
    with pytest.raises(ActionFailed, match="runs checkout:1 now: somebody deployed it") as caught:
        action.run(WANT, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_somebody_elses_redeployment_is_not_repeated(action: RedeployService, cloud: Cloud) -> None:
    build_service(cloud.endpoint_url)
    plan = action.plan(WANT)
    ecs = practice_client(cloud.endpoint_url, "ecs")
    ecs.update_service(cluster=SHOP, service=CHECKOUT, forceNewDeployment=True)
    assert not action.run(WANT, plan, "step-1").changed


def test_a_deployment_that_never_ends_is_waited_for(action: RedeployService, cloud: Cloud) -> None:
    build_service(cloud.endpoint_url, tasks=3)
    plan = action.plan(WANT)
    action.run(WANT, plan, "step-1")
    assert action.verify(WANT, plan).state == "waiting"


def test_a_circuit_breaker_that_moto_forgets_needs_no_warning_by_stub(
    stubbed: Stubber, stub: RedeployService
) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    shows(stubbed, OLD, deploymentConfiguration=breaker)
    assert stub.plan(WANT).warnings == ()


def test_a_service_that_is_being_deployed_is_refused_by_stub(stubbed: Stubber, stub: RedeployService) -> None:
    shows(stubbed, STARTING, DRAINING)
    with pytest.raises(ActionFailed, match="2 of 3 running, 1 pending") as caught:
        stub.plan(WANT)
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.parametrize(
    "service", [{"status": "DRAINING"}, {"deploymentController": {"type": "CODE_DEPLOY"}}]
)
def test_a_service_that_ecs_does_not_deploy_is_refused_by_stub(
    stubbed: Stubber, stub: RedeployService, service: dict[str, Any]
) -> None:
    shows(stubbed, OLD, **service)
    with pytest.raises(ActionFailed, match="only an active service that ECS itself deploys"):
        stub.plan(WANT)


@pytest.mark.parametrize(
    ("deployments", "state", "reason"),
    [
        ([DONE], "ok", "3 of 3 running, 0 pending"),
        ([DONE, DRAINING], "waiting", "COMPLETED"),
        ([STARTING, DRAINING], "waiting", "2 of 3 running, 1 pending"),
        ([deployment(2, "PRIMARY", "COMPLETED", runningCount=2)], "waiting", "2 of 3 running"),
        ([OLD], "waiting", "no deployment after ecs-svc/1"),
        ([OLD, BROKEN], "failed", "tasks failed to start"),
        ([OTHER], "failed", "somebody deployed checkout:8"),
    ],
    ids=["complete", "old tasks left", "starting", "a task died", "not yet", "rolled back", "overtaken"],
)
def test_a_rollout_that_moto_never_has_is_verified_by_stub(
    stubbed: Stubber, stub: RedeployService, deployments: list[dict[str, Any]], state: str, reason: str
) -> None:
    shows(stubbed, *deployments)
    verdict = stub.verify(WANT, PLAN)
    assert verdict.state == state
    assert reason in verdict.reason


def test_the_failure_before_a_redeployment_is_not_its_own_by_stub(
    stubbed: Stubber, stub: RedeployService
) -> None:
    shows(stubbed, STARTING, deployment(1, "ACTIVE", "FAILED"))
    assert stub.verify(WANT, PLAN).state == "waiting"


@pytest.mark.parametrize(
    ("deployments", "found"),
    [
        ([OLD], Probe.NOT_DONE),
        ([STARTING, DRAINING], Probe.DONE),
        ([OLD, BROKEN], Probe.UNKNOWN),
        ([OTHER], Probe.UNKNOWN),
    ],
    ids=["nothing new", "begun", "rolled back", "another version"],
)
def test_a_rollout_that_moto_never_has_is_probed_by_stub(
    stubbed: Stubber, stub: RedeployService, deployments: list[dict[str, Any]], found: Probe
) -> None:
    shows(stubbed, *deployments)
    assert stub.probe(WANT, PLAN, "step-1") is found


def test_the_rights_name_the_service(action: RedeployService) -> None:
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/shop/checkout"
    assert Permission(system="aws", verb="ecs:UpdateService", resource=arn) in action.permissions(WANT)
