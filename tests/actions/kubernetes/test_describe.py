"""k8s.describe: what it tells of an object, and what it keeps to itself."""

import pytest

from tests.actions.kube import CANARY, NAMESPACE, Kube
from tocsin.actions.kubernetes.describe import Described, DescribeObject
from tocsin.actions.kubernetes.kinds import ObjectTarget
from tocsin.connections import Connections

pytestmark = pytest.mark.timeout(60)


def look(connections: Connections, kind: str, name: str) -> Described:
    where = {"connection": "k8s:main", "kind": kind, "namespace": NAMESPACE, "name": name}
    action, want = DescribeObject(connections), ObjectTarget.model_validate(where)
    return action.run(want, action.plan(want), "step-1")


def test_the_status_is_told_by_its_paths(connections: Connections, kube: Kube) -> None:
    found = look(connections, "Deployment", kube.deploy())
    assert (found.status["replicas"], found.status["availableReplicas"]) == ("2", "2")


def test_the_conditions_are_told(connections: Connections, kube: Kube) -> None:
    found = look(connections, "Deployment", kube.deploy())
    states = {one.type: one.status for one in found.conditions}
    assert states["Available"] == "True"


def test_a_pod_names_what_controls_it(connections: Connections, kube: Kube) -> None:
    name = kube.deploy()
    pod = next(iter(kube.around.pods_of(name)))
    found = look(connections, "Pod", pod)
    assert (str(found.owner).startswith(f"ReplicaSet/{name}-"), found.status["phase"]) == (True, "Running")


def test_the_newest_events_are_in_the_report(connections: Connections, kube: Kube) -> None:
    pod = kube.around.bare_pod("node-1", "registry.example/tool:bad")
    kube.around.until(lambda: "Back-off restarting failed container" in look(connections, "Pod", pod).report)


def test_no_environment_is_told(connections: Connections, kube: Kube) -> None:
    assert CANARY not in look(connections, "Deployment", kube.deploy()).model_dump_json()


def test_who_deploys_it_is_told(connections: Connections, kube: Kube) -> None:
    name = kube.props.config_map(labels={"kustomize.toolkit.fluxcd.io/name": "shop"})
    assert look(connections, "ConfigMap", name).managed_by == "flux"


def test_an_object_of_no_namespace_is_described(whole: Connections) -> None:
    want = ObjectTarget.model_validate({"connection": "k8s:whole", "kind": "Node", "name": "node-1"})
    action = DescribeObject(whole)
    found = action.run(want, action.plan(want), "step-1")
    assert {one.type: one.status for one in found.conditions}["Ready"] == "True"
