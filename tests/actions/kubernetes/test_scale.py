"""k8s.scale where it refuses, warns, and is overtaken."""

from typing import Any

import pytest

from tests.actions.around import SCALED_OBJECT
from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.client import cluster_of
from tocsin.actions.kubernetes.scale import ScaleTo, ScaleWorkload
from tocsin.actions.kubernetes.targets import Scalable
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def scale(connections: Connections) -> ScaleWorkload:
    return ScaleWorkload(connections)


def to(name: str, replicas: int) -> ScaleTo:
    return ScaleTo.model_validate({**at(name), "replicas": replicas})


@pytest.fixture
def autoscaled(kube: Kube) -> str:
    """A Deployment of two that an autoscaler keeps between 2 and 5 replicas."""
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5)
    return name


@pytest.fixture
def off(kube: Kube) -> str:
    """A Deployment of none, at which its autoscaler from 2 to 5 is off."""
    name = kube.deploy(spec={"replicas": 0})
    kube.around.autoscale(name, 2, 5)
    return name


@pytest.mark.parametrize("replicas", [1, 4, 9])
def test_a_count_that_an_autoscaler_sets_is_refused(
    scale: ScaleWorkload, autoscaled: str, replicas: int
) -> None:
    with pytest.raises(ActionFailed, match=r"between 2 and 5.*k8s\.hpa_patch") as caught:
        scale.plan(to(autoscaled, replicas))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.parametrize("replicas", [0, 4])
def test_a_count_that_keda_sets_is_refused(scale: ScaleWorkload, kube: Kube, replicas: int) -> None:
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5, ownerReferences=[SCALED_OBJECT])
    with pytest.raises(ActionFailed, match="the KEDA ScaledObject orders sets the replica count") as caught:
        scale.plan(to(name, replicas))
    assert caught.value.kind is ErrorClass.INVALID


def test_zero_switches_an_autoscaler_off_and_is_warned_of(scale: ScaleWorkload, autoscaled: str) -> None:
    assert scale.plan(to(autoscaled, 0)).warnings == (
        f"0 replicas stops {autoscaled} completely",
        f"the autoscaler {autoscaled} stops scaling it until the count is above 0",
    )


def test_from_zero_a_count_within_the_bounds_switches_the_autoscaler_on(
    scale: ScaleWorkload, off: str
) -> None:
    assert scale.plan(to(off, 3)).warnings == (f"the autoscaler {off} is off at 0 and takes over",)


def test_from_zero_a_count_out_of_the_bounds_is_refused(scale: ScaleWorkload, off: str) -> None:
    with pytest.raises(ActionFailed, match="would undo 9"):
        scale.plan(to(off, 9))


def test_the_autoscaler_of_another_deployment_is_no_hindrance(
    scale: ScaleWorkload, autoscaled: str, kube: Kube
) -> None:
    assert scale.plan(to(kube.deploy(), 9)).warnings == ()


def test_zero_replicas_are_warned_of(scale: ScaleWorkload, kube: Kube) -> None:
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
    scale: ScaleWorkload, kube: Kube, mark: dict[str, Any], owner: str
) -> None:
    assert scale.plan(to(kube.deploy(**mark), 3)).warnings[0].startswith(f"{owner} owns")


def test_a_namespace_that_the_connection_does_not_list_is_refused(scale: ScaleWorkload) -> None:
    want = to("coredns", 0).model_copy(update={"namespace": "kube-system"})
    with pytest.raises(ActionFailed, match="allows the namespaces shop") as caught:
        scale.plan(want)
    assert caught.value.kind is ErrorClass.INVALID


def test_the_plan_shows_the_counts(scale: ScaleWorkload, kube: Kube) -> None:
    name = kube.deploy()
    assert scale.plan(to(name, 5)).changes[0].model_dump() == {
        "resource": f"k8s:main/shop/deployment/{name}",
        "field": "replicas",
        "before": 2,
        "after": 5,
    }


def test_a_count_that_somebody_else_changed_is_left_alone(scale: ScaleWorkload, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    kube.patch(name, {"spec": {"replicas": 3}})
    with pytest.raises(ActionFailed, match="somebody else changed") as caught:
        scale.run(to(name, 5), plan, "step-1")
    assert (caught.value.kind, kube.spec(name)["replicas"]) == (ErrorClass.CONFLICT, 3)


def test_undo_leaves_a_count_alone_that_somebody_else_changed(scale: ScaleWorkload, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    scale.run(to(name, 5), plan, "step-1")
    kube.patch(name, {"spec": {"replicas": 4}})
    with pytest.raises(ActionFailed, match="left alone"):
        scale.undo(to(name, 5), plan)


def test_a_write_on_an_older_state_is_refused_by_the_cluster(connections: Connections, kube: Kube) -> None:
    want = Scalable.model_validate(at(kube.deploy()))
    cluster = cluster_of(connections, want)
    seen = cluster.scale(want)
    kube.patch(want.name, {"spec": {"replicas": 3}})
    assert not cluster.set_scale(want, seen, 9)


def test_verify_fails_when_somebody_else_set_another_count(scale: ScaleWorkload, kube: Kube) -> None:
    name = kube.deploy()
    plan = scale.plan(to(name, 5))
    scale.run(to(name, 5), plan, "step-1")
    kube.patch(name, {"spec": {"replicas": 3}})
    assert scale.verify(to(name, 5), plan).state == "failed"


@pytest.mark.parametrize("replicas", [-1, 1001, 2.5])
def test_a_count_out_of_bounds_is_no_input(replicas: float) -> None:
    with pytest.raises(ValueError, match="replicas"):
        ScaleTo.model_validate({**at("checkout"), "replicas": replicas})
