"""k8s.cordon and k8s.uncordon where they refuse, warn, and are overtaken."""

import pytest

from tests.actions.kube import Kube
from tocsin.actions.kubernetes.cordon import Cordon, Uncordon
from tocsin.actions.kubernetes.targets import NodeTarget
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)

NODE = NodeTarget(connection="k8s:whole", node="node-1")


@pytest.fixture
def cordon(whole: Connections) -> Cordon:
    return Cordon(whole)


@pytest.fixture
def uncordon(whole: Connections) -> Uncordon:
    return Uncordon(whole)


def test_a_connection_of_some_namespaces_touches_no_node(connections: Connections) -> None:
    want = NODE.model_copy(update={"connection": "k8s:main"})
    with pytest.raises(ActionFailed, match="allows only the namespaces shop") as caught:
        Cordon(connections).plan(want)
    assert caught.value.kind is ErrorClass.INVALID


def test_the_plan_shows_the_change(cordon: Cordon) -> None:
    assert [one.model_dump() for one in cordon.plan(NODE).changes] == [
        {"resource": "k8s:whole/node/node-1", "field": "schedulable", "before": True, "after": False}
    ]


def test_a_cordoned_node_needs_no_cordon(cordon: Cordon, kube: Kube) -> None:
    kube.around.cordon("node-1")
    plan = cordon.plan(NODE)
    assert (plan.noop, cordon.run(NODE, plan, "step-1").changed) == (True, False)


def test_undo_leaves_a_node_cordoned_that_was(cordon: Cordon, kube: Kube) -> None:
    kube.around.cordon("node-1")
    plan = cordon.plan(NODE)
    cordon.run(NODE, plan, "step-1")
    cordon.undo(NODE, plan)
    assert not kube.around.schedulable("node-1")


def test_undo_leaves_a_node_open_that_was(uncordon: Uncordon, kube: Kube) -> None:
    plan = uncordon.plan(NODE)
    uncordon.run(NODE, plan, "step-1")
    uncordon.undo(NODE, plan)
    assert kube.around.schedulable("node-1")


def test_the_last_node_that_takes_pods_is_warned_of(cordon: Cordon, kube: Kube) -> None:
    kube.around.until(
        lambda: cordon.plan(NODE).warnings == ()
    )  # a node's taints go a moment after it is ready
    kube.around.cordon("node-2")
    kube.around.cordon("node-3")
    assert cordon.plan(NODE).warnings == (
        "no other node is ready to take pods: what would run on node-1 waits",
    )


def test_another_machine_of_the_same_name_is_left_alone(cordon: Cordon, kube: Kube) -> None:
    plan = cordon.plan(NODE).model_copy(update={"uid": "another"})
    with pytest.raises(ActionFailed, match="another machine") as caught:
        cordon.run(NODE, plan, "step-1")
    assert (caught.value.kind, kube.around.schedulable("node-1")) == (ErrorClass.CONFLICT, True)


def test_verify_fails_when_somebody_uncordoned_it(cordon: Cordon, kube: Kube) -> None:
    plan = cordon.plan(NODE)
    cordon.run(NODE, plan, "step-1")
    kube.around.uncordon("node-1")
    assert cordon.verify(NODE, plan).state == "failed"


@pytest.mark.parametrize("name", ["../pods", "a/b", "Node", "", "a?x"])
def test_a_name_that_is_no_name_is_no_input(name: str) -> None:
    with pytest.raises(ValueError, match="node"):
        NodeTarget(connection="k8s:whole", node=name)
