"""The Deployment of the practice story, put on a cluster by the official client."""

import time
from collections.abc import Callable
from pathlib import Path

from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from pydantic import BaseModel, ConfigDict, Field

GOOD_IMAGE = "registry.example/checkout:1.4.2"
BAD_IMAGE = "registry.example/checkout:bad-1.5.0"
POLL_SECONDS = 0.05
CONFLICT = 409


class Workload(BaseModel):
    """A Deployment of one container.

    `progress_deadline` is in seconds: after it, a rollout without progress counts as stuck.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    namespace: str = "shop"
    name: str = "checkout"
    image: str = GOOD_IMAGE
    replicas: int = Field(default=3, ge=0)
    progress_deadline: int = Field(default=30, ge=1)


class WorkloadUnsettledError(RuntimeError):
    """A workload did not come to the state waited for."""


def deploy(kubeconfig: Path, workload: Workload, seconds: float = 30.0) -> client.V1Deployment:
    """Create the namespace where it is missing, and the Deployment, and wait until it is available whole.

    Raises ApiException, 409 where the Deployment is there already, and WorkloadUnsettledError.
    """
    api_client = admin_client(kubeconfig)
    namespace = client.V1Namespace(metadata=client.V1ObjectMeta(name=workload.namespace))
    try:
        client.CoreV1Api(api_client).create_namespace(namespace)
    except ApiException as error:
        if error.status != CONFLICT:
            raise
    apps = client.AppsV1Api(api_client)
    apps.create_namespaced_deployment(workload.namespace, _deployment(workload))
    return _wait(apps, workload, lambda status: status.available_replicas == workload.replicas, seconds)


def set_image(kubeconfig: Path, workload: Workload, image: str, seconds: float = 30.0) -> client.V1Deployment:
    """Roll out another image and wait until its first replica is there, ready or not.

    Raises ApiException and WorkloadUnsettledError.
    """
    apps = client.AppsV1Api(admin_client(kubeconfig))
    containers = [{"name": workload.name, "image": image}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    apps.patch_namespaced_deployment(workload.name, workload.namespace, patch)
    return _wait(apps, workload, lambda status: bool(status.updated_replicas), seconds)


def admin_client(kubeconfig: Path) -> client.ApiClient:
    """Build a client with the rights of the practice cluster's admin."""
    configuration = client.Configuration()
    config.load_kube_config(  # type: ignore[no-untyped-call]  # the client leaves it without types
        str(kubeconfig), context="admin", client_configuration=configuration
    )
    return client.ApiClient(configuration)


def _wait(
    apps: client.AppsV1Api,
    workload: Workload,
    settled: Callable[[client.V1DeploymentStatus], bool],
    seconds: float,
) -> client.V1Deployment:
    deadline = time.monotonic() + seconds
    while True:
        found = apps.read_namespaced_deployment(workload.name, workload.namespace)
        if _observed(found) and found.status is not None and settled(found.status):
            return found
        if time.monotonic() > deadline:
            raise WorkloadUnsettledError(
                f"{workload.namespace}/{workload.name} is not where it was to be after {seconds:.0f} s; "
                f"it was left as it is. Its status: {found.status}"
            )
        time.sleep(POLL_SECONDS)


def _observed(found: client.V1Deployment) -> bool:
    if found.status is None or found.metadata is None:
        return False
    return found.status.observed_generation == found.metadata.generation


def _deployment(workload: Workload) -> client.V1Deployment:
    labels = {"app": workload.name}
    container = client.V1Container(name=workload.name, image=workload.image)
    return client.V1Deployment(
        metadata=client.V1ObjectMeta(name=workload.name, labels=labels),
        spec=client.V1DeploymentSpec(
            replicas=workload.replicas,
            progress_deadline_seconds=workload.progress_deadline,
            selector=client.V1LabelSelector(match_labels=labels),
            template=client.V1PodTemplateSpec(
                metadata=client.V1ObjectMeta(labels=labels), spec=client.V1PodSpec(containers=[container])
            ),
        ),
    )
