"""k8s.scale where it refuses, warns, and is overtaken."""

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import AutoscalingV1Api, AutoscalingV2Api

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.client import cluster_of
from tocsin.actions.kubernetes.scale import ScaleDeployment, ScaleTo
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cluster.start import Cluster

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def scale(connections: Connections) -> ScaleDeployment:
    return ScaleDeployment(connections)


def to(name: str, replicas: int) -> ScaleTo:
    return ScaleTo.model_validate({**at(name), "replicas": replicas})


@pytest.fixture
def autoscaled(kube: Kube, cluster: Cluster) -> Iterator[str]:
    """A Deployment that an autoscaler keeps between 2 and 5 replicas."""
    # The control plane of the tests is older than autoscaling/v2, the twin has nothing else.
    scaling = AutoscalingV2Api(kube.api) if cluster.kind == "twin" else AutoscalingV1Api(kube.api)
    name = kube.deploy()
    target = {"kind": "Deployment", "name": name, "apiVersion": "apps/v1"}
    spec = {"scaleTargetRef": target, "minReplicas": 2, "maxReplicas": 5}
    body: Any = {"metadata": {"name": name}, "spec": spec}
    scaling.create_namespaced_horizontal_pod_autoscaler(NAMESPACE, body)
    yield name
    scaling.delete_namespaced_horizontal_pod_autoscaler(name, NAMESPACE)


def test_a_count_that_an_autoscaler_would_undo_is_refused(scale: ScaleDeployment, autoscaled: str) -> None:
    with pytest.raises(ActionFailed, match="between 2 and 5") as caught:
        scale.plan(to(autoscaled, 9))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_count_that_an_autoscaler_allows_is_warned_of(scale: ScaleDeployment, autoscaled: str) -> None:
    assert "may change the count again" in scale.plan(to(autoscaled, 4)).warnings[0]


def test_zero_replicas_are_warned_of(scale: ScaleDeployment, kube: Kube) -> None:
    name = kube.deploy()
    assert scale.plan(to(name, 0)).warnings == (f"0 replicas stops {name} completely",)


@pytest.mark.parametrize(
    ("mark", "owner"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux"),
        ({"labels": {"helm.toolkit.fluxcd.io/name": "shop"}}, "Flux"),
    ],
)
def test_a_gitops_owner_is_warned_of(
    scale: ScaleDeployment, kube: Kube, mark: dict[str, Any], owner: str
) -> None:
    assert scale.plan(to(kube.deploy(**mark), 3)).warnings[0].startswith(f"{owner} owns")


def test_a_namespace_that_the_connection_does_not_list_is_refused(scale: ScaleDeployment) -> None:
    want = to("coredns", 0).model_copy(update={"namespace": "kube-system"})
    with pytest.raises(ActionFailed, match="allows the namespaces shop") as caught:
        scale.plan(want)
    assert caught.value.kind is ErrorClass.INVALID


def test_the_plan_shows_the_counts(scale: ScaleDeployment, kube: Kube) -> None:
    name = kube.deploy()
    assert scale.plan(to(name, 5)).changes[0].model_dump() == {
        "resource": f"k8s:main/shop/deployment/{name}",
        "field": "replicas",
        "before": 2,
        "after": 5,
    }


def test_a_count_that_somebody_else_changed_is_left_alone(scale: ScaleDeployment, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    kube.patch(name, {"spec": {"replicas": 3}})
    with pytest.raises(ActionFailed, match="somebody else changed") as caught:
        scale.run(to(name, 5), plan, "step-1")
    assert (caught.value.kind, kube.spec(name)["replicas"]) == (ErrorClass.CONFLICT, 3)


def test_undo_leaves_a_count_alone_that_somebody_else_changed(scale: ScaleDeployment, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    scale.run(to(name, 5), plan, "step-1")
    kube.patch(name, {"spec": {"replicas": 4}})
    with pytest.raises(ActionFailed, match="left alone"):
        scale.undo(to(name, 5), plan)


def test_a_write_on_an_older_state_is_refused_by_the_cluster(connections: Connections, kube: Kube) -> None:
    want = Target.model_validate(at(kube.deploy()))
    cluster = cluster_of(connections, want)
    seen = cluster.scale(want)
    kube.patch(want.deployment, {"spec": {"replicas": 3}})
    assert not cluster.set_scale(want, seen, 9)


def test_verify_fails_when_somebody_else_set_another_count(scale: ScaleDeployment, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    scale.run(to(name, 5), plan, "step-1")
    kube.patch(name, {"spec": {"replicas": 3}})
    assert scale.verify(to(name, 5), plan).state == "failed"


@pytest.mark.parametrize("replicas", [-1, 1001, 2.5])
def test_a_count_out_of_bounds_is_no_input(replicas: float) -> None:
    with pytest.raises(ValueError, match="replicas"):
        ScaleTo.model_validate({**at("checkout"), "replicas": replicas})
