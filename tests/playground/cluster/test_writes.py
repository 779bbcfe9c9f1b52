"""Writes, held by the twin and by a real control plane alike: refusals, conflicts, and what counts."""

from typing import Any

from tests.playground.cluster.looks import Client, eventually, refusal

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import Workload, deploy


def test_a_second_deployment_of_the_same_name_is_refused(cluster: Cluster, standing: Workload) -> None:
    error = refusal(lambda: deploy(cluster.kubeconfig, standing))
    assert (error.status, error.reason) == (409, "Conflict")
    assert '"reason":"AlreadyExists"' in str(error.body)


def test_an_absent_deployment_is_not_found(apps: Client, standing: Workload) -> None:
    error = refusal(lambda: apps.read_namespaced_deployment("absent", standing.namespace))
    assert error.status == 404
    assert 'deployments.apps \\"absent\\" not found' in str(error.body)


def test_a_negative_replica_count_names_the_broken_field(apps: Client, standing: Workload) -> None:
    patch = {"spec": {"replicas": -1}}
    error = refusal(lambda: apps.patch_namespaced_deployment(standing.name, standing.namespace, patch))
    assert error.status == 422
    assert '"field":"spec.replicas"' in str(error.body)


def test_replacing_a_stale_deployment_conflicts(apps: Client, checkout: Workload) -> None:
    stale = apps.read_namespaced_deployment(checkout.name, checkout.namespace)
    apps.patch_namespaced_deployment(
        checkout.name, checkout.namespace, {"metadata": {"labels": {"team": "pay"}}}
    )
    error = refusal(lambda: apps.replace_namespaced_deployment(checkout.name, checkout.namespace, stale))
    assert error.status == 409
    assert "the object has been modified" in str(error.body)


def test_a_stale_resource_version_in_a_merge_patch_conflicts(apps: Client, standing: Workload) -> None:
    patch = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}
    error = refusal(lambda: apps.patch_namespaced_deployment(standing.name, standing.namespace, patch))
    assert error.status == 409


def test_a_failed_test_in_a_json_patch_is_unprocessable(apps: Client, standing: Workload) -> None:
    patch = [{"op": "test", "path": "/metadata/resourceVersion", "value": "1"}]
    error = refusal(lambda: apps.patch_namespaced_deployment(standing.name, standing.namespace, patch))
    assert error.status == 422
    assert "the server rejected our request due to an error in our request" in str(error.body)


def test_a_dry_run_changes_nothing(apps: Client, standing: Workload) -> None:
    before = apps.read_namespaced_deployment(standing.name, standing.namespace)
    patch = {"spec": {"replicas": 9}}
    shown = apps.patch_namespaced_deployment(standing.name, standing.namespace, patch, dry_run="All")
    after = apps.read_namespaced_deployment(standing.name, standing.namespace)
    assert (shown.spec.replicas, after.spec.replicas) == (9, 3)
    assert after.metadata.generation == before.metadata.generation


def test_the_scale_subresource_sets_the_replicas(apps: Client, checkout: Workload) -> None:
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 5}})
    assert eventually(lambda: _scale(apps, checkout).status.replicas == 5)
    assert _scale(apps, checkout).status.selector == "app=checkout"


def test_scaling_with_a_stale_resource_version_conflicts(apps: Client, standing: Workload) -> None:
    patch = {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 5}}
    error = refusal(lambda: apps.patch_namespaced_deployment_scale(standing.name, standing.namespace, patch))
    assert error.status == 409


def test_the_generation_counts_changes_of_the_spec_only(apps: Client, checkout: Workload) -> None:
    apps.patch_namespaced_deployment(
        checkout.name, checkout.namespace, {"metadata": {"labels": {"team": "pay"}}}
    )
    labelled = apps.patch_namespaced_deployment(checkout.name, checkout.namespace, {"spec": {"replicas": 2}})
    assert labelled.metadata.generation == 2


def _scale(apps: Client, workload: Workload) -> Any:
    return apps.read_namespaced_deployment_scale(workload.name, workload.namespace)
