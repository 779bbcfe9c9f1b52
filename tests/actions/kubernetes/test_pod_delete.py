"""k8s.pod_delete: which pods it takes, and what it waits for."""

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.removal import DeletePod, RemovePod
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def delete(connections: Connections) -> DeletePod:
    return DeletePod(connections)


def of(pod: str, **more: bool) -> RemovePod:
    return RemovePod.model_validate({"connection": "k8s:main", "namespace": NAMESPACE, "pod": pod, **more})


def first_pod(kube: Kube, name: str) -> str:
    return next(iter(kube.around.pods_of(name)))


@pytest.mark.parametrize("force", [False, True])
def test_another_pod_takes_its_place(delete: DeletePod, kube: Kube, force: bool) -> None:
    name = kube.deploy()
    want = of(first_pod(kube, name), force=force)
    plan = delete.plan(want)
    delete.run(want, plan, "step-1")
    assert settled(delete, want, plan).state == "ok"
    assert (want.pod in kube.around.pods_of(name), len(kube.around.pods_of(name))) == (False, 2)


def test_a_pod_of_no_controller_is_refused(delete: DeletePod, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="no controller that would make another") as caught:
        delete.plan(of(kube.around.bare_pod("node-1")))
    assert caught.value.kind is ErrorClass.INVALID


def test_another_pod_of_the_same_name_is_left_alone(delete: DeletePod, kube: Kube) -> None:
    name = kube.deploy()
    want = of(first_pod(kube, name))
    plan = delete.plan(want).model_copy(update={"uid": "another"})
    assert not delete.run(want, plan, "step-1").changed
    assert want.pod in kube.around.pods_of(name)


def test_a_pod_that_a_budget_holds_stays_and_may_be_tried_again(delete: DeletePod, kube: Kube) -> None:
    name = kube.deploy()
    kube.around.budget(name, 2)
    want = of(first_pod(kube, name))
    plan = delete.plan(want)
    with pytest.raises(ActionFailed, match="may not go yet") as caught:
        delete.run(want, plan, "step-1")
    assert (caught.value.kind, want.pod in kube.around.pods_of(name)) == (ErrorClass.THROTTLED, True)


def test_force_asks_no_budget_and_says_what_it_destroys(delete: DeletePod, kube: Kube) -> None:
    name = kube.deploy()
    kube.around.budget(name, 2)
    want = of(first_pod(kube, name), force=True)
    plan = delete.plan(want)
    assert (plan.summary[:7], plan.warnings[0][:11]) == ("DESTROY", "DESTRUCTIVE")
    assert delete.run(want, plan, "step-1").changed


@pytest.mark.cluster
@pytest.mark.usefixtures("real")
def test_force_on_a_statefulset_warns_of_two_pods_of_one_identity(delete: DeletePod, kube: Kube) -> None:
    name = kube.around.stateful()
    assert "split brain" in delete.plan(of(f"{name}-0", force=True)).warnings[1]


def test_the_only_ready_pod_is_warned_of(delete: DeletePod, kube: Kube) -> None:
    name = kube.deploy(spec={"replicas": 1})
    assert delete.plan(of(first_pod(kube, name))).warnings == (
        "no other pod of its ReplicaSet is ready meanwhile",
    )


def test_the_right_is_the_one_of_the_way_it_takes() -> None:
    action = DeletePod(Connections({}))
    ways = [action.permissions(of("checkout", force=force))[-1] for force in (False, True)]
    assert [(one.verb, one.resource) for one in ways] == [
        ("create", "core/pods/eviction in shop"),
        ("delete", "core/pods in shop"),
    ]
