"""StatefulSets, DaemonSets and ReplicaSets, scaled, restarted and rolled back as Deployments are."""

from typing import Any

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import of, settled
from tocsin.actions.kubernetes.diagnose import ListEvents, ReadLogs, ShowEvents, ShowLogs
from tocsin.actions.kubernetes.history import ShowHistory
from tocsin.actions.kubernetes.restart import RestartRollout
from tocsin.actions.kubernetes.rollout import RollBack, UndoRollout
from tocsin.actions.kubernetes.scale import ScaleTo, ScaleWorkload
from tocsin.actions.kubernetes.status import ShowRollout
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]

CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.fixture
def store(kube: Kube) -> str:
    """A StatefulSet of two, with the revisions 1 and 2."""
    name = kube.around.stateful()
    kube.around.ship("statefulsets", name, "registry.example/store:1.1")
    return name


@pytest.fixture
def agent(kube: Kube) -> str:
    """A DaemonSet on three nodes, with the revisions 1 and 2."""
    name = kube.around.daemon()
    kube.around.ship("daemonsets", name, "registry.example/agent:1.1")
    return name


def to(kind: str, name: str, replicas: int) -> ScaleTo:
    return ScaleTo.model_validate({**of(kind, name), "replicas": replicas})


@pytest.mark.parametrize("kind", ["statefulset", "replicaset"])
def test_it_is_scaled_and_put_back(connections: Connections, kube: Kube, kind: str) -> None:
    name = kube.around.stateful() if kind == "statefulset" else kube.around.replica_set()
    scale, want = ScaleWorkload(connections), to(kind, name, 3)
    plan = scale.plan(want)
    scale.run(want, plan, "step-1")
    state = settled(scale, want, plan)
    scale.undo(want, plan)
    left = kube.around.read("apps", f"{kind}s", name)["spec"]["replicas"]
    assert (plan.before, state.state, left) == (2, "ok", 2)


def test_the_lock_names_the_kind() -> None:
    assert to("statefulset", "store", 3).resource == "k8s:main/shop/statefulset/store"


def test_scaling_down_tells_of_the_volume_claims_that_stay(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful(volumeClaimTemplates=[CLAIM], replicas=0)
    kube.around.patch("apps", "statefulsets", name, {"spec": {"replicas": 3}})
    warnings = ScaleWorkload(connections).plan(to("statefulset", name, 1)).warnings
    assert warnings == (
        f"the volume claims data-{name}-… of the pods 1 to 2 stay, with their data and their cost",
    )


def test_scaling_up_tells_of_no_volume_claim(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful(volumeClaimTemplates=[CLAIM], replicas=0)
    assert ScaleWorkload(connections).plan(to("statefulset", name, 1)).warnings == ()


def test_a_count_that_a_deployment_sets_is_refused(connections: Connections, kube: Kube) -> None:
    deployment = kube.deploy()
    owned = kube.apps.list_namespaced_replica_set("shop", label_selector=f"app={deployment}").items[0]
    name = str(owned.metadata and owned.metadata.name)
    with pytest.raises(ActionFailed, match=f"the Deployment {deployment} sets the replica count") as caught:
        ScaleWorkload(connections).plan(to("replicaset", name, 5))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.parametrize("kind", ["statefulset", "replicaset"])
def test_a_count_that_an_autoscaler_sets_is_refused(connections: Connections, kube: Kube, kind: str) -> None:
    name = kube.around.stateful() if kind == "statefulset" else kube.around.replica_set()
    kube.around.autoscale(name, 2, 5, kind={"statefulset": "StatefulSet"}.get(kind, "ReplicaSet"))
    with pytest.raises(ActionFailed, match="between 2 and 5"):
        ScaleWorkload(connections).plan(to(kind, name, 4))


def test_the_autoscaler_of_another_kind_is_no_hindrance(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful()
    kube.around.autoscale(name, 2, 5)
    assert not ScaleWorkload(connections).plan(to("statefulset", name, 4)).warnings


@pytest.mark.parametrize(("kind", "replicas"), [("statefulset", 2), ("daemonset", 3)])
def test_every_pod_is_replaced_by_a_restart(
    connections: Connections, kube: Kube, kind: str, replicas: int
) -> None:
    name = kube.around.stateful() if kind == "statefulset" else kube.around.daemon()
    before = {str(pod) for pod in kube.around.uids_of(name)}
    restart, want = RestartRollout(connections), Target.model_validate(of(kind, name))
    plan = restart.plan(want)
    done = restart.run(want, plan, "step-1")
    assert (done.replicas, settled(restart, want, plan).state) == (replicas, "ok")
    assert not before & set(kube.around.uids_of(name))


def test_pods_that_only_deletion_replaces_are_not_restarted(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful(updateStrategy={"type": "OnDelete"})
    with pytest.raises(ActionFailed, match=r"OnDelete.*k8s\.pod_delete") as caught:
        RestartRollout(connections).plan(Target.model_validate(of("statefulset", name)))
    assert caught.value.kind is ErrorClass.INVALID


def test_the_only_replica_of_a_statefulset_is_warned_of(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful(replicas=1)
    plan = RestartRollout(connections).plan(Target.model_validate(of("statefulset", name)))
    assert "every pod may be stopped" in plan.warnings[0]


def status(connections: Connections, kind: str, name: str) -> Any:
    action, want = ShowRollout(connections), Target.model_validate(of(kind, name))
    return action.run(want, action.plan(want), "step-1")


def test_a_finished_rollout_of_a_statefulset_is_complete(connections: Connections, store: str) -> None:
    found = status(connections, "statefulset", store)
    assert (found.state, found.revision, found.image) == ("complete", 2, "registry.example/store:1.1")


def test_a_finished_rollout_of_a_daemonset_is_complete(connections: Connections, agent: str) -> None:
    found = status(connections, "daemonset", agent)
    assert (found.state, found.revision, found.replicas) == ("complete", 2, 3)


def test_a_pod_that_never_gets_ready_holds_a_rollout_up(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful()
    containers = [{"name": "app", "image": "registry.example/store:bad"}]
    kube.around.patch(
        "apps", "statefulsets", name, {"spec": {"template": {"spec": {"containers": containers}}}}
    )
    assert status(connections, "statefulset", name).state == "progressing"


def test_pods_below_the_partition_keep_the_old_template(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful(updateStrategy={"rollingUpdate": {"partition": 1}})
    containers = [{"name": "app", "image": "registry.example/store:1.1"}]
    kube.around.patch(
        "apps", "statefulsets", name, {"spec": {"template": {"spec": {"containers": containers}}}}
    )
    kube.around.until(lambda: status(connections, "statefulset", name).state == "complete")
    assert status(connections, "statefulset", name).message == (
        "1 of 2 replicas are updated and available; those below number 1 keep the old template"
    )


@pytest.mark.parametrize("kind", ["statefulset", "daemonset"])
def test_its_revisions_are_listed(
    connections: Connections, request: pytest.FixtureRequest, kind: str
) -> None:
    name = request.getfixturevalue({"statefulset": "store", "daemonset": "agent"}[kind])
    action, want = ShowHistory(connections), Target.model_validate(of(kind, name))
    found = action.run(want, action.plan(want), "step-1")
    assert [(one.revision, one.images["app"].rpartition(":")[2]) for one in found.revisions] == [
        (2, "1.1"),
        (1, "1.0"),
    ]
    assert (found.revision, found.previous) == (2, 1)


@pytest.mark.parametrize("kind", ["statefulset", "daemonset"])
def test_it_is_rolled_back_and_forth(
    connections: Connections, kube: Kube, request: pytest.FixtureRequest, kind: str
) -> None:
    name = request.getfixturevalue({"statefulset": "store", "daemonset": "agent"}[kind])
    undo, want = UndoRollout(connections), RollBack.model_validate(of(kind, name))
    plan = undo.plan(want)
    undo.run(want, plan, "step-1")
    assert (settled(undo, want, plan).state, kube.around.image(f"{kind}s", name)[-3:]) == ("ok", "1.0")
    undo.undo(want, plan)
    assert kube.around.image(f"{kind}s", name)[-3:] == "1.1"


def test_a_newer_deploy_of_a_statefulset_is_not_rolled_over(
    connections: Connections, kube: Kube, store: str
) -> None:
    undo, want = UndoRollout(connections), RollBack.model_validate(of("statefulset", store))
    plan = undo.plan(want)
    kube.around.ship("statefulsets", store, "registry.example/store:1.2")
    with pytest.raises(ActionFailed, match="it runs revision 3") as caught:
        undo.run(want, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_the_logs_of_a_statefulset_are_read(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful()
    action, want = ShowLogs(connections), ReadLogs.model_validate(of("statefulset", name))
    found = action.run(want, action.plan(want), "step-1")
    assert sorted(pod.name for pod in found.pods) == [f"{name}-0", f"{name}-1"]


def test_the_events_of_a_statefulset_are_listed(connections: Connections, kube: Kube) -> None:
    name = kube.around.stateful()
    action, want = ShowEvents(connections), ListEvents.model_validate(of("statefulset", name))
    found = action.run(want, action.plan(want), "step-1")
    assert f"StatefulSet/{name}" in {one.object for one in found.events}


def test_two_kinds_at_once_are_no_input() -> None:
    with pytest.raises(ValueError, match="give only one of"):
        Target.model_validate({**of("deployment", "checkout"), "statefulset": "store"})


def test_no_kind_at_all_is_no_input() -> None:
    with pytest.raises(ValueError, match="needs one of `deployment`, `statefulset`, `daemonset`"):
        Target.model_validate({"connection": "k8s:main", "namespace": "shop"})
