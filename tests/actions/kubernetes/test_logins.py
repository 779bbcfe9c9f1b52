"""As whom a connection comes: by a token, by a plugin's, and in somebody else's name."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import RbacAuthorizationV1Api

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.exec import Exec, ExecInPod
from tocsin.actions.kubernetes.status import ShowRollout
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections, Impersonation, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]

GRANT = "looks-for-a-test"


def acting(kube: Kube, user: str, *groups: str) -> Connections:
    whom = Impersonation(user=user, groups=groups)
    main = KubernetesConnection(
        kubeconfig=kube.kubeconfig, context="admin", impersonate=whom, exec=(("ls",),)
    )
    return Connections({"k8s:main": main})


@pytest.fixture
def lookers(real: None, kube: Kube) -> Iterator[None]:
    """The group `lookers` may look at Deployments."""
    rbac = RbacAuthorizationV1Api(kube.api)
    rule = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get"]}
    group = {"kind": "Group", "name": "lookers", "apiGroup": "rbac.authorization.k8s.io"}
    reference = {"kind": "Role", "name": GRANT, "apiGroup": "rbac.authorization.k8s.io"}
    role: Any = {"metadata": {"name": GRANT}, "rules": [rule]}
    binding: Any = {"metadata": {"name": GRANT}, "subjects": [group], "roleRef": reference}
    rbac.create_namespaced_role(NAMESPACE, role)
    rbac.create_namespaced_role_binding(NAMESPACE, binding)
    time.sleep(0.5)
    yield
    rbac.delete_namespaced_role_binding(GRANT, NAMESPACE)
    rbac.delete_namespaced_role(GRANT, NAMESPACE)


def look(connections: Connections, name: str) -> str:
    action, want = ShowRollout(connections), Target.model_validate(at(name))
    return action.run(want, action.plan(want), "step-1").state


def test_the_rights_are_those_of_whom_it_impersonates(kube: Kube) -> None:
    with pytest.raises(ActionFailed, match='User "ana" cannot get resource "deployments"') as caught:
        look(acting(kube, "ana"), kube.deploy())
    assert caught.value.kind is ErrorClass.DENIED


@pytest.mark.usefixtures("lookers")
def test_the_rights_of_every_group_count(kube: Kube) -> None:
    assert look(acting(kube, "ana", "sleepers", "lookers"), kube.deploy()) == "complete"


def test_a_service_account_gets_its_right_as_one(kube: Kube) -> None:
    with pytest.raises(ActionFailed, match=r"--role=tocsin-get-deployments --serviceaccount=tocsin:bot$"):
        look(acting(kube, "system:serviceaccount:tocsin:bot"), kube.deploy())


def test_no_command_is_run_in_the_wrong_name(kube: Kube) -> None:
    where = {"connection": "k8s:main", "namespace": NAMESPACE, "pod": "any", "command": ("ls",)}
    with pytest.raises(ActionFailed, match="impersonates ana") as caught:
        ExecInPod(acting(kube, "ana")).plan(Exec.model_validate(where))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.fixture
def plugged(kube: Kube, tmp_path: Path) -> Path:
    """A kubeconfig whose plugin gives tokens that are over at once; it counts how often it is asked."""
    token = {"token": "admin-token", "expirationTimestamp": "2020-01-01T00:00:00Z"}
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": token,
    }
    plugin = tmp_path / "get-token"
    plugin.write_text(f"#!/bin/sh\necho asked >> {tmp_path}/asked\necho '{json.dumps(credential)}'\n")
    plugin.chmod(0o755)
    config = json.loads(Path(kube.kubeconfig).read_text())
    how = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": str(plugin),
        "interactiveMode": "Never",
    }
    config["users"] = [{"name": "admin", "user": {"exec": how}}]
    written = tmp_path / "kubeconfig"
    written.write_text(json.dumps(config))
    return written


def test_a_plugin_gives_the_token_and_is_asked_again_when_it_is_over(kube: Kube, plugged: Path) -> None:
    main = KubernetesConnection(kubeconfig=str(plugged), context="admin")
    assert look(Connections({"k8s:main": main}), kube.deploy()) == "complete"
    assert len((plugged.parent / "asked").read_text().split()) > 1
