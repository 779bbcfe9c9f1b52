"""Looks at a cluster through the official client, for tests that wait for what controllers do."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tocsin.playground.cluster.workload import Workload

Client = Any
"""An API of the official client, whose models call every field optional."""

T = TypeVar("T")


def eventually(look: Callable[[], T], seconds: float = 15.0) -> T:
    """Return the first true answer of a look, or the last one."""
    deadline = time.monotonic() + seconds
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return seen


def refusal(call: Callable[[], object]) -> ApiException:
    with pytest.raises(ApiException) as caught:
        call()
    return caught.value


def preferred_version(api_client: Client, group: str) -> str:
    """Return the version of an API group that the cluster prefers; an old control plane has only old ones."""
    groups = client.ApisApi(api_client).get_api_versions().groups or []
    [version] = [one.preferred_version for one in groups if one.name == group]
    return str(version and version.version)


def replica_sets(apps: Client, workload: Workload) -> list[Any]:
    return list(apps.list_namespaced_replica_set(workload.namespace).items)


def pod_names(core: Client, workload: Workload) -> set[str]:
    return {pod.metadata.name for pod in core.list_namespaced_pod(workload.namespace).items}
