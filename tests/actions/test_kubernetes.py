"""The Kubernetes actions where they refuse, warn, are overtaken, and look closely."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import AutoscalingV1Api, AutoscalingV2Api, RbacAuthorizationV1Api

from tests.actions.cases import CASES, Case, Worlds
from tests.actions.kube import CANARY, NAMESPACE, Kube
from tocsin.actions.base import Verdict
from tocsin.actions.kubernetes.client import Target, cluster_of
from tocsin.actions.kubernetes.diagnose import ListEvents, Logs, ReadLogs, SeenEvents, ShowEvents, ShowLogs
from tocsin.actions.kubernetes.rollout import NOT_ROLLED_BACK, RollBack, UndoRollout
from tocsin.actions.kubernetes.scale import ScaleDeployment, ScaleTo
from tocsin.actions.kubernetes.status import RolloutStatus, ShowRollout
from tocsin.actions.registry import AnyAction, Registry
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cluster.start import Cluster

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def connections(kube: Kube) -> Connections:
    main = KubernetesConnection(kubeconfig=kube.kubeconfig, context="admin", namespaces=(NAMESPACE,))
    return Connections({"k8s:main": main})


@pytest.fixture
def scale(connections: Connections) -> ScaleDeployment:
    return ScaleDeployment(connections)


@pytest.fixture
def undo(connections: Connections) -> UndoRollout:
    return UndoRollout(connections)


def at(name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, "deployment": name}


def to(name: str, replicas: int) -> ScaleTo:
    return ScaleTo.model_validate({**at(name), "replicas": replicas})


def back(name: str, revision: int | None = None) -> RollBack:
    return RollBack.model_validate({**at(name), "to_revision": revision})


def settled(action: AnyAction, want: object, plan: Any) -> Verdict:
    deadline = time.monotonic() + 30
    while (verdict := action.verify(want, plan)).state == "waiting" and time.monotonic() < deadline:
        time.sleep(0.1)
    return verdict


# -- k8s.scale ------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("name", ["../secrets", "a/b", "A", "", "a?x", "-a"])
def test_a_name_that_is_no_name_is_no_input(name: str) -> None:
    with pytest.raises(ValueError, match="deployment"):
        Target.model_validate(at(name))


# -- k8s.rollout_undo -----------------------------------------------------------------------------------


@pytest.fixture
def shipped(kube: Kube) -> str:
    """A Deployment with the revisions 1, 2 and 3, of the images 1.0, 1.1 and 1.2."""
    name = kube.deploy("registry.example/checkout:1.0")
    for image in ("registry.example/checkout:1.1", "registry.example/checkout:1.2"):
        kube.ship(name, image)
        kube.settle(name)
    return name


def test_the_previous_revision_is_the_usual_one(undo: UndoRollout, shipped: str) -> None:
    assert undo.plan(back(shipped)).target.number == 2


def test_the_plan_shows_revision_and_images(undo: UndoRollout, shipped: str) -> None:
    changes = undo.plan(back(shipped, 1)).changes
    assert [(one.field, one.before, one.after) for one in changes] == [
        ("revision", 3, 1),
        ("app.image", "registry.example/checkout:1.2", "registry.example/checkout:1.0"),
    ]


def test_what_is_not_rolled_back_is_warned_of(undo: UndoRollout, shipped: str) -> None:
    assert NOT_ROLLED_BACK in undo.plan(back(shipped)).warnings


def test_other_parts_that_change_are_named_without_their_values(
    undo: UndoRollout, kube: Kube, shipped: str
) -> None:
    env = [{"name": "PASSWORD", "value": "other"}]
    container = {"name": "app", "image": "registry.example/checkout:1.3", "env": env}
    kube.patch(shipped, {"spec": {"template": {"spec": {"containers": [container]}}}})
    assert undo.plan(back(shipped)).warnings[1] == "these parts of the template change too: app.env"


def test_a_revision_that_is_not_kept_is_missing(undo: UndoRollout, shipped: str) -> None:
    with pytest.raises(ActionFailed, match="it keeps: 2, 1") as caught:
        undo.plan(back(shipped, 9))
    assert caught.value.kind is ErrorClass.MISSING


def test_a_first_revision_has_none_before_it(undo: UndoRollout, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="no revision before the current one"):
        undo.plan(back(kube.deploy()))


def test_the_current_revision_is_refused(undo: UndoRollout, shipped: str) -> None:
    with pytest.raises(ActionFailed, match="already runs revision 3"):
        undo.plan(back(shipped, 3))


def test_a_paused_rollout_is_refused(undo: UndoRollout, kube: Kube, shipped: str) -> None:
    kube.patch(shipped, {"spec": {"paused": True}})
    with pytest.raises(ActionFailed, match="paused"):
        undo.plan(back(shipped))


def test_a_newer_deploy_is_not_rolled_over(undo: UndoRollout, kube: Kube, shipped: str) -> None:
    plan = undo.plan(back(shipped))
    kube.ship(shipped, "registry.example/checkout:1.3-hotfix")
    with pytest.raises(ActionFailed, match="somebody else deployed") as caught:
        undo.run(back(shipped), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_undo_finds_its_revision_although_its_number_moved(
    undo: UndoRollout, kube: Kube, shipped: str
) -> None:
    plan = undo.plan(back(shipped, 1))
    undo.run(back(shipped, 1), plan, "step-1")
    settled(undo, back(shipped, 1), plan)
    undo.undo(back(shipped, 1), plan)
    assert kube.spec(shipped)["containers"][0]["image"] == "registry.example/checkout:1.2"


def test_a_rollback_puts_the_whole_template_back(undo: UndoRollout, kube: Kube) -> None:
    name = kube.deploy("registry.example/checkout:1.0")
    before = kube.read(name)["spec"]["template"]
    kube.ship(name, "registry.example/checkout:bad-1.1")
    undo.run(back(name), undo.plan(back(name)), "step-1")
    assert kube.read(name)["spec"]["template"] == before


def test_a_rollout_that_stalls_fails_verification(undo: UndoRollout, kube: Kube) -> None:
    name = kube.deploy("registry.example/checkout:1.0", spec={"progressDeadlineSeconds": 1})
    kube.ship(name, "registry.example/checkout:bad-1.1")
    kube.ship(name, "registry.example/checkout:1.2")
    kube.settle(name)
    plan = undo.plan(back(name))
    undo.run(back(name), plan, "step-1")
    assert settled(undo, back(name), plan).state == "failed"


# -- k8s.rollout_status, k8s.events, k8s.logs -----------------------------------------------------------


def look(connections: Connections, name: str) -> RolloutStatus:
    action, want = ShowRollout(connections), Target.model_validate(at(name))
    return action.run(want, action.plan(want), "step-1")


def test_a_finished_rollout_is_complete(connections: Connections, shipped: str) -> None:
    assert look(connections, shipped).model_dump() == {
        "state": "complete",
        "message": "2 of 2 replicas are updated and available",
        "revision": 3,
        "replicas": 2,
        "updated": 2,
        "available": 2,
        "image": "registry.example/checkout:1.2",
        "images": {"app": "registry.example/checkout:1.2"},
    }


def test_a_rollout_that_cannot_go_on_progresses_until_its_deadline(
    connections: Connections, kube: Kube
) -> None:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    assert look(connections, name).state == "progressing"


def test_a_rollout_past_its_deadline_is_stalled(connections: Connections, kube: Kube) -> None:
    name = kube.deploy(spec={"progressDeadlineSeconds": 1})
    kube.ship(name, "registry.example/checkout:bad-1.1")
    kube.wait(name, lambda found: "ProgressDeadlineExceeded" in str(found["status"]))
    assert look(connections, name).state == "stalled"


def events(connections: Connections, name: str, limit: int = 20) -> SeenEvents:
    action = ShowEvents(connections)
    want = ListEvents.model_validate({**at(name), "limit": limit})
    return action.run(want, action.plan(want), "step-1")


def test_events_are_of_the_deployment_its_replica_sets_and_pods(
    connections: Connections, shipped: str
) -> None:
    kinds = {one.object.partition("/")[0] for one in events(connections, shipped, limit=100).events}
    assert kinds >= {"Deployment", "ReplicaSet"}


def test_events_of_a_neighbour_are_not_listed(connections: Connections, kube: Kube, shipped: str) -> None:
    kube.deploy()
    names = {one.object.partition("/")[2] for one in events(connections, shipped, limit=100).events}
    assert {name[: len(shipped)] for name in names} == {shipped}


def test_events_come_newest_first(connections: Connections, shipped: str) -> None:
    times = [one.at for one in events(connections, shipped).events]
    assert times == sorted(times, reverse=True)


def test_the_report_for_people_has_a_line_for_each_event(connections: Connections, shipped: str) -> None:
    found = events(connections, shipped, limit=100)
    told = found.report.splitlines()
    assert len(told) == min(8, found.warnings or found.total)
    assert all(f"/{shipped}" in line for line in told)


def test_events_are_capped_and_counted(connections: Connections, shipped: str) -> None:
    found = events(connections, shipped, limit=2)
    assert (len(found.events), found.total > 2) == (2, True)


def logs(connections: Connections, name: str, **how: int) -> Logs:
    action = ShowLogs(connections)
    want = ReadLogs.model_validate({**at(name), **how})
    return action.run(want, action.plan(want), "step-1")


@pytest.fixture
def crashing(kube: Kube) -> str:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    return name


@pytest.fixture
def crash_report(connections: Connections, crashing: str) -> Logs:
    """The report once the kubelet has seen the crash loop."""
    deadline = time.monotonic() + 20
    while not (found := logs(connections, crashing)).pods[0].waiting_reason and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_the_pod_in_trouble_comes_first(crash_report: Logs) -> None:
    worst = crash_report.pods[0]
    assert (worst.waiting_reason, worst.ready, worst.restarts) == ("CrashLoopBackOff", False, 5)


def test_a_crash_loop_is_read_from_the_container_that_died(crash_report: Logs) -> None:
    assert crash_report.pods[0].logs[0].previous


def test_a_log_says_what_the_container_said_or_why_it_cannot_be_read(crash_report: Logs) -> None:
    assert all(one.text or one.error for pod in crash_report.pods for one in pod.logs)


def test_the_report_for_people_has_pod_states_and_last_words(crash_report: Logs) -> None:
    first, *rest = crash_report.report.splitlines()
    assert first.startswith("✗ checkout-")
    assert "CrashLoopBackOff" in first
    assert any(line.startswith("--- checkout-") and line.endswith("before it died") for line in rest)


def test_the_logs_together_keep_to_their_cap(connections: Connections, crashing: str) -> None:
    found = logs(connections, crashing, max_bytes=256)
    assert sum(len(one.text.encode()) for pod in found.pods for one in pod.logs) <= 256


# -- rights ---------------------------------------------------------------------------------------------

NAMES = [name for name in CASES if name.startswith("k8s.")]
GRANT = "granted-by-a-test"


@pytest.fixture
def case(request: pytest.FixtureRequest, kube: Kube, cluster: Cluster, tmp_path: Any, site: Any) -> Case:
    if cluster.kind == "twin":
        pytest.skip("the twin has no RBAC; set KUBEBUILDER_ASSETS to a control plane")
    nothing: Any = None
    worlds = Worlds(kube=kube, cloud=nothing, player=nothing, slack_url="", site=site, folder=tmp_path)
    return CASES[request.param](worlds)


@pytest.fixture
def rbac(kube: Kube) -> Iterator[RbacAuthorizationV1Api]:
    rbac = RbacAuthorizationV1Api(kube.api)
    yield rbac
    rbac.delete_namespaced_role_binding(GRANT, NAMESPACE)
    rbac.delete_namespaced_role(GRANT, NAMESPACE)


def grant(rbac: RbacAuthorizationV1Api, rules: list[dict[str, list[str]]]) -> None:
    """Give the user `tocsin` exactly these rights, and wait until the authorizer knows."""
    about = {"name": GRANT}
    role: Any = {"metadata": about, "rules": rules}
    subject = {"kind": "User", "name": "tocsin", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": GRANT, "apiGroup": "rbac.authorization.k8s.io"}
    binding: Any = {"metadata": about, "subjects": [subject], "roleRef": reference}
    rbac.create_namespaced_role(NAMESPACE, role)
    rbac.create_namespaced_role_binding(NAMESPACE, binding)
    time.sleep(0.5)


def rule(verb: str, resource: str) -> dict[str, list[str]]:
    """Read a Permission as a rule: ``apps/deployments/scale in shop``."""
    group, _, plural = resource.removesuffix(f" in {NAMESPACE}").partition("/")
    return {"apiGroups": [group.replace("core", "")], "resources": [plural], "verbs": [verb]}


@pytest.mark.cluster
@pytest.mark.parametrize("case", NAMES, indirect=True)
def test_the_rights_an_action_names_are_enough(
    case: Case, request: pytest.FixtureRequest, rbac: RbacAuthorizationV1Api
) -> None:
    action = Registry(case.connections).get(request.node.callspec.params["case"])
    want = case.through("denied")
    grant(rbac, [rule(one.verb, one.resource) for one in action.permissions(want)])
    plan = action.plan(want)
    action.run(want, plan, "step-1")
    assert action.verify(want, plan).state in ("ok", "waiting")


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("case", "withheld"),
    [*(("k8s.scale", right) for right in range(4)), *(("k8s.rollout_undo", right) for right in range(3))],
    indirect=["case"],
)
def test_each_right_an_action_names_is_needed(
    case: Case, request: pytest.FixtureRequest, rbac: RbacAuthorizationV1Api, withheld: int
) -> None:
    action = Registry(case.connections).get(request.node.callspec.params["case"])
    want = case.through("denied")
    rights = [rule(one.verb, one.resource) for one in action.permissions(want)]
    grant(rbac, rights[:withheld] + rights[withheld + 1 :])
    with pytest.raises(ActionFailed) as caught:
        action.run(want, action.plan(want), "step-1")
    assert (caught.value.kind, CANARY in str(caught.value)) == (ErrorClass.DENIED, False)
