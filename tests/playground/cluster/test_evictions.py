"""Evictions and disruption budgets, held by the twin and by a real control plane alike."""

import uuid
from typing import Any

import pytest
from kubernetes import client
from tests.playground.cluster.looks import Client, eventually, pod_names, preferred_version, refusal

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import Workload, admin_client


@pytest.fixture
def objects(cluster: Cluster) -> Client:
    return client.CustomObjectsApi(admin_client(cluster.kubeconfig))


def test_an_evicted_pod_is_replaced(core: Client, checkout: Workload) -> None:
    victim = sorted(pod_names(core, checkout))[0]
    assert _evict(core, checkout, victim).status == "Success"
    assert eventually(lambda: victim not in pod_names(core, checkout) and len(pod_names(core, checkout)) == 3)


def test_a_budget_that_is_used_up_holds_every_pod(core: Client, objects: Client, checkout: Workload) -> None:
    _budget(objects, checkout, {"minAvailable": 3})
    error = refusal(lambda: _evict(core, checkout, sorted(pod_names(core, checkout))[0]))
    assert (error.status, error.reason) == (429, "Too Many Requests")
    assert "Cannot evict pod as it would violate the pod's disruption budget." in str(error.body)
    assert f"The disruption budget {checkout.name} needs 3 healthy pods and has 3 currently" in str(
        error.body
    )


@pytest.mark.parametrize(
    "spec", [{"minAvailable": 2}, {"minAvailable": "60%"}, {"maxUnavailable": 1}, {"maxUnavailable": "10%"}]
)
def test_a_budget_lets_one_go_and_holds_the_next(
    core: Client, objects: Client, checkout: Workload, spec: dict[str, Any]
) -> None:
    _budget(objects, checkout, spec)
    first, second, _ = sorted(pod_names(core, checkout))
    assert _evict(core, checkout, first).status == "Success"
    assert refusal(lambda: _evict(core, checkout, second)).status == 429


def test_a_replaced_pod_makes_room_for_the_next(core: Client, objects: Client, checkout: Workload) -> None:
    _budget(objects, checkout, {"minAvailable": 2})
    first, second, _ = sorted(pod_names(core, checkout))
    _evict(core, checkout, first)
    assert eventually(lambda: _status(objects, checkout)["disruptionsAllowed"] == 1)
    assert _evict(core, checkout, second).status == "Success"


def test_a_pod_of_two_budgets_is_never_evicted(core: Client, objects: Client, checkout: Workload) -> None:
    _budget(objects, checkout, {"minAvailable": 1})
    _budget(objects, checkout, {"minAvailable": 1}, name="second")
    error = refusal(lambda: _evict(core, checkout, sorted(pod_names(core, checkout))[0]))
    assert error.status == 500
    assert "more than one PodDisruptionBudget" in str(error.body)


def test_an_eviction_of_another_incarnation_conflicts(core: Client, standing: Workload) -> None:
    name = sorted(pod_names(core, standing))[0]
    assert refusal(lambda: _evict(core, standing, name, uid=str(uuid.uuid4()))).status == 409


def test_an_eviction_tried_dry_evicts_nothing(core: Client, standing: Workload) -> None:
    before = pod_names(core, standing)
    _evict(core, standing, sorted(before)[0], dry_run="All")
    assert pod_names(core, standing) == before


def test_an_absent_pod_is_not_found(core: Client, standing: Workload) -> None:
    assert refusal(lambda: _evict(core, standing, "absent")).status == 404


def test_an_eviction_of_another_name_is_refused(core: Client, standing: Workload) -> None:
    name = sorted(pod_names(core, standing))[0]
    body: Any = {"metadata": {"name": "other"}}
    error = refusal(lambda: core.create_namespaced_pod_eviction(name, standing.namespace, body))
    assert (error.status, "name in URL does not match" in str(error.body)) == (400, True)


def test_a_budget_with_both_limits_is_invalid(objects: Client, standing: Workload) -> None:
    error = refusal(lambda: _create(objects, standing, {"minAvailable": 1, "maxUnavailable": 1}, "both"))
    assert error.status == 422
    assert "minAvailable and maxUnavailable cannot be both set" in str(error.body)


def _evict(core: Client, workload: Workload, pod: str, uid: str | None = None, **how: Any) -> Any:
    """Evict a pod; without an apiVersion, the server takes it for the one it speaks."""
    preconditions = {"preconditions": {"uid": uid}} if uid else {}
    body = {"metadata": {"name": pod, "namespace": workload.namespace}, "deleteOptions": preconditions}
    answer = core.create_namespaced_pod_eviction(pod, workload.namespace, body, _preload_content=False, **how)
    return client.V1Status.from_json(answer.data.decode())


def _budget(objects: Client, workload: Workload, spec: dict[str, Any], name: str = "") -> None:
    """Create a budget and wait until it counts the workload's pods."""
    _create(objects, workload, spec, name or workload.name)
    assert eventually(lambda: _status(objects, workload, name).get("currentHealthy") == workload.replicas)


def _create(objects: Client, workload: Workload, spec: dict[str, Any], name: str) -> None:
    selector = {"matchLabels": {"app": workload.name}}
    body = {"metadata": {"name": name}, "spec": {**spec, "selector": selector}}
    objects.create_namespaced_custom_object(*_place(objects, workload), body)


def _status(objects: Client, workload: Workload, name: str = "") -> Any:
    found = objects.get_namespaced_custom_object(*_place(objects, workload), name or workload.name)
    return found.get("status", {})


def _place(objects: Client, workload: Workload) -> tuple[str, str, str, str]:
    version = preferred_version(objects.api_client, "policy")
    return "policy", version, workload.namespace, "poddisruptionbudgets"
