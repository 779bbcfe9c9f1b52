"""The Kubernetes API as far as the actions need it."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from kubernetes import client  # it imports its parts when they are first named, which takes a second

from tocsin.actions.kubernetes.objects import RESTARTED_AT, Autoscaler, Event, Quota, Scale, Template
from tocsin.actions.kubernetes.pods import Node, Pod
from tocsin.actions.kubernetes.targets import (
    AutoscalerTarget,
    InCluster,
    InNamespace,
    NodeTarget,
    OfWorkload,
    PodTarget,
)
from tocsin.actions.kubernetes.wire import Wire, api_client
from tocsin.actions.kubernetes.workloads import (
    KINDS,
    ControllerRevision,
    Deployment,
    Kept,
    ReplicaSet,
    Workload,
)
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

MAX_LOG = 4 * 1024 * 1024
"""Bytes read of one log; beyond it the cluster cuts the newest lines off."""
TRIES = 5
"""Of one write: a busy object's status changes its version too, which is nobody's conflict."""
RESTART_KEY = "tocsin/restart-key"
"""On a workload: the key of the step that restarted it last."""

_Scaling: TypeAlias = Any
"""The client's AutoscalingV2Api, or its AutoscalingV1Api."""
ResultT = TypeVar("ResultT")


class Cluster(Wire):
    """One connection's API. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str, api: Any) -> None:
        super().__init__(name)
        self._apps = client.AppsV1Api(api)
        self._core = client.CoreV1Api(api)
        self._scaling = client.AutoscalingV2Api(api)
        self._old_scaling = client.AutoscalingV1Api(api)

    def workload(self, at: OfWorkload) -> Workload:
        """Return the workload."""
        kind = KINDS[at.kind]
        return self._one(kind.model, self._of(at, "read"), at.name, at.namespace)

    def scale(self, at: OfWorkload) -> Scale:
        """Return the workload's scale."""
        return self._one(Scale, self._of(at, "read", "_scale"), at.name, at.namespace)

    def set_scale(self, at: OfWorkload, seen: Scale, replicas: int) -> bool:
        """Set the replica count; return False when the object changed since ``seen``."""
        body = {"metadata": {"resourceVersion": seen.resource_version}, "spec": {"replicas": replicas}}
        return self._patched(self._of(at, "patch", "_scale"), at.name, at.namespace, body)

    def set_template(self, at: OfWorkload, seen: Workload, template: Template) -> bool:
        """Replace the pod template; return False when the object changed since ``seen``."""
        # Not a `test` operation: that answers 422 when it fails, which looks like a wrong template; writing
        # the version that was read makes the server itself answer 409.
        body = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": seen.resource_version},
            {"op": "replace", "path": "/spec/template", "value": template},
        ]
        return self._patched(self._of(at, "patch"), at.name, at.namespace, body)

    def set_paused(self, at: OfWorkload, seen: Workload, paused: bool) -> bool:
        """Pause or resume a rollout; return False when the object changed since ``seen``."""
        body = {"metadata": {"resourceVersion": seen.resource_version}, "spec": {"paused": paused or None}}
        return self._patched(self._of(at, "patch"), at.name, at.namespace, body)

    def restart(self, at: OfWorkload, seen: Workload, *, time: str, key: str) -> bool:
        """Make new pods of the same template; return False when the object changed since ``seen``."""
        body = {
            "metadata": {"resourceVersion": seen.resource_version, "annotations": {RESTART_KEY: key}},
            "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: time}}}},
        }
        return self._patched(self._of(at, "patch"), at.name, at.namespace, body)

    def revisions(self, of: Workload) -> Sequence[Kept]:
        """Return the workload's revisions, the newest first."""
        kept: type[Kept] = ReplicaSet if isinstance(of, Deployment) else ControllerRevision
        lists = {
            ReplicaSet: self._apps.list_namespaced_replica_set,
            ControllerRevision: self._apps.list_namespaced_controller_revision,
        }
        listed = self._many(kept, lists[kept], of.namespace, label_selector=of.selector)
        owned = [one for one in listed if any(owner.uid == of.uid for owner in one.owners)]
        return sorted(owned, key=lambda one: one.revision, reverse=True)

    def pods(self, of: Workload) -> list[Pod]:
        """Return the workload's pods, those that are not ready first."""
        above = {one.uid for one in self.revisions(of)} if isinstance(of, Deployment) else {of.uid}
        listed = self._many(Pod, self._core.list_namespaced_pod, of.namespace, label_selector=of.selector)
        owned = [one for one in listed if any(owner.uid in above for owner in one.owners)]
        return sorted(owned, key=lambda one: (one.ready, -one.restarts, one.name))

    def autoscalers(self, at: OfWorkload) -> list[Autoscaler]:
        """Return the HorizontalPodAutoscalers that set this workload's replica count."""

        def listed(scaling: _Scaling) -> list[Autoscaler]:
            return self._many(Autoscaler, scaling.list_namespaced_horizontal_pod_autoscaler, at.namespace)

        wanted = (KINDS[at.kind].name, at.name)
        return [one for one in self._scaled(listed) if (one.target_kind, one.target_name) == wanted]

    def autoscaler(self, at: AutoscalerTarget) -> Autoscaler:
        """Return the HorizontalPodAutoscaler."""

        def read(scaling: _Scaling) -> Autoscaler:
            call = scaling.read_namespaced_horizontal_pod_autoscaler
            return self._one(Autoscaler, call, at.autoscaler, at.namespace)

        return self._scaled(read)

    def set_bounds(self, at: AutoscalerTarget, seen: Autoscaler, low: int, high: int) -> bool:
        """Set the bounds of the replica count; return False when the object changed since ``seen``."""
        body = {
            "metadata": {"resourceVersion": seen.resource_version},
            "spec": {"minReplicas": low, "maxReplicas": high},
        }

        def patched(scaling: _Scaling) -> bool:
            call = scaling.patch_namespaced_horizontal_pod_autoscaler
            return self._patched(call, at.autoscaler, at.namespace, body)

        return self._scaled(patched)

    def quotas(self, at: InNamespace) -> list[Quota]:
        """Return the namespace's ResourceQuotas."""
        return self._many(Quota, self._core.list_namespaced_resource_quota, at.namespace)

    def node(self, at: NodeTarget) -> Node:
        """Return the node."""
        return self._one(Node, self._core.read_node, at.node)

    def nodes(self) -> list[Node]:
        """Return every node."""
        return self._many(Node, self._core.list_node)

    def set_schedulable(self, at: NodeTarget, goal: bool) -> None:
        """Let a node take new pods, or none."""
        # The API leaves the field out of a node that takes pods, and so does this.
        self._call(self._core.patch_node, at.node, {"spec": {"unschedulable": None if goal else True}})

    def pods_on(self, at: NodeTarget) -> list[Pod]:
        """Return the pods of every namespace on a node, by name."""
        field = f"spec.nodeName={at.node}"
        found = self._many(Pod, self._core.list_pod_for_all_namespaces, field_selector=field)
        return sorted(found, key=lambda one: one.short)

    def pods_in(self, at: InNamespace) -> list[Pod]:
        """Return the namespace's pods."""
        return self._many(Pod, self._core.list_namespaced_pod, at.namespace)

    def pod(self, at: PodTarget) -> Pod:
        """Return the pod."""
        return self._one(Pod, self._core.read_namespaced_pod, at.pod, at.namespace)

    def found_pod(self, at: PodTarget) -> Pod | None:
        """Return the pod; None when there is none."""
        try:
            return self.pod(at)
        except ActionFailed as error:
            if error.kind is ErrorClass.MISSING:
                return None
            raise

    def forget(self, pod: Pod) -> bool:
        """Delete a pod from the cluster's books, stopped or not; return False when it was gone."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod.uid}}
        try:
            self._call(self._core.delete_namespaced_pod, pod.name, pod.namespace, body=body)
        except ActionFailed as error:
            if error.kind in (ErrorClass.MISSING, ErrorClass.CONFLICT):
                return False
            raise
        return True

    def evict(self, pod: Pod) -> str | None:
        """Ask a pod to leave its node; return why it may not yet, and None when it goes or is gone."""
        # No apiVersion: the server takes it for the one it speaks, policy/v1, or v1beta1 before 1.22.
        body = {
            "metadata": {"name": pod.name, "namespace": pod.namespace},
            "deleteOptions": {"preconditions": {"uid": pod.uid}},
        }
        try:
            self._call(self._core.create_namespaced_pod_eviction, pod.name, pod.namespace, body)
        except ActionFailed as error:
            if error.kind in (ErrorClass.THROTTLED, ErrorClass.CONFLICT):
                return str(error)
            if error.kind is not ErrorClass.MISSING:
                raise
        return None

    def events(self, at: InNamespace) -> list[Event]:
        """Return the namespace's events."""
        return self._many(Event, self._core.list_namespaced_event, at.namespace)

    def log(self, at: InNamespace, pod: str, container: str, *, lines: int, previous: bool) -> str:
        """Return the end of a container's log; ``previous`` is the container before its last restart."""
        answer = self._call(
            self._core.read_namespaced_pod_log,
            pod,
            at.namespace,
            container=container,
            tail_lines=lines,
            limit_bytes=MAX_LOG,
            previous=previous,
        )
        return answer.data.decode(errors="replace")

    def _of(self, at: OfWorkload, verb: str, part: str = "") -> Callable[..., Any]:
        """Return the client's method for a kind: ``read_namespaced_stateful_set_scale``."""
        method: Callable[..., Any] = getattr(self._apps, f"{verb}_namespaced_{KINDS[at.kind].method}{part}")
        return method

    def _scaled(self, ask: Callable[[_Scaling], ResultT]) -> ResultT:
        """Ask autoscaling/v2, and v1 where that is not there; v1 says all that is asked here.

        Clusters before 1.23 have no v2, and every one has v1: what v1 does not find either is missing.
        """
        try:
            return ask(self._scaling)
        except ActionFailed as error:
            if error.kind is not ErrorClass.MISSING:
                raise
        return ask(self._old_scaling)


def never_at_rest(short: str) -> ActionFailed:
    """Return the error for an object that changed under each of ``TRIES`` writes."""
    return ActionFailed(
        f"{short} changed under each of {TRIES} tries; nothing was changed. Try again.",
        ErrorClass.CONFLICT,
    )


def overtaken(short: str, how: str) -> ActionFailed:
    """Return the error for an object that is no longer as the plan saw it; ``how`` says what it is now."""
    return ActionFailed(
        f"somebody else changed {short} since the plan ({how}). It was left alone; plan again.",
        ErrorClass.CONFLICT,
    )


def allowed(connections: Connections, name: str, namespace: str | None) -> KubernetesConnection:
    """Return a connection; raise ActionFailed when it does not allow the namespace, or the cluster: None."""
    connection = connections.get(name, KubernetesConnection)
    if not connection.namespaces or namespace in connection.namespaces:
        return connection
    named = ", ".join(connection.namespaces)
    if namespace is None:
        raise ActionFailed(
            f"{name} allows only the namespaces {named}, and this is of the whole cluster: a node holds pods"
            " of every one; nothing was changed. Use a connection without `namespaces` for it.",
            ErrorClass.INVALID,
        )
    raise ActionFailed(
        f"{name} allows the namespaces {named}, not {namespace};"
        " nothing was changed. Correct the runbook, or allow it in tocsin.yaml.",
        ErrorClass.INVALID,
    )


def cluster_of(connections: Connections, at: InNamespace) -> Cluster:
    """Return the cluster of ``at``; raise ActionFailed when its connection does not allow the namespace."""
    connection = allowed(connections, at.connection, at.namespace)
    return Cluster(at.connection, api_client(at.connection, connection))


def whole_cluster_of(connections: Connections, at: InCluster) -> Cluster:
    """Return the cluster of ``at``; raise ActionFailed when its connection allows only some namespaces."""
    return Cluster(at.connection, api_client(at.connection, allowed(connections, at.connection, None)))
