"""Kubernetes actions, each on a Deployment of its own."""

from collections.abc import Callable

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import NAMESPACE
from tocsin.actions.kubernetes.diagnose import ListEvents, ReadLogs
from tocsin.actions.kubernetes.rollout import RollBack
from tocsin.actions.kubernetes.scale import ScaleTo
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import KubernetesConnection
from tocsin.playground.cluster.kubeconfig import write_kubeconfig


def _deployed(worlds: Worlds) -> str:
    """Return a Deployment with two revisions, the second one broken."""
    name = worlds.kube.deploy("registry.example/checkout:1.0")
    worlds.kube.ship(name, "registry.example/checkout:bad-1.1")
    return name


def _kubernetes(worlds: Worlds, name: str, want: Target) -> Case:
    kubeconfig = worlds.kube.kubeconfig
    closed = worlds.folder / "closed"
    write_kubeconfig(closed, CLOSED)
    connections = connections_of(
        KubernetesConnection(kubeconfig=kubeconfig, context="admin", namespaces=(NAMESPACE,)),
        KubernetesConnection(kubeconfig=kubeconfig, context="bot"),
        KubernetesConnection(kubeconfig=str(closed)),
    )
    return Case(
        connections=connections,
        want=want,
        missing=want.model_copy(update={"deployment": "nowhere"}),
        state=lambda: worlds.kube.spec(name),
        effects=lambda: worlds.kube.generation(name),
    )


def _at(name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, "deployment": name}


def scale(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    return _kubernetes(worlds, name, ScaleTo.model_validate({**_at(name), "replicas": 4}))


def rollout_undo(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, RollBack.model_validate(_at(name)))


def rollout_status(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, Target.model_validate(_at(name)))


def events(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, ListEvents.model_validate(_at(name)))


def logs(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, ReadLogs.model_validate(_at(name)))


CASES: dict[str, Callable[[Worlds], Case]] = {
    "k8s.events": events,
    "k8s.logs": logs,
    "k8s.rollout_status": rollout_status,
    "k8s.rollout_undo": rollout_undo,
    "k8s.scale": scale,
}
