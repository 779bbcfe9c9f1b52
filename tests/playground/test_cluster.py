"""One set of assertions on the cluster's API, held by the twin and by a real control plane alike."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

from tocsin.playground.cluster.control_plane import ASSETS_VARIABLE
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.cluster.workload import (
    BAD_IMAGE,
    GOOD_IMAGE,
    Workload,
    admin_client,
    deploy,
    set_image,
)

NEXT_IMAGE = "registry.example/checkout:1.4.3"
REVISION = "deployment.kubernetes.io/revision"
HASH_LABEL = "pod-template-hash"

Client = Any
"""An API of the official client, whose models call every field optional."""

T = TypeVar("T")


@pytest.fixture(
    scope="session",
    params=["twin", pytest.param("control plane", marks=pytest.mark.cluster)],
)
def cluster(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    try:
        running = start_cluster(tmp_path_factory.mktemp("cluster"), real=request.param == "control plane")
    except FileNotFoundError:
        pytest.skip(f"{ASSETS_VARIABLE} names no control plane")
    with running:
        yield running


@pytest.fixture
def apps(cluster: Cluster) -> Client:
    return client.AppsV1Api(admin_client(cluster.kubeconfig))


@pytest.fixture
def core(cluster: Cluster) -> Client:
    return client.CoreV1Api(admin_client(cluster.kubeconfig))


@pytest.fixture
def shop() -> Workload:
    """A workload in a namespace of its own, not deployed yet."""
    return Workload(namespace=f"shop-{uuid.uuid4().hex[:8]}", replicas=3, progress_deadline=2)


@pytest.fixture(scope="session")
def standing(cluster: Cluster) -> Workload:
    """A workload that stands ready for tests that leave it as it is."""
    workload = Workload(namespace="shop-standing")
    deploy(cluster.kubeconfig, workload)
    return workload


@pytest.fixture
def checkout(cluster: Cluster, shop: Workload) -> Workload:
    deploy(cluster.kubeconfig, shop)
    return shop


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


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier=web", ["a"]),
        ("tier!=web", ["b", "c"]),
        ("tier in (web, db)", ["a", "b"]),
        ("tier notin (web),owner", ["c"]),
        ("!tier", ["c"]),
    ],
)
def test_label_selectors_choose(core: Client, shop: Workload, selector: str, names: list[str]) -> None:
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=shop.namespace)))
    _config_map(core, shop.namespace, "a", {"tier": "web"})
    _config_map(core, shop.namespace, "b", {"tier": "db"})
    _config_map(core, shop.namespace, "c", {"owner": "pay"})
    found = core.list_namespaced_config_map(shop.namespace, label_selector=selector).items
    assert [item.metadata.name for item in found if item.metadata.name in ("a", "b", "c")] == names


def test_an_unknown_field_selector_is_refused(core: Client, standing: Workload) -> None:
    error = refusal(lambda: core.list_namespaced_pod(standing.namespace, field_selector="spec.colour=red"))
    assert error.status == 400


def test_lists_come_in_pages(core: Client, standing: Workload) -> None:
    first = core.list_namespaced_pod(standing.namespace, limit=2)
    rest = core.list_namespaced_pod(standing.namespace, limit=2, _continue=first.metadata._continue)
    assert (len(first.items), len(rest.items)) == (2, 1)
    assert not {pod.metadata.uid for pod in first.items} & {pod.metadata.uid for pod in rest.items}


def test_a_watch_tells_what_happens_after_a_version(core: Client, shop: Workload) -> None:
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=shop.namespace)))
    version = core.list_namespaced_config_map(shop.namespace, label_selector="seen").metadata.resource_version
    changes = threading.Thread(target=_live_a_short_life, args=(core, shop.namespace))
    changes.start()
    stream = watch.Watch().stream(  # type: ignore[no-untyped-call]
        core.list_namespaced_config_map,
        shop.namespace,
        label_selector="seen",
        resource_version=version,
        timeout_seconds=1,
    )
    seen = [event["type"] for event in stream]
    changes.join()
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


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
        item.metadata.annotations.get("kubernetes.io/change-cause") for item in _replica_sets(apps, checkout)
    }
    assert "release 1.4.3" in causes


def test_a_bad_image_leaves_the_old_pods_serving(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    assert eventually(lambda: _progressing(apps, checkout) == "ProgressDeadlineExceeded")
    status = apps.read_namespaced_deployment(checkout.name, checkout.namespace).status
    assert (status.available_replicas, status.updated_replicas, status.unavailable_replicas) == (3, 1, 1)


def test_a_json_patch_of_the_template_rolls_back(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    first = next(item for item in _replica_sets(apps, checkout) if item.metadata.annotations[REVISION] == "1")
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


def test_a_restart_annotation_replaces_every_pod(apps: Client, core: Client, checkout: Workload) -> None:
    before = _pod_names(core, checkout)
    annotations = {"kubectl.kubernetes.io/restartedAt": "2026-11-22T11:00:00Z"}
    patch = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    apps.patch_namespaced_deployment(checkout.name, checkout.namespace, patch)
    assert eventually(
        lambda: not before & _pod_names(core, checkout) and len(_pod_names(core, checkout)) == 3
    )


def test_a_deleted_pod_is_replaced(core: Client, checkout: Workload) -> None:
    victim = sorted(_pod_names(core, checkout))[0]
    core.delete_namespaced_pod(victim, checkout.namespace)
    assert eventually(
        lambda: victim not in _pod_names(core, checkout) and len(_pod_names(core, checkout)) == 3
    )


def test_deleting_another_incarnation_of_a_pod_conflicts(core: Client, standing: Workload) -> None:
    name = sorted(_pod_names(core, standing))[0]
    options = client.V1DeleteOptions(preconditions=client.V1Preconditions(uid=str(uuid.uuid4())))
    error = refusal(lambda: core.delete_namespaced_pod(name, standing.namespace, body=options))
    assert error.status == 409


def test_a_cordoned_node_gets_no_pods(apps: Client, core: Client, checkout: Workload) -> None:
    core.patch_node("node-1", {"spec": {"unschedulable": True}})
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 0}})
    assert eventually(lambda: not _pod_names(core, checkout))
    apps.patch_namespaced_deployment_scale(checkout.name, checkout.namespace, {"spec": {"replicas": 4}})
    assert eventually(lambda: len(_nodes(core, checkout)) == 4 and "" not in _nodes(core, checkout))
    core.patch_node("node-1", {"spec": {"unschedulable": None}})
    assert "node-1" not in _nodes(core, checkout)


def test_a_slow_image_takes_its_time(cluster: Cluster, apps: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, "registry.example/checkout:slow-1.4.4")
    assert apps.read_namespaced_deployment(checkout.name, checkout.namespace).status.unavailable_replicas == 1


def test_events_tell_of_a_crash_loop(cluster: Cluster, core: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    wanted = {"BackOff", "Unhealthy", "SuccessfulCreate", "Scheduled", "ScalingReplicaSet"}
    assert eventually(lambda: wanted <= _reasons(core, checkout, ""))


def test_events_are_selected_by_the_object_they_are_about(core: Client, standing: Workload) -> None:
    about = "involvedObject.kind=Deployment,involvedObject.name=checkout"
    assert eventually(lambda: _reasons(core, standing, about) == {"ScalingReplicaSet"})


def test_the_log_of_a_crash_loop_ends_with_its_error(
    cluster: Cluster, core: Client, checkout: Workload
) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    (crashing,) = eventually(lambda: _crashing(core, checkout))
    log = core.read_namespaced_pod_log(crashing, checkout.namespace, tail_lines=1, previous=True)
    assert log == "FATAL: could not parse config: unknown key 'pool_sise'\n"


def test_a_container_that_never_restarted_has_no_previous_log(core: Client, standing: Workload) -> None:
    name = sorted(_pod_names(core, standing))[0]
    error = refusal(lambda: core.read_namespaced_pod_log(name, standing.namespace, previous=True))
    assert error.status == 400
    assert "previous terminated container" in str(error.body)


def test_deleting_a_deployment_takes_its_pods_along(apps: Client, core: Client, checkout: Workload) -> None:
    apps.delete_namespaced_deployment(checkout.name, checkout.namespace)
    assert eventually(lambda: not _replica_sets(apps, checkout) and not _pod_names(core, checkout))


def test_the_bot_has_no_rights(cluster: Cluster, standing: Workload) -> None:
    apps = client.AppsV1Api(_bot_client(cluster.kubeconfig))
    error = refusal(lambda: apps.list_namespaced_deployment(standing.namespace))
    assert error.status == 403
    assert 'User \\"tocsin\\" cannot list resource \\"deployments\\"' in str(error.body)


def _bot_client(kubeconfig: Path) -> client.ApiClient:
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), context="bot", client_configuration=configuration)  # type: ignore[no-untyped-call]
    return client.ApiClient(configuration)


def _scale(apps: Client, workload: Workload) -> Any:
    return apps.read_namespaced_deployment_scale(workload.name, workload.namespace)


def _replica_sets(apps: Client, workload: Workload) -> list[Any]:
    return list(apps.list_namespaced_replica_set(workload.namespace).items)


def _revisions(apps: Client, workload: Workload) -> list[str]:
    return [item.metadata.annotations[REVISION] for item in _replica_sets(apps, workload)]


def _replicas_by_image(apps: Client, workload: Workload) -> dict[str, int]:
    sets = _replica_sets(apps, workload)
    return {item.spec.template.spec.containers[0].image: item.status.replicas for item in sets}


def _progressing(apps: Client, workload: Workload) -> str:
    status = apps.read_namespaced_deployment(workload.name, workload.namespace).status
    return "".join(found.reason for found in status.conditions or [] if found.type == "Progressing")


def _pod_names(core: Client, workload: Workload) -> set[str]:
    return {pod.metadata.name for pod in core.list_namespaced_pod(workload.namespace).items}


def _nodes(core: Client, workload: Workload) -> list[str]:
    return [pod.spec.node_name or "" for pod in core.list_namespaced_pod(workload.namespace).items]


def _crashing(core: Client, workload: Workload) -> list[str]:
    pods = core.list_namespaced_pod(workload.namespace).items
    return [
        pod.metadata.name
        for pod in pods
        if (pod.status.container_statuses or []) and not pod.status.container_statuses[0].ready
    ]


def _reasons(core: Client, workload: Workload, about: str) -> set[str]:
    events = core.list_namespaced_event(workload.namespace, field_selector=about).items
    return {event.reason for event in events}


def _roll_back(apps: Client, workload: Workload, template: object) -> None:
    version = apps.read_namespaced_deployment(workload.name, workload.namespace).metadata.resource_version
    patch = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/spec/template", "value": template},
    ]
    apps.patch_namespaced_deployment(workload.name, workload.namespace, patch)


def _config_map(core: Client, namespace: str, name: str, labels: dict[str, str]) -> None:
    metadata = client.V1ObjectMeta(name=name, labels=labels)
    core.create_namespaced_config_map(namespace, client.V1ConfigMap(metadata=metadata, data={}))


def _live_a_short_life(core: Client, namespace: str) -> None:
    _config_map(core, namespace, "brief", {"seen": "yes"})
    core.patch_namespaced_config_map("brief", namespace, {"data": {"key": "value"}})
    core.delete_namespaced_config_map("brief", namespace)
