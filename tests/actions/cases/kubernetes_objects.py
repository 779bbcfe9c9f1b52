"""Kubernetes actions on what is no workload, each on objects of its own."""

from collections.abc import Callable
from typing import Any

from pydantic import JsonValue

from tests.actions.cases.kubernetes import CLUSTER, connections_in, only_real
from tests.actions.cases.worlds import Case, Worlds
from tests.actions.kube import NAMESPACE
from tocsin.actions.base import Frozen
from tocsin.actions.kubernetes.claims import Grow
from tocsin.actions.kubernetes.exec import Exec
from tocsin.actions.kubernetes.isolate import Isolate
from tocsin.actions.kubernetes.jobs import RunJob
from tocsin.actions.kubernetes.kinds import ObjectTarget
from tocsin.actions.kubernetes.label import SetLabels
from tocsin.actions.kubernetes.patch import SetFields
from tocsin.actions.kubernetes.removal import RemovePod
from tocsin.actions.kubernetes.suspend import SuspendCron
from tocsin.actions.kubernetes.taint import SetTaint
from tocsin.actions.kubernetes.targets import PodTarget
from tocsin.actions.kubernetes.top import Top

_HERE = {"connection": CLUSTER, "namespace": NAMESPACE}


def _case(
    worlds: Worlds,
    want: Frozen,
    field: str,
    state: Callable[[], Any],
    effects: Callable[[], Any] | None = None,
) -> Case:
    """Return the case of something in the namespace; ``field`` is what names it."""
    return Case(
        connections=connections_in(worlds, NAMESPACE),
        want=want,
        missing=want.model_copy(update={field: "nowhere"}),
        state=state,
        effects=effects or state,
    )


def describe(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    want = ObjectTarget.model_validate({**_HERE, "kind": "Deployment", "name": name})
    return _case(worlds, want, "name", lambda: worlds.kube.generation(name))


def label(worlds: Worlds) -> Case:
    props = worlds.kube.props
    name = props.config_map(labels={"tier": "back", "old": "yes"})
    labels = {"tier": "front", "old": None, "new": "yes"}
    want = SetLabels.model_validate({**_HERE, "kind": "ConfigMap", "name": name, "labels": labels})
    return _case(
        worlds,
        want,
        "name",
        lambda: props.config(name)["metadata"]["labels"],
        lambda: props.config(name)["metadata"]["resourceVersion"],
    )


def patch(worlds: Worlds) -> Case:
    only_real(worlds)
    props = worlds.kube.props
    name = props.config_map()
    fields: JsonValue = {"data": {"level": "debug", "color": "no"}}
    given = {**_HERE, "kind": "ConfigMap", "name": name, "fields": fields, "force": True}
    return _case(
        worlds,
        SetFields.model_validate(given),
        "name",
        lambda: props.config(name)["data"],
        lambda: props.config(name)["metadata"]["resourceVersion"],
    )


def taint(worlds: Worlds) -> Case:
    only_real(worlds)
    want = SetTaint(connection=CLUSTER, node="node-2", key="acme.example/suspect", value="disk")
    return Case(
        connections=connections_in(worlds),
        want=want,
        missing=want.model_copy(update={"node": "nowhere"}),
        state=lambda: list(worlds.kube.props.taints("node-2")),
        effects=lambda: list(worlds.kube.props.taints("node-2")),
    )


def cronjob_suspend(worlds: Worlds) -> Case:
    only_real(worlds)
    name = worlds.kube.props.cron_job()
    want = SuspendCron.model_validate({**_HERE, "cronjob": name})
    return _case(worlds, want, "cronjob", lambda: worlds.kube.props.suspended(name))


def job_run(worlds: Worlds) -> Case:
    only_real(worlds)
    want = RunJob.model_validate({**_HERE, "cronjob": worlds.kube.props.cron_job(), "deadline": 60})
    return _case(worlds, want, "cronjob", lambda: sorted(worlds.kube.props.jobs()))


def pvc_resize(worlds: Worlds) -> Case:
    only_real(worlds)
    props = worlds.kube.props
    name = props.claim("1Gi", capacity="4Gi")
    want = Grow.model_validate({**_HERE, "claim": name, "size": "3Gi"})
    return _case(worlds, want, "claim", lambda: props.read_claim(name).spec.resources.requests["storage"])


def networkpolicy_isolate(worlds: Worlds) -> Case:
    only_real(worlds)
    kube = worlds.kube
    name = kube.around.bare_pod("node-1", labels={"suspect": "yes"})
    want = Isolate.model_validate({**_HERE, "policy": f"isolate-{name}", "pods": {"suspect": "yes"}})
    case = _case(worlds, want, "policy", lambda: sorted(kube.props.policies()), kube.props.policies)
    missing = want.model_copy(update={"pods": {"suspect": "nowhere"}})
    return Case(case.connections, want, missing, case.state, case.effects)


def pod_quarantine(worlds: Worlds) -> Case:
    only_real(worlds)
    kube = worlds.kube
    name = kube.around.bare_pod("node-1", labels={"app": "front", "tier": "web"})
    kube.props.service(app="front")
    want = PodTarget.model_validate({**_HERE, "pod": name})
    return _case(worlds, want, "pod", lambda: kube.props.read_pod(name).metadata.labels)


def pod_delete(worlds: Worlds) -> Case:
    kube = worlds.kube
    name = next(iter(kube.around.pods_of(kube.deploy())))
    uid = kube.props.read_pod(name).metadata.uid
    want = RemovePod.model_validate({**_HERE, "pod": name})
    return _case(worlds, want, "pod", lambda: kube.props.stays(name, uid))


def pod_exec(worlds: Worlds) -> Case:
    only_real(worlds)
    kube = worlds.kube
    name = kube.around.bare_pod("node-1")
    want = Exec.model_validate({**_HERE, "pod": name, "command": ["touch", "here"]})
    case = _case(worlds, want, "pod", lambda: kube.props.files(name))
    allowed = connections_in(worlds, NAMESPACE, commands=(("touch", "here"),))
    return Case(allowed, case.want, case.missing, case.state, case.effects)


def top(worlds: Worlds) -> Case:
    only_real(worlds)
    worlds.kube.props.measure()
    want = Top.model_validate(_HERE)
    return Case(
        connections=connections_in(worlds, NAMESPACE),
        want=want,
        missing=want.model_copy(update={"connection": "k8s:missing"}),
        state=lambda: None,
        effects=lambda: None,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {
    "k8s.cronjob_suspend": cronjob_suspend,
    "k8s.describe": describe,
    "k8s.job_run": job_run,
    "k8s.label": label,
    "k8s.networkpolicy_isolate": networkpolicy_isolate,
    "k8s.patch": patch,
    "k8s.pod_delete": pod_delete,
    "k8s.pod_exec": pod_exec,
    "k8s.pod_quarantine": pod_quarantine,
    "k8s.pvc_resize": pvc_resize,
    "k8s.taint": taint,
    "k8s.top": top,
}
