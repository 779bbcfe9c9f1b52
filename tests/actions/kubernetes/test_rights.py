"""The rights that the Kubernetes actions name are enough, and each is needed."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes.client import RbacAuthorizationV1Api

from tests.actions.cases import CASES
from tests.actions.cases.worlds import Case, Worlds
from tests.actions.kube import CANARY, NAMESPACE, Kube
from tocsin.actions.registry import Registry
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cluster.start import Cluster

pytestmark = pytest.mark.timeout(60)

NAMES = [name for name in CASES if name.startswith("k8s.")]
GRANT = "granted-by-a-test"


@pytest.fixture
def case(request: pytest.FixtureRequest, cluster: Cluster) -> Case:
    if cluster.kind == "twin":
        pytest.skip("the twin has no RBAC; set KUBEBUILDER_ASSETS to a control plane")
    return CASES[request.param](Worlds(request.getfixturevalue))


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
