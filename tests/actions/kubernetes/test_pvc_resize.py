"""k8s.pvc_resize: what it refuses, and what it waits for."""

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.actions.kubernetes.claims import Grow, GrowClaim
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def grow(connections: Connections) -> GrowClaim:
    return GrowClaim(connections)


def to(claim: str, size: str) -> Grow:
    return Grow.model_validate(
        {"connection": "k8s:main", "namespace": NAMESPACE, "claim": claim, "size": size}
    )


def test_verify_waits_until_the_volume_has_grown(grow: GrowClaim, kube: Kube) -> None:
    want = to(kube.props.claim("1Gi", capacity="1Gi"), "2Gi")
    plan = grow.plan(want)
    grow.run(want, plan, "step-1")
    before = grow.verify(want, plan)
    kube.props.grow_volume(want.claim, "2Gi")
    assert (before.state, before.reason) == ("waiting", "the volume has 1Gi so far")
    assert grow.verify(want, plan).state == "ok"


def test_that_it_cannot_be_undone_is_warned_of(grow: GrowClaim, kube: Kube) -> None:
    assert "cannot be undone" in grow.plan(to(kube.props.claim("1Gi", "1Gi"), "2Gi")).warnings[0]


def test_a_volume_is_not_made_smaller(grow: GrowClaim, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="has 2Gi already, and no volume can be made smaller") as caught:
        grow.plan(to(kube.props.claim("2Gi", "2Gi"), "1Gi"))
    assert caught.value.kind is ErrorClass.INVALID


def test_the_same_size_in_other_words_changes_nothing(grow: GrowClaim, kube: Kube) -> None:
    want = to(kube.props.claim("1Gi", "1Gi"), "1024Mi")
    plan = grow.plan(want)
    assert (plan.noop, grow.run(want, plan, "step-1").changed) == (True, False)


def test_a_storage_class_that_cannot_is_refused(grow: GrowClaim, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="does not set allowVolumeExpansion") as caught:
        grow.plan(to(kube.props.claim("1Gi", "1Gi", expands=False), "2Gi"))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_size_that_somebody_else_asked_for_is_left_alone(grow: GrowClaim, kube: Kube) -> None:
    want = to(kube.props.claim("1Gi", "4Gi"), "2Gi")
    plan = grow.plan(want)
    other = to(want.claim, "3Gi")
    grow.run(other, grow.plan(other), "step-1")
    with pytest.raises(ActionFailed, match="somebody else changed") as caught:
        grow.run(want, plan, "step-2")
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.parametrize("size", ["0Gi", "-1Gi", "lots", "10", "1.5Gi"])
def test_a_size_that_is_none_is_no_input(size: str) -> None:
    with pytest.raises(ValueError, match="size"):
        to("data", size)
