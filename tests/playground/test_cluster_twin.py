"""What only the twin of the API has: its ledger, its faults, its reset, and the newest kinds."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from kubernetes import client
from kubernetes.client.exceptions import ApiException

from tocsin.playground.cluster.control_plane import ASSETS_VARIABLE
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.cluster.workload import Workload, admin_client, deploy

SHOP = Workload()
DEPLOYMENT_PATH = "/apis/apps/v1/namespaces/shop/deployments/checkout"

Client = Any
"""An API of the official client, whose models call every field optional."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with start_cluster(tmp_path_factory.mktemp("twin"), real=False) as twin:
        yield twin


@pytest.fixture
def practice(running: Cluster) -> Iterator[httpx2.Client]:
    """The twin's own surface, with the cluster newborn and `shop/checkout` deployed."""
    with httpx2.Client(base_url=f"{running.url}/practice", trust_env=False) as surface:
        surface.post("/reset").raise_for_status()
        deploy(running.kubeconfig, SHOP)
        yield surface


@pytest.fixture
def apps(running: Cluster, practice: httpx2.Client) -> Client:
    return client.AppsV1Api(admin_client(running.kubeconfig))


def test_the_ledger_holds_accepted_mutations_and_not_what_controllers_do(practice: httpx2.Client) -> None:
    mutations = practice.get("/mutations").json()
    assert [(entry["verb"], entry["path"]) for entry in mutations] == [
        ("create", "/api/v1/namespaces"),
        ("create", "/apis/apps/v1/namespaces/shop/deployments"),
    ]


def test_the_ledger_tells_who_changed_what(apps: Client, practice: httpx2.Client) -> None:
    apps.api_client.user_agent = "tocsin/test"
    apps.patch_namespaced_deployment_scale("checkout", "shop", {"spec": {"replicas": 4}})
    last = practice.get("/mutations").json()[-1]
    assert (last["verb"], last["path"]) == ("patch", f"{DEPLOYMENT_PATH}/scale")
    assert (last["body"], last["user_agent"]) == ({"spec": {"replicas": 4}}, "tocsin/test")


def test_a_dry_run_is_no_mutation(apps: Client, practice: httpx2.Client) -> None:
    apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 4}}, dry_run="All")
    assert len(practice.get("/mutations").json()) == 2


def test_a_refused_change_is_no_mutation(apps: Client, practice: httpx2.Client) -> None:
    with pytest.raises(ApiException):
        apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": -1}})
    assert len(practice.get("/mutations").json()) == 2


def test_a_fault_keeps_the_change_from_happening(apps: Client, practice: httpx2.Client) -> None:
    practice.post(
        "/fault", json={"path_regex": "/checkout$", "verb": "patch", "status": 500}
    ).raise_for_status()
    with pytest.raises(ApiException) as caught:
        apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 4}})
    assert caught.value.status == 500
    assert apps.read_namespaced_deployment("checkout", "shop").spec.replicas == 3


def test_a_fault_after_the_effect_loses_only_the_answer(apps: Client, practice: httpx2.Client) -> None:
    fault = {"path_regex": "/checkout$", "verb": "patch", "status": 504, "after_effect": True}
    practice.post("/fault", json=fault).raise_for_status()
    with pytest.raises(ApiException):
        apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 4}})
    assert apps.read_namespaced_deployment("checkout", "shop").spec.replicas == 4
    assert len(practice.get("/mutations").json()) == 3


def test_a_fault_ends_after_its_times(apps: Client, practice: httpx2.Client) -> None:
    fault = {"path_regex": "/checkout$", "verb": "get", "status": 500, "times": 2}
    practice.post("/fault", json=fault).raise_for_status()
    assert [_status_of_read(apps) for _ in range(3)] == [500, 500, 200]


def test_a_fault_without_a_status_is_only_slow(apps: Client, practice: httpx2.Client) -> None:
    practice.post("/fault", json={"path_regex": "/checkout$", "delay": 0.3}).raise_for_status()
    started = time.monotonic()
    apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 4}})
    assert time.monotonic() - started >= 0.3


def test_a_delay_after_the_effect_holds_back_only_the_answer(apps: Client, practice: httpx2.Client) -> None:
    fault = {"path_regex": "/checkout$", "verb": "patch", "delay": 0.5, "after_effect": True}
    practice.post("/fault", json=fault).raise_for_status()
    answered = apps.patch_namespaced_deployment("checkout", "shop", {"spec": {"replicas": 4}})
    waited = datetime.now(UTC) - datetime.fromisoformat(practice.get("/mutations").json()[-1]["at"])
    assert (answered.spec.replicas, waited >= timedelta(seconds=0.5)) == (4, True)


def test_a_reset_brings_the_newborn_cluster_back(apps: Client, practice: httpx2.Client) -> None:
    practice.post("/fault", json={"path_regex": ".", "status": 500, "times": 9}).raise_for_status()
    practice.post("/reset").raise_for_status()
    assert apps.list_deployment_for_all_namespaces().items == []
    assert practice.get("/mutations").json() == []


def test_an_unknown_token_is_unauthorized(running: Cluster) -> None:
    answer = httpx2.get(f"{running.url}/api/v1/pods", headers={"Authorization": "Bearer x"}, trust_env=False)
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


def test_without_a_token_the_admin_asks(running: Cluster) -> None:
    answer = httpx2.get(f"{running.url}/api/v1/nodes", trust_env=False)
    assert len(answer.json()["items"]) == 3


def test_a_body_that_is_no_json_is_of_an_unknown_format(running: Cluster) -> None:
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    answer = httpx2.post(f"{running.url}/api/v1/namespaces", content=b"k8s", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["reason"]) == (415, "UnsupportedMediaType")


def test_a_path_that_serves_nothing_is_not_found(running: Cluster) -> None:
    headers = {"Authorization": "Bearer admin-token"}
    answer = httpx2.get(f"{running.url}/apis/apps/v1/quilts", headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["kind"]) == (404, "Status")


def test_an_autoscaler_is_created_and_patched(apps: Client) -> None:
    scaling = client.AutoscalingV2Api(apps.api_client)
    scaling.create_namespaced_horizontal_pod_autoscaler("shop", _autoscaler(least=2, most=5))
    patch = {"spec": {"minReplicas": 4}}
    patched = scaling.patch_namespaced_horizontal_pod_autoscaler("checkout", "shop", patch)
    assert (patched.spec.min_replicas, patched.spec.max_replicas) == (4, 5)


def test_an_autoscaler_with_more_at_least_than_at_most_is_invalid(apps: Client) -> None:
    with pytest.raises(ApiException) as caught:
        client.AutoscalingV2Api(apps.api_client).create_namespaced_horizontal_pod_autoscaler(
            "shop", _autoscaler(least=6, most=5)
        )
    assert caught.value.status == 422


def test_an_evicted_pod_goes(apps: Client) -> None:
    core: Client = client.CoreV1Api(apps.api_client)
    name = core.list_namespaced_pod("shop").items[0].metadata.name
    eviction = client.V1Eviction(metadata=client.V1ObjectMeta(name=name, namespace="shop"))
    core.create_namespaced_pod_eviction(name, "shop", eviction)
    left = core.list_namespaced_pod("shop").items
    assert name not in [pod.metadata.name for pod in left if pod.metadata.deletion_timestamp is None]


def test_a_real_cluster_without_its_programs_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.delenv(ASSETS_VARIABLE, raising=False)
    with pytest.raises(FileNotFoundError, match=ASSETS_VARIABLE):
        start_cluster(tmp_path_factory.mktemp("none"), real=True)


def _status_of_read(apps: Client) -> int:
    try:
        apps.read_namespaced_deployment("checkout", "shop")
    except ApiException as error:
        return int(error.status or 0)
    return 200


def _autoscaler(least: int, most: int) -> client.V2HorizontalPodAutoscaler:
    target = client.V2CrossVersionObjectReference(api_version="apps/v1", kind="Deployment", name="checkout")
    return client.V2HorizontalPodAutoscaler(
        metadata=client.V1ObjectMeta(name="checkout"),
        spec=client.V2HorizontalPodAutoscalerSpec(
            scale_target_ref=target, min_replicas=least, max_replicas=most
        ),
    )
