"""The rights that the Kubernetes actions name are enough, and each is needed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import RbacAuthorizationV1Api

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
    "k8s.drain": 5,
    "k8s.hpa_patch": 2,
    "k8s.rollout_history": 2,
    "k8s.rollout_pause": 2,
    "k8s.rollout_restart": 2,
    "k8s.rollout_resume": 2,
    "k8s.rollout_undo": 3,
    "k8s.scale": 5,
    "k8s.uncordon": 2,
}
"""How many rights each of these names."""
WISHED = {("k8s.scale", 4)}
"""Without it a plan only warns that it could not see the quotas."""


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


def grant(rbac: RbacAuthorizationV1Api, rights: list[Permission]) -> None:
    """Give the user `tocsin` exactly these rights, and wait until the authorizer knows."""
    here = [rule(one) for one in rights if one.resource.endswith(HERE)]
    everywhere = [rule(one) for one in rights if not one.resource.endswith(HERE)]
    rbac.create_namespaced_role(NAMESPACE, role(here))
    rbac.create_namespaced_role_binding(NAMESPACE, binding("Role"))
    rbac.create_cluster_role(role(everywhere))
    rbac.create_cluster_role_binding(binding("ClusterRole"))
    time.sleep(0.5)


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
        if (name, right) not in WISHED
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
    grant(rbac, rights[:withheld] + rights[withheld + 1 :])
    with pytest.raises(ActionFailed) as caught:
        action.run(want, action.plan(want), "step-1")
    assert (caught.value.kind, CANARY in str(caught.value)) == (ErrorClass.DENIED, False)
