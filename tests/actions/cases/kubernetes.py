"""Kubernetes actions, each on a Deployment, an autoscaler or a node of its own."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import NAMESPACE
from tocsin.actions.kubernetes.diagnose import ListEvents, ReadLogs
from tocsin.actions.kubernetes.drain import Drain
from tocsin.actions.kubernetes.hpa import MoveBounds
from tocsin.actions.kubernetes.rollout import RollBack
from tocsin.actions.kubernetes.scale import ScaleTo
from tocsin.actions.kubernetes.targets import DeploymentTarget, NodeTarget, OfWorkload, Target
from tocsin.connections import Connections, KubernetesConnection
from tocsin.playground.cluster.kubeconfig import write_kubeconfig

CLUSTER = "k8s:main"


def _deployed(worlds: Worlds) -> str:
    """Return a Deployment with two revisions, the second one broken."""
    name = worlds.kube.deploy("registry.example/checkout:1.0")
    worlds.kube.ship(name, "registry.example/checkout:bad-1.1")
    return name


def connections_in(
    worlds: Worlds, *namespaces: str, commands: tuple[tuple[str, ...], ...] = ()
) -> Connections:
    """Return the four ways to the cluster: as it should be, without rights, to nobody, to where no API is."""
    kubeconfig = worlds.kube.kubeconfig
    closed, elsewhere = worlds.tmp_path / "closed", worlds.tmp_path / "elsewhere"
    write_kubeconfig(closed, CLOSED)
    elsewhere.write_text(Path(kubeconfig).read_text().replace(worlds.cluster.url, f"{worlds.cluster.url}/no"))
    return connections_of(
        KubernetesConnection(kubeconfig=kubeconfig, context="admin", namespaces=namespaces, exec=commands),
        KubernetesConnection(kubeconfig=kubeconfig, context="bot", exec=commands),
        KubernetesConnection(kubeconfig=str(closed), exec=commands),
        KubernetesConnection(kubeconfig=str(elsewhere), exec=commands),
    )


def only_real(worlds: Worlds) -> None:
    """Skip a test of kinds that only a control plane knows."""
    if worlds.cluster.kind == "twin":
        # A twin of every kind would only repeat what we think of them; `.ci/run` brings the real one.
        pytest.skip("the twin does not know every kind; set KUBEBUILDER_ASSETS to a control plane")


def _of_deployment(worlds: Worlds, name: str, want: OfWorkload) -> Case:
    return Case(
        connections=connections_in(worlds, NAMESPACE),
        want=want,
        missing=want.model_copy(update={"deployment": "nowhere"}),
        state=lambda: worlds.kube.spec(name),
        effects=lambda: worlds.kube.generation(name),
    )


def _of_node(worlds: Worlds, want: NodeTarget, effects: Callable[[], JsonValue]) -> Case:
    return Case(
        connections=connections_in(worlds),
        want=want,
        missing=want.model_copy(update={"node": "nowhere"}),
        state=lambda: worlds.kube.around.schedulable(want.node),
        effects=effects,
    )


def _at(name: str) -> dict[str, str]:
    return {"connection": CLUSTER, "namespace": NAMESPACE, "deployment": name}


def cordon(worlds: Worlds) -> Case:
    want = NodeTarget(connection=CLUSTER, node="node-2")
    return _of_node(worlds, want, lambda: worlds.kube.around.schedulable(want.node))


def uncordon(worlds: Worlds) -> Case:
    worlds.kube.around.cordon("node-2")
    return cordon(worlds)


def drain(worlds: Worlds) -> Case:
    name, node = worlds.kube.deploy_apart()
    want = Drain(connection=CLUSTER, node=node)
    return _of_node(worlds, want, lambda: list(worlds.kube.around.pods_of(name)))


def hpa_patch(worlds: Worlds) -> Case:
    kube = worlds.kube
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5)
    given = {"connection": CLUSTER, "namespace": NAMESPACE, "autoscaler": name, "min_replicas": 3}
    want = MoveBounds.model_validate(given)

    def bounds() -> JsonValue:
        return list(kube.around.bounds(name))

    return Case(
        connections=connections_in(worlds, NAMESPACE),
        want=want,
        missing=want.model_copy(update={"autoscaler": "nowhere"}),
        state=bounds,
        effects=bounds,
    )


def scale(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    return _of_deployment(worlds, name, ScaleTo.model_validate({**_at(name), "replicas": 4}))


def rollout_restart(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    case = _of_deployment(worlds, name, Target.model_validate(_at(name)))
    return dataclasses.replace(case, state=lambda: worlds.kube.read(name)["spec"]["template"])


def rollout_pause(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    case = _of_deployment(worlds, name, DeploymentTarget.model_validate(_at(name)))
    return dataclasses.replace(case, state=lambda: worlds.kube.read(name)["spec"].get("paused", False))


def rollout_resume(worlds: Worlds) -> Case:
    case = rollout_pause(worlds)
    worlds.kube.patch(str(case.want.model_dump()["deployment"]), {"spec": {"paused": True}})
    return case


def rollout_undo(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _of_deployment(worlds, name, RollBack.model_validate(_at(name)))


def rollout_status(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()  # of a broken one, its verdict is that it is not complete
    return _of_deployment(worlds, name, Target.model_validate(_at(name)))


def rollout_history(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _of_deployment(worlds, name, Target.model_validate(_at(name)))


def events(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _of_deployment(worlds, name, ListEvents.model_validate(_at(name)))


def logs(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _of_deployment(worlds, name, ReadLogs.model_validate(_at(name)))


CASES: dict[str, Callable[[Worlds], Case]] = {
    "k8s.cordon": cordon,
    "k8s.drain": drain,
    "k8s.events": events,
    "k8s.hpa_patch": hpa_patch,
    "k8s.logs": logs,
    "k8s.rollout_history": rollout_history,
    "k8s.rollout_pause": rollout_pause,
    "k8s.rollout_restart": rollout_restart,
    "k8s.rollout_resume": rollout_resume,
    "k8s.rollout_status": rollout_status,
    "k8s.rollout_undo": rollout_undo,
    "k8s.scale": scale,
    "k8s.uncordon": uncordon,
}
