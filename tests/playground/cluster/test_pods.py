"""Pods come and go, in the twin and in a real control plane alike."""

import uuid

from kubernetes import client
from tests.playground.cluster.looks import Client, eventually, pod_names, refusal, replica_sets

from tocsin.playground.cluster.workload import Workload


def test_a_restart_annotation_replaces_every_pod(apps: Client, core: Client, checkout: Workload) -> None:
    before = pod_names(core, checkout)
    annotations = {"kubectl.kubernetes.io/restartedAt": "2026-11-22T11:00:00Z"}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    apps.patch_namespaced_deployment(checkout.name, checkout.namespace, patch)
    assert eventually(lambda: not before & pod_names(core, checkout) and len(pod_names(core, checkout)) == 3)


def test_a_deleted_pod_is_replaced(core: Client, checkout: Workload) -> None:
    victim = sorted(pod_names(core, checkout))[0]
    core.delete_namespaced_pod(victim, checkout.namespace)
    assert eventually(lambda: victim not in pod_names(core, checkout) and len(pod_names(core, checkout)) == 3)


def test_deleting_another_incarnation_of_a_pod_conflicts(core: Client, standing: Workload) -> None:
    name = sorted(pod_names(core, standing))[0]
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=str(uuid.uuid4())))
    error = refusal(lambda: core.delete_namespaced_pod(name, standing.namespace, body=options))
    assert error.status == 409


def test_a_cordoned_node_gets_no_pods(apps: Client, core: Client, checkout: Workload) -> None:
    core.patch_node("node-1", {"spec": {"unschedulable": True}})
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 0}})
    assert eventually(lambda: not pod_names(core, checkout))
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 4}})
    assert eventually(lambda: len(_nodes(core, checkout)) == 4 and "" not in _nodes(core, checkout))
    core.patch_node("node-1", {"spec": {"unschedulable": None}})
    assert "node-1" not in _nodes(core, checkout)


def test_deleting_a_deployment_takes_its_pods_along(apps: Client, core: Client, checkout: Workload) -> None:
    apps.delete_namespaced_deployment(checkout.name, checkout.namespace)
    assert eventually(lambda: not replica_sets(apps, checkout) and not pod_names(core, checkout))


def test_a_pod_that_has_done_its_work_has_succeeded(core: Client, standing: Workload) -> None:
    container = {"name": "app", "image": "registry.example/invoices:done"}
    body = {"metadata": {"name": "invoices"}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    core.create_namespaced_pod(standing.namespace, body)
    assert eventually(
        lambda: core.read_namespaced_pod("invoices", standing.namespace).status.phase == "Succeeded"
    )
    core.delete_namespaced_pod("invoices", standing.namespace)


def _nodes(core: Client, workload: Workload) -> list[str]:
    return [pod.spec.node_name or "" for pod in core.list_namespaced_pod(workload.namespace).items]
