"""k8s.taint where it refuses, warns and is overtaken."""

from typing import Any

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.taint import SetTaint, TaintNode
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def taint(whole: Connections) -> TaintNode:
    return TaintNode(whole)


def of(**given: Any) -> SetTaint:
    usual = {"connection": "k8s:whole", "node": "node-1", "key": "acme.example/suspect", "value": "disk"}
    return SetTaint.model_validate({**usual, **given})


def put(taint: TaintNode, want: SetTaint) -> None:
    taint.run(want, taint.plan(want), "step-1")


def test_two_effects_of_one_key_stand_beside_each_other(taint: TaintNode, kube: Kube) -> None:
    put(taint, of())
    put(taint, of(effect="PreferNoSchedule"))
    assert sorted(kube.props.taints("node-1")) == [
        "acme.example/suspect=disk:NoSchedule",
        "acme.example/suspect=disk:PreferNoSchedule",
    ]


def test_it_is_taken_off_and_put_back(taint: TaintNode, kube: Kube) -> None:
    put(taint, of())
    off = of(present=False)
    plan = taint.plan(off)
    taint.run(off, plan, "step-2")
    assert (taint.verify(off, plan).state, kube.props.taints("node-1")) == ("ok", [])
    taint.undo(off, plan)
    assert kube.props.taints("node-1") == ["acme.example/suspect=disk:NoSchedule"]


def test_a_taint_of_the_cluster_itself_is_refused(taint: TaintNode) -> None:
    with pytest.raises(ActionFailed, match="is the cluster's own") as caught:
        taint.plan(of(key="node.kubernetes.io/unreachable", present=False))
    assert caught.value.kind is ErrorClass.INVALID


def test_pods_that_leave_are_told(taint: TaintNode, kube: Kube) -> None:
    pod = kube.around.bare_pod("node-1")
    (warning,) = [one for one in taint.plan(of(effect="NoExecute")).warnings if "leave at once" in one]
    assert f"shop/{pod}" in warning


def test_verify_waits_until_they_have_left(taint: TaintNode, kube: Kube) -> None:
    pod, want = kube.around.bare_pod("node-1"), of(effect="NoExecute")
    plan = taint.plan(want)
    taint.run(want, plan, "step-1")
    assert settled(taint, want, plan).state == "ok"
    assert pod not in kube.around.pods_on("node-1")


def test_pods_that_bear_it_stay(taint: TaintNode, kube: Kube) -> None:
    name = kube.around.daemon(tolerations=[{"key": "acme.example/suspect", "operator": "Exists"}])
    told = " ".join(taint.plan(of(effect="NoExecute")).warnings)
    assert name not in told


def test_a_taint_that_somebody_else_changed_is_left_alone(taint: TaintNode) -> None:
    want = of()
    plan = taint.plan(want)
    put(taint, of(value="network"))
    with pytest.raises(ActionFailed, match="network now") as caught:
        taint.run(want, plan, "step-2")
    assert caught.value.kind is ErrorClass.CONFLICT
