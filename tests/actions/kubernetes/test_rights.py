"""The rights that the Kubernetes actions name are enough, and each is needed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import AuthorizationV1Api, RbacAuthorizationV1Api

from tests.actions.cases import CASES
from tests.actions.cases.worlds import Case, Worlds
from tests.actions.kube import CANARY, NAMESPACE, Kube
from tocsin.actions.base import Permission
from tocsin.actions.registry import Registry
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cluster.start import Cluster

pytestmark = pytest.mark.timeout(60)

NAMES = [name for name in CASES if name.startswith("k8s.")]
GRANT = "granted-by-a-test"
HERE = f" in {NAMESPACE}"
NEEDED = {
    "k8s.cordon": 3,
    "k8s.cronjob_suspend": 2,
    "k8s.describe": 2,
    "k8s.drain": 5,
    "k8s.hpa_patch": 2,
    "k8s.job_run": 5,
    "k8s.label": 2,
    "k8s.networkpolicy_isolate": 5,
    "k8s.patch": 2,
    "k8s.pod_delete": 3,
    "k8s.pod_exec": 3,
    "k8s.pod_quarantine": 4,
    "k8s.pvc_resize": 3,
    "k8s.rollout_history": 2,
    "k8s.rollout_pause": 2,
    "k8s.rollout_restart": 2,
    "k8s.rollout_resume": 2,
    "k8s.rollout_undo": 3,
    "k8s.scale": 5,
    "k8s.taint": 3,
    "k8s.top": 1,
    "k8s.uncordon": 2,
}
"""How many rights each of these names."""
LATER = {
    ("k8s.job_run", 4),  # to undo it
    ("k8s.networkpolicy_isolate", 4),  # likewise
    ("k8s.pod_exec", 2),  # on clusters from 1.35 on
    ("k8s.pod_quarantine", 3),  # to verify it
    ("k8s.scale", 4),  # a plan only warns that it could not see the quotas
}
"""Those that no plan and no run on this cluster needs."""


@pytest.fixture
def case(request: pytest.FixtureRequest, cluster: Cluster) -> Case:
    if cluster.kind == "twin":
        # Rights are the real control plane's to give: a twin that refused would only repeat what we think.
        pytest.skip("the twin has no RBAC; set KUBEBUILDER_ASSETS to a control plane")
    return CASES[request.param](Worlds(request.getfixturevalue))


@pytest.fixture
def rbac(kube: Kube) -> Iterator[RbacAuthorizationV1Api]:
    rbac = RbacAuthorizationV1Api(kube.api)
    yield rbac
    rbac.delete_namespaced_role_binding(GRANT, NAMESPACE)
    rbac.delete_namespaced_role(GRANT, NAMESPACE)
    rbac.delete_cluster_role_binding(GRANT)
    rbac.delete_cluster_role(GRANT)


def grant(rbac: RbacAuthorizationV1Api, rights: list[Permission], withheld: Permission | None = None) -> None:
    """Give the user `tocsin` exactly these rights, and wait until the authorizer knows, also what not."""
    here = [rule(one) for one in rights if one.resource.endswith(HERE)]
    everywhere = [rule(one) for one in rights if not one.resource.endswith(HERE)]
    rbac.create_namespaced_role(NAMESPACE, role(here))
    rbac.create_namespaced_role_binding(NAMESPACE, binding("Role"))
    rbac.create_cluster_role(role(everywhere))
    rbac.create_cluster_role_binding(binding("ClusterRole"))
    asked = AuthorizationV1Api(rbac.api_client)
    deadline = time.monotonic() + 30
    while not all(allows(asked, one) for one in rights) or (withheld and allows(asked, withheld)):
        assert time.monotonic() < deadline, "the authorizer does not know what was granted"
        time.sleep(0.02)


def allows(asked: AuthorizationV1Api, right: Permission) -> bool:
    """Say whether the cluster lets the user `tocsin` do it."""
    (group,), (resource,), (verb,) = rule(right).values()
    plural, _, part = resource.partition("/")
    what = {"group": group, "resource": plural, "subresource": part, "verb": verb}
    where = {"namespace": NAMESPACE} if right.resource.endswith(HERE) else {}
    body: Any = {"spec": {"user": "tocsin", "resourceAttributes": {**what, **where}}}
    answer: Any = asked.create_subject_access_review(body)
    return bool(answer.status.allowed)


def role(rules: list[dict[str, list[str]]]) -> Any:
    return {"metadata": {"name": GRANT}, "rules": rules}


def binding(kind: str) -> Any:
    subject = {"kind": "User", "name": "tocsin", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": kind, "name": GRANT, "apiGroup": "rbac.authorization.k8s.io"}
    return {"metadata": {"name": GRANT}, "subjects": [subject], "roleRef": reference}


def rule(right: Permission) -> dict[str, list[str]]:
    """Read a right as a rule: ``apps/deployments/scale in shop``, or ``core/nodes`` everywhere."""
    group, _, plural = right.resource.removesuffix(HERE).partition("/")
    return {"apiGroups": [group.replace("core", "")], "resources": [plural], "verbs": [right.verb]}


@pytest.mark.cluster
@pytest.mark.parametrize("case", NAMES, indirect=True)
def test_the_rights_an_action_names_are_enough(
    case: Case, request: pytest.FixtureRequest, rbac: RbacAuthorizationV1Api
) -> None:
    action = Registry(case.connections).get(request.node.callspec.params["case"])
    want = case.through("denied")
    grant(rbac, action.permissions(want))
    plan = action.plan(want)
    action.run(want, plan, "step-1")
    assert action.verify(want, plan).state in ("ok", "waiting")


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("case", "withheld"),
    [
        (name, right)
        for name, rights in NEEDED.items()
        for right in range(rights)
        if (name, right) not in LATER
    ],
    indirect=["case"],
)
def test_each_right_an_action_names_is_needed(
    case: Case, request: pytest.FixtureRequest, rbac: RbacAuthorizationV1Api, withheld: int
) -> None:
    action = Registry(case.connections).get(request.node.callspec.params["case"])
    want = case.through("denied")
    rights = action.permissions(want)
    assert len(rights) == NEEDED[action.name]
    grant(rbac, rights[:withheld] + rights[withheld + 1 :], rights[withheld])
    with pytest.raises(ActionFailed) as caught:
        action.run(want, action.plan(want), "step-1")
    assert (caught.value.kind, CANARY in str(caught.value)) == (ErrorClass.DENIED, False)


def denied(case: Case, name: str) -> str:
    with pytest.raises(ActionFailed) as caught:
        Registry(case.connections).get(name).plan(case.through("denied"))
    return str(caught.value)


@pytest.mark.cluster
@pytest.mark.parametrize("case", ["k8s.scale"], indirect=True)
def test_a_missing_right_is_told_with_the_commands_that_grant_it(case: Case) -> None:
    said = denied(case, "k8s.scale")
    assert 'User "tocsin" cannot get resource "deployments" in API group "apps"' in said
    assert said.endswith(
        "To grant it: kubectl create role tocsin-get-deployments -n shop --verb=get"
        " --resource=deployments.apps && kubectl create rolebinding tocsin-get-deployments -n shop"
        " --role=tocsin-get-deployments --user=tocsin"
    )


@pytest.mark.cluster
@pytest.mark.parametrize("case", ["k8s.cordon"], indirect=True)
def test_a_right_on_nodes_is_one_of_the_whole_cluster(case: Case) -> None:
    assert denied(case, "k8s.cordon").endswith(
        "To grant it: kubectl create clusterrole tocsin-get-nodes --verb=get --resource=nodes && kubectl"
        " create clusterrolebinding tocsin-get-nodes --clusterrole=tocsin-get-nodes --user=tocsin"
    )


@pytest.mark.cluster
@pytest.mark.parametrize("case", ["k8s.scale"], indirect=True)
def test_a_right_on_a_part_of_an_object_names_the_part(case: Case, rbac: RbacAuthorizationV1Api) -> None:
    action = Registry(case.connections).get("k8s.scale")
    want = case.through("denied")
    rights = action.permissions(want)
    parts = [one for one in rights if one.resource.startswith("apps/deployments/scale")]
    grant(rbac, [one for one in rights if one not in parts], parts[0])
    with pytest.raises(ActionFailed, match=r"--verb=get --resource=deployments\.apps/scale"):
        action.run(want, action.plan(want), "step-1")


@pytest.mark.cluster
@pytest.mark.parametrize("case", ["k8s.scale"], indirect=True)
def test_quotas_that_may_not_be_listed_are_no_hindrance(case: Case, rbac: RbacAuthorizationV1Api) -> None:
    action = Registry(case.connections).get("k8s.scale")
    want = case.through("denied")
    rights = action.permissions(want)
    grant(rbac, rights[:-1], rights[-1])
    assert "is not known: it may not be listed" in action.plan(want).warnings[0]
