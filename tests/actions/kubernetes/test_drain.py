"""k8s.drain: what leaves a node, what stays, what is refused, and what a disruption budget holds."""

from collections.abc import Iterator

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.drain import Drain, DrainNode
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)

EMPTY_DIR = {"name": "scratch", "emptyDir": {}}


@pytest.fixture
def drain(whole: Connections) -> DrainNode:
    return DrainNode(whole)


@pytest.fixture
def apart(kube: Kube) -> tuple[str, str]:
    return kube.deploy_apart()


@pytest.fixture
def checkout(apart: tuple[str, str]) -> str:
    """A Deployment of two pods on two nodes, and no other pod in the cluster."""
    return apart[0]


@pytest.fixture
def node(apart: tuple[str, str]) -> str:
    """A node on which one pod of ``checkout`` runs, and no other."""
    return apart[1]


@pytest.fixture
def control_plane(kube: Kube, node: str) -> Iterator[str]:
    """A node that says it is part of the control plane."""
    mark = "node-role.kubernetes.io/control-plane"
    kube.core.patch_node(node, {"metadata": {"labels": {mark: ""}}})
    yield node
    kube.core.patch_node(node, {"metadata": {"labels": {mark: None}}})


def of(node: str, **flags: bool) -> Drain:
    return Drain.model_validate({"connection": "k8s:whole", "node": node, **flags})


def refused(action: DrainNode, want: Drain) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        action.plan(want)
    return caught.value


def held(action: DrainNode, want: Drain) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        action.run(want, action.plan(want), "step-1")
    return caught.value


def test_the_plan_lists_the_pods(drain: DrainNode, kube: Kube, checkout: str, node: str) -> None:
    [pod] = kube.around.pods_on(node)
    plan = drain.plan(of(node))
    assert plan.pods == (f"{NAMESPACE}/{pod}",)
    assert plan.summary == f"Drain {node}: evict 1 pod, leave 0 there"
    assert [(one.resource, one.field, one.before, one.after) for one in plan.changes] == [
        (f"k8s:whole/node/{node}", "schedulable", True, False),
        (f"k8s:whole/{NAMESPACE}/pod/{pod}", "node", node, None),
    ]


def test_the_pods_come_back_on_other_nodes(drain: DrainNode, kube: Kube, checkout: str, node: str) -> None:
    plan = drain.plan(of(node))
    drain.run(of(node), plan, "step-1")
    assert settled(drain, of(node), plan).state == "ok"
    kube.settle(checkout)
    assert node not in kube.around.pods_of(checkout).values()


def test_the_pods_of_a_daemon_set_stay(drain: DrainNode, kube: Kube, node: str) -> None:
    agent = kube.around.daemon()
    before = kube.around.pods_of(agent)
    plan = drain.plan(of(node))
    drain.run(of(node), plan, "step-1")
    assert (settled(drain, of(node), plan).state, kube.around.pods_of(agent)) == ("ok", before)


def test_a_static_pod_stays(drain: DrainNode, kube: Kube, node: str) -> None:
    static = kube.around.bare_pod(node, annotations={"kubernetes.io/config.mirror": "digest"})
    plan = drain.plan(of(node))
    drain.run(of(node), plan, "step-1")
    assert (settled(drain, of(node), plan).state, list(kube.around.pods_on(node))) == ("ok", [static])


def test_a_pod_that_nothing_puts_back_is_refused(drain: DrainNode, kube: Kube, node: str) -> None:
    bare = kube.around.bare_pod(node)
    error = refused(drain, of(node))
    assert f"no controller puts back {NAMESPACE}/{bare}" in str(error)
    assert (error.kind, kube.around.schedulable(node)) == (ErrorClass.INVALID, True)


def test_with_force_it_is_evicted_and_warned_of(drain: DrainNode, kube: Kube, node: str) -> None:
    bare = kube.around.bare_pod(node)
    plan = drain.plan(of(node, force=True))
    drain.run(of(node, force=True), plan, "step-1")
    assert f"no controller puts back {NAMESPACE}/{bare}" in plan.warnings
    assert settled(drain, of(node, force=True), plan).state == "ok"


def test_a_finished_pod_needs_no_force(drain: DrainNode, kube: Kube, node: str) -> None:
    done = kube.around.bare_pod(node)
    kube.core.patch_namespaced_pod_status(done, NAMESPACE, {"status": {"phase": "Succeeded"}})
    assert f"{NAMESPACE}/{done}" in drain.plan(of(node)).pods


def test_a_pod_whose_data_would_be_lost_is_refused(drain: DrainNode, kube: Kube, checkout: str) -> None:
    kube.patch(checkout, {"spec": {"template": {"spec": {"volumes": [EMPTY_DIR]}}}})
    kube.settle(checkout)
    node = next(iter(kube.around.pods_of(checkout).values()))
    assert "emptyDir volumes go with" in str(refused(drain, of(node)))
    plan = drain.plan(of(node, delete_emptydir_data=True))
    assert "emptyDir volumes go with" in plan.warnings[0]


def test_a_disruption_budget_makes_it_try_again_later(
    drain: DrainNode, kube: Kube, checkout: str, node: str
) -> None:
    kube.around.budget(checkout, least=2)
    error = held(drain, of(node))
    assert (error.kind, error.retryable) == (ErrorClass.THROTTLED, True)
    assert f"The disruption budget {checkout} needs 2 healthy pods and has 2 currently" in str(error)


def test_what_a_budget_does_not_hold_leaves_all_the_same(
    drain: DrainNode, kube: Kube, checkout: str, node: str
) -> None:
    bare = kube.around.bare_pod(node)
    kube.around.budget(checkout, least=2)
    held(drain, of(node, force=True))
    kube.around.until(lambda: bare not in kube.around.pods_on(node))
    assert (len(kube.around.pods_on(node)), kube.around.schedulable(node)) == (1, False)


def test_verify_waits_for_what_a_budget_holds(drain: DrainNode, kube: Kube, checkout: str, node: str) -> None:
    kube.around.budget(checkout, least=2)
    plan = drain.plan(of(node))
    held(drain, of(node))
    verdict = drain.verify(of(node), plan)
    assert (verdict.state, verdict.reason) == ("waiting", f"still on {node}: {plan.pods[0]}")


def test_another_try_goes_on_when_the_budget_allows_it(
    drain: DrainNode, kube: Kube, checkout: str, node: str
) -> None:
    kube.around.budget(checkout, least=2)
    plan = drain.plan(of(node))
    held(drain, of(node))
    kube.patch(checkout, {"spec": {"replicas": 3}})
    kube.around.wait_for_room(checkout)
    done = drain.run(of(node), plan, "step-1")
    assert (done.pods, settled(drain, of(node), plan).state) == (plan.pods, "ok")


def test_a_pod_that_arrived_after_the_plan_is_not_destroyed(drain: DrainNode, kube: Kube, node: str) -> None:
    plan = drain.plan(of(node))
    bare = kube.around.bare_pod(node)
    with pytest.raises(ActionFailed, match=f"{NAMESPACE}/{bare}.*stays cordoned") as caught:
        drain.run(of(node), plan, "step-1")
    assert (caught.value.kind, len(kube.around.pods_on(node))) == (ErrorClass.INVALID, 2)


def test_undo_lets_the_node_take_pods_after_half_a_drain(
    drain: DrainNode, kube: Kube, checkout: str, node: str
) -> None:
    kube.around.budget(checkout, least=2)
    plan = drain.plan(of(node))
    held(drain, of(node))
    drain.undo(of(node), plan)
    assert kube.around.schedulable(node)


def test_undo_leaves_a_node_cordoned_that_was(drain: DrainNode, kube: Kube, node: str) -> None:
    kube.around.cordon(node)
    plan = drain.plan(of(node))
    drain.run(of(node), plan, "step-1")
    drain.undo(of(node), plan)
    assert not kube.around.schedulable(node)


def test_verify_fails_when_somebody_uncordoned_it(drain: DrainNode, kube: Kube, node: str) -> None:
    plan = drain.plan(of(node))
    drain.run(of(node), plan, "step-1")
    kube.around.uncordon(node)
    assert drain.verify(of(node), plan).state == "failed"


def test_a_node_of_the_control_plane_is_warned_of(drain: DrainNode, control_plane: str) -> None:
    assert f"{control_plane} is part of the control plane" in drain.plan(of(control_plane)).warnings
