"""k8s.hpa_patch where it refuses, warns, is overtaken, and what follows from it."""

import pytest

from tests.actions.around import SCALED_OBJECT
from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.hpa import MoveBounds, PatchAutoscaler
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def patch(connections: Connections) -> PatchAutoscaler:
    return PatchAutoscaler(connections)


@pytest.fixture
def scaled(kube: Kube) -> str:
    """A Deployment of two that an autoscaler of the same name keeps between 2 and 5 replicas."""
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5)
    return name


def to(name: str, **bounds: int) -> MoveBounds:
    where = {"connection": "k8s:main", "namespace": NAMESPACE, "autoscaler": name}
    return MoveBounds.model_validate({**where, **bounds})


def test_the_replica_count_follows_the_bounds(patch: PatchAutoscaler, kube: Kube, scaled: str) -> None:
    want = to(scaled, min_replicas=4)
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    assert (settled(patch, want, plan).state, kube.replicas(scaled)) == ("ok", 4)


@pytest.mark.parametrize(
    ("bounds", "after"),
    [
        ({"min_replicas": 3}, (3, 5)),
        ({"max_replicas": 9}, (2, 9)),
        ({"min_replicas": 6, "max_replicas": 8}, (6, 8)),
    ],
)
def test_a_bound_that_is_not_given_stays(
    patch: PatchAutoscaler, kube: Kube, scaled: str, bounds: dict[str, int], after: tuple[int, int]
) -> None:
    want = to(scaled, **bounds)
    patch.run(want, patch.plan(want), "step-1")
    assert kube.around.bounds(scaled) == after


def test_no_bound_at_all_is_no_input() -> None:
    with pytest.raises(ValueError, match="give `min_replicas`, `max_replicas`, or both"):
        to("checkout")


def test_fewest_above_most_is_refused(patch: PatchAutoscaler, scaled: str) -> None:
    with pytest.raises(ActionFailed, match="keep 6 to 5 replicas") as caught:
        patch.plan(to(scaled, min_replicas=6))
    assert caught.value.kind is ErrorClass.INVALID


def test_what_keda_made_is_refused(patch: PatchAutoscaler, kube: Kube) -> None:
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5, ownerReferences=[SCALED_OBJECT])
    with pytest.raises(ActionFailed, match="for the ScaledObject orders") as caught:
        patch.plan(to(name, min_replicas=3))
    assert caught.value.kind is ErrorClass.INVALID


def test_the_plan_shows_both_bounds(patch: PatchAutoscaler, scaled: str) -> None:
    plan = patch.plan(to(scaled, max_replicas=9))
    assert plan.summary == f"Let shop/{scaled} keep 2 to 9 replicas instead of 2 to 5"
    assert [(one.field, one.before, one.after) for one in plan.changes] == [("min", 2, 2), ("max", 5, 9)]


def test_replicas_that_would_be_stopped_are_warned_of(
    patch: PatchAutoscaler, kube: Kube, scaled: str
) -> None:
    kube.around.until(lambda: patch.plan(to(scaled, min_replicas=1, max_replicas=1)).warnings)
    warnings = patch.plan(to(scaled, min_replicas=1, max_replicas=1)).warnings
    assert warnings == ("more than 1 replicas run now; it stops the rest",)


def test_a_gitops_owner_is_warned_of(patch: PatchAutoscaler, kube: Kube) -> None:
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5, labels={"kustomize.toolkit.fluxcd.io/name": "shop"})
    assert patch.plan(to(name, min_replicas=3)).warnings[0].startswith("Flux owns")


def test_bounds_that_somebody_else_moved_are_left_alone(
    patch: PatchAutoscaler, kube: Kube, scaled: str
) -> None:
    want = to(scaled, min_replicas=3)
    plan = patch.plan(want)
    kube.around.move_bounds(scaled, 2, 7)
    with pytest.raises(ActionFailed, match="2 to 7 replicas now, 2 to 5 expected") as caught:
        patch.run(want, plan, "step-1")
    assert (caught.value.kind, kube.around.bounds(scaled)) == (ErrorClass.CONFLICT, (2, 7))


def test_undo_leaves_bounds_alone_that_somebody_else_moved(
    patch: PatchAutoscaler, kube: Kube, scaled: str
) -> None:
    want = to(scaled, min_replicas=3)
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    kube.around.move_bounds(scaled, 2, 7)
    with pytest.raises(ActionFailed, match="left alone"):
        patch.undo(want, plan)


def test_verify_fails_when_somebody_else_moved_the_bounds(
    patch: PatchAutoscaler, kube: Kube, scaled: str
) -> None:
    want = to(scaled, min_replicas=3)
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    kube.around.move_bounds(scaled, 2, 7)
    assert patch.verify(want, plan).state == "failed"


def test_an_autoscaler_at_zero_is_off_and_so_verified(
    patch: PatchAutoscaler, kube: Kube, scaled: str
) -> None:
    kube.patch(scaled, {"spec": {"replicas": 0}})
    want = to(scaled, min_replicas=3)
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    assert settled(patch, want, plan).reason == "at 0 replicas it is off until somebody scales up"
