"""ECS whose deployments are shown, remembered, and stopped.

Seen with moto 5.2.5: a deployment keeps its first task definition and count, and no service deployment is
known.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

NEVER_STARTS = ":broken"
"""How the image of a task ends that never starts."""

_create = EC2ContainerServiceBackend.create_service
_update = EC2ContainerServiceBackend.update_service


def create_service(self: Any, *args: Any, **more: Any) -> Any:
    """Create a service, with the first of its deployments."""
    service: Any = _create(self, *args, **more)
    service.rollouts = []
    if service.deployments:
        _deploy(self, service)
    return service


def update_service(self: Any, service_properties: dict[str, Any]) -> Any:
    """Change a service, and show it."""
    asked = dict(service_properties)
    service = _update(self, service_properties)
    if asked.get("task_definition"):
        _deploy(self, service)
    if asked.get("desired_count") is not None:
        count = {"desiredCount": service.desired_count, "runningCount": service.desired_count}
        service.deployments[0].update(count, pendingCount=0, rolloutState="COMPLETED")
    return service


def list_service_deployments(self: Any) -> ActionResult:
    """Answer ListServiceDeployments, the newest first."""
    service = _backend(self)._get_service(self._get_param("cluster"), self._get_param("service"))
    wanted = self._get_param("status")
    found = [one for one in service.rollouts if not wanted or one["status"] in wanted]
    return ActionResult({"serviceDeployments": found})


def describe_service_revisions(self: Any) -> ActionResult:
    """Answer DescribeServiceRevisions."""
    asked = self._get_param("serviceRevisionArns")
    known = [
        {"serviceRevisionArn": one["targetServiceRevisionArn"], "taskDefinition": one["taskDefinition"]}
        for service in _backend(self).services.values()
        for one in service.rollouts
    ]
    return ActionResult({"serviceRevisions": [one for one in known if one["serviceRevisionArn"] in asked]})


def stop_service_deployment(self: Any) -> ActionResult:
    """Answer StopServiceDeployment: the last one that succeeded is back."""
    name = self._get_param("serviceDeploymentArn")
    for service in _backend(self).services.values():
        for one in service.rollouts:
            if one["serviceDeploymentArn"] == name:
                one["status"] = "ROLLBACK_SUCCESSFUL"
                _show(service, _last_good(service))
    return ActionResult({"serviceDeploymentArn": name})


def _deploy(backend: Any, service: Any) -> None:
    definition = backend.describe_task_definition(service.task_definition)
    images = [str(one["image"]) for one in definition.container_definitions]
    starts = not any(image.endswith(NEVER_STARTS) for image in images)
    number = f"{service.cluster_name}/{service.name}/{len(service.rollouts) + 1}"
    place = service.cluster_arn.partition(":cluster/")[0]
    service.rollouts.insert(
        0,
        {
            "serviceDeploymentArn": f"{place}:service-deployment/{number}",
            "targetServiceRevisionArn": f"{place}:service-revision/{number}",
            "status": "SUCCESSFUL" if starts else "IN_PROGRESS",
            "taskDefinition": definition.arn,
        },
    )
    _show(service, definition.arn, starts=starts)


def _show(service: Any, definition: str, *, starts: bool = True) -> None:
    service.task_definition = definition
    shown = service.deployments[0]
    if shown["taskDefinition"] != definition:
        shown["id"] = f"ecs-svc/{mock_random.randint(0, 32**12)}"
    if not starts:
        shown.update(rolloutState="IN_PROGRESS", runningCount=0)
    elif shown["taskDefinition"] != definition:
        shown.update(rolloutState="COMPLETED", runningCount=shown["desiredCount"], pendingCount=0)
    shown["taskDefinition"] = definition


def _last_good(service: Any) -> str:
    return next(str(one["taskDefinition"]) for one in service.rollouts if one["status"] == "SUCCESSFUL")


def _backend(response: Any) -> Any:
    return ecs_backends[response.current_account][response.region]


CORRECTIONS = (
    (EC2ContainerServiceBackend, "create_service", create_service),
    (EC2ContainerServiceBackend, "update_service", update_service),
    (EC2ContainerServiceResponse, "list_service_deployments", list_service_deployments),
    (EC2ContainerServiceResponse, "describe_service_revisions", describe_service_revisions),
    (EC2ContainerServiceResponse, "stop_service_deployment", stop_service_deployment),
)
