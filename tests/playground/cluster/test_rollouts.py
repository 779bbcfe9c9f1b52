"""Rollouts, held by the twin and by a real control plane alike."""

from tests.playground.cluster.looks import Client, eventually, replica_sets

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import BAD_IMAGE, GOOD_IMAGE, Workload, set_image

NEXT_IMAGE = "registry.example/checkout:1.4.3"
REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"


def test_a_new_image_makes_a_second_revision(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, NEXT_IMAGE)
    assert eventually(lambda: _replicas_by_image(apps, checkout) == {GOOD_IMAGE: 0, NEXT_IMAGE: 3})
    assert sorted(_revisions(apps, checkout)) == ["1", "2"]


def test_a_replica_set_keeps_the_change_cause_of_its_deployment(
    cluster: Cluster, apps: Client, checkout: Workload
) -> None:
    cause = {"metadata": {"annotations": {"kubernetes.io/change-cause": "release 1.4.3"}}}
    apps.patch_namespaced_deployment(checkout.name, checkout.namespace, cause)
    set_image(cluster.kubeconfig, checkout, NEXT_IMAGE)
    causes = {
        item.metadata.annotations.get("kubernetes.io/change-cause") for item in replica_sets(apps, checkout)
    }
    assert "release 1.4.3" in causes


def test_a_bad_image_leaves_the_old_pods_serving(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    assert eventually(lambda: _progressing(apps, checkout) == "ProgressDeadlineExceeded")
    status = apps.read_namespaced_deployment(checkout.name, checkout.namespace).status
    assert (status.available_replicas, status.updated_replicas, status.unavailable_replicas) == (3, 1, 1)


def test_a_json_patch_of_the_template_rolls_back(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    first = next(item for item in replica_sets(apps, checkout) if item.metadata.annotations[REVISION] == "1")
    template = apps.api_client.sanitize_for_serialization(first.spec.template)
    del template["metadata"]["labels"][HASH_LABEL]
    _roll_back(apps, checkout, template)
    assert eventually(lambda: _replicas_by_image(apps, checkout) == {GOOD_IMAGE: 3, BAD_IMAGE: 0})
    assert sorted(_revisions(apps, checkout)) == ["2", "3"]


def test_a_paused_deployment_rolls_nothing_out(apps: Client, checkout: Workload) -> None:
    apps.patch_namespaced_deployment(checkout.name, checkout.namespace, {"spec": {"paused": True}})
    containers = [{"name": checkout.name, "image": NEXT_IMAGE}]
    patch = {"spec": {"template": {"spec": {"containers": containers}}}}
    apps.patch_namespaced_deployment(checkout.name, checkout.namespace, patch)
    assert eventually(lambda: _progressing(apps, checkout) == "DeploymentPaused")
    assert _replicas_by_image(apps, checkout) == {GOOD_IMAGE: 3}


def test_a_slow_image_takes_its_time(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, "registry.example/checkout:slow-1.4.4")
    assert apps.read_namespaced_deployment(checkout.name, checkout.namespace).status.unavailable_replicas == 1


def _revisions(apps: Client, workload: Workload) -> list[str]:
    return [item.metadata.annotations[REVISION] for item in replica_sets(apps, workload)]


def _replicas_by_image(apps: Client, workload: Workload) -> dict[str, int]:
    sets = replica_sets(apps, workload)
    return {item.spec.template.spec.containers[0].image: item.status.replicas for item in sets}


def _progressing(apps: Client, workload: Workload) -> str:
    status = apps.read_namespaced_deployment(workload.name, workload.namespace).status
    return "".join(found.reason for found in status.conditions or [] if found.type == "Progressing")


def _roll_back(apps: Client, workload: Workload, template: object) -> None:
    version = apps.read_namespaced_deployment(workload.name, workload.namespace).metadata.resource_version
    patch = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/spec/template", "value": template},
    ]
    apps.patch_namespaced_deployment(workload.name, workload.namespace, patch)
