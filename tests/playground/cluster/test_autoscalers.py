"""Autoscalers without metrics, and DaemonSets, in the twin and in a real control plane alike."""

from typing import Any

import pytest
from kubernetes import client
from tests.playground.cluster.looks import Client, eventually, preferred_version, refusal

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import Workload, admin_client


@pytest.fixture
def objects(cluster: Cluster) -> Client:
    return client.CustomObjectsApi(admin_client(cluster.kubeconfig))


@pytest.mark.parametrize(("least", "most", "replicas"), [(5, 9, 5), (1, 2, 2)])
def test_a_count_out_of_bounds_is_brought_back(
    apps: Client, objects: Client, checkout: Workload, least: int, most: int, replicas: int
) -> None:
    _autoscale(objects, checkout, least, most)
    assert eventually(lambda: _replicas(apps, checkout) == replicas)
    assert eventually(lambda: _status(objects, checkout).get("desiredReplicas") == replicas)


def test_at_zero_an_autoscaler_is_off(apps: Client, objects: Client, checkout: Workload) -> None:
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 0}})
    _autoscale(objects, checkout, 2, 5)
    assert eventually(lambda: "ScalingDisabled" in str(_read(objects, checkout)))
    assert _replicas(apps, checkout) == 0


def test_an_autoscaler_of_an_owner_of_another_kind_is_kept(objects: Client, checkout: Workload) -> None:
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "orders", "uid": "0b7f1f6e"}
    _autoscale(objects, checkout, 2, 5, ownerReferences=[owner])
    assert eventually(lambda: _status(objects, checkout).get("currentReplicas") == 3)


def test_a_daemon_set_has_a_pod_on_every_node_cordoned_or_not(
    apps: Client, core: Client, checkout: Workload
) -> None:
    core.patch_node("node-1", {"spec": {"unschedulable": True}})
    apps.create_namespaced_daemon_set(checkout.namespace, _daemon_set())
    assert eventually(lambda: _nodes_of(core, checkout, "agent") == ["node-1", "node-2", "node-3"])
    core.patch_node("node-1", {"spec": {"unschedulable": None}})
    found = apps.read_namespaced_daemon_set("agent", checkout.namespace)
    assert found.status.desired_number_scheduled == 3


def test_a_daemon_sets_pod_is_put_back(apps: Client, core: Client, checkout: Workload) -> None:
    apps.create_namespaced_daemon_set(checkout.namespace, _daemon_set())
    assert eventually(lambda: len(_pods(core, checkout, "agent")) == 3)
    victim = _pods(core, checkout, "agent")[0].metadata
    core.delete_namespaced_pod(victim.name, checkout.namespace)
    assert eventually(lambda: victim.uid not in [pod.metadata.uid for pod in _pods(core, checkout, "agent")])
    assert eventually(lambda: len(_pods(core, checkout, "agent")) == 3)


def test_a_daemon_set_whose_selector_misses_its_template_is_invalid(apps: Client, standing: Workload) -> None:
    broken = _daemon_set()
    broken["spec"]["selector"] = {"matchLabels": {"app": "other"}}
    assert refusal(lambda: apps.create_namespaced_daemon_set(standing.namespace, broken)).status == 422


def _daemon_set() -> dict[str, Any]:
    labels = {"app": "agent"}
    containers = [{"name": "agent", "image": "registry.example/agent:1.0"}]
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    return {
        "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def _autoscale(objects: Client, workload: Workload, least: int, most: int, **meta: Any) -> None:
    target = {"kind": "Deployment", "name": workload.name, "apiVersion": "apps/v1"}
    spec = {"scaleTargetRef": target, "minReplicas": least, "maxReplicas": most}
    body = {"metadata": {"name": workload.name, **meta}, "spec": spec}
    objects.create_namespaced_custom_object(*_place(objects, workload), body)


def _read(objects: Client, workload: Workload) -> Any:
    return objects.get_namespaced_custom_object(*_place(objects, workload), workload.name)


def _status(objects: Client, workload: Workload) -> Any:
    return _read(objects, workload).get("status", {})


def _place(objects: Client, workload: Workload) -> tuple[str, str, str, str]:
    version = preferred_version(objects.api_client, "autoscaling")
    return "autoscaling", version, workload.namespace, "horizontalpodautoscalers"


def _replicas(apps: Client, workload: Workload) -> int:
    return int(apps.read_namespaced_deployment(workload.name, workload.namespace).spec.replicas)


def _pods(core: Client, workload: Workload, app: str) -> list[Any]:
    return list(core.list_namespaced_pod(workload.namespace, label_selector=f"app={app}").items)


def _nodes_of(core: Client, workload: Workload, app: str) -> list[str]:
    return sorted(pod.spec.node_name or "" for pod in _pods(core, workload, app))
