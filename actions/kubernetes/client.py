"""The Kubernetes API as far as the actions need it."""

from collections.abc import Callable
from typing import TypeVar

from kubernetes.client import ApiClient, AppsV1Api, AutoscalingV1Api, AutoscalingV2Api, CoreV1Api

from tocsin.actions.kubernetes.objects import (
    RESTARTED_AT,
    Autoscaler,
    Deployment,
    Event,
    ReplicaSet,
    Scale,
    Template,
)
from tocsin.actions.kubernetes.pods import Node, Pod
from tocsin.actions.kubernetes.targets import AutoscalerTarget, InCluster, InNamespace, NodeTarget, Target
from tocsin.actions.kubernetes.wire import Wire, api_client
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

MAX_LOG = 4 * 1024 * 1024
"""Bytes read of one log; beyond it the cluster cuts the newest lines off."""
TRIES = 5
"""Of one write: a busy Deployment's status changes its version too, which is nobody's conflict."""
RESTART_KEY = "tocsin/restart-key"
"""On a Deployment: the key of the step that restarted it last."""

_Scaling = AutoscalingV1Api | AutoscalingV2Api
ResultT = TypeVar("ResultT")


class Cluster(Wire):
    """One connection's API. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str, api: ApiClient) -> None:
        super().__init__(name)
        self._apps = AppsV1Api(api)
        self._core = CoreV1Api(api)
        self._scaling = AutoscalingV2Api(api)
        self._old_scaling = AutoscalingV1Api(api)

    def deployment(self, at: Target) -> Deployment:
        """Return the Deployment."""
        return self._one(Deployment, self._apps.read_namespaced_deployment, at.deployment, at.namespace)

    def scale(self, at: Target) -> Scale:
        """Return the Deployment's scale."""
        return self._one(Scale, self._apps.read_namespaced_deployment_scale, at.deployment, at.namespace)

    def set_scale(self, at: Target, seen: Scale, replicas: int) -> bool:
        """Set the replica count; return False when the object changed since ``seen``."""
        body = {"metadata": {"resourceVersion": seen.resource_version}, "spec": {"replicas": replicas}}
        return self._patched(self._apps.patch_namespaced_deployment_scale, at.deployment, at.namespace, body)

    def set_template(self, at: Target, seen: Deployment, template: Template) -> bool:
        """Replace the pod template; return False when the object changed since ``seen``."""
        # Not a `test` operation: that answers 422 when it fails, which looks like a wrong template; writing
        # the version that was read makes the server itself answer 409.
        body = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": seen.resource_version},
            {"op": "replace", "path": "/spec/template", "value": template},
        ]
        return self._patched(self._apps.patch_namespaced_deployment, at.deployment, at.namespace, body)

    def restart(self, at: Target, seen: Deployment, *, time: str, key: str) -> bool:
        """Make new pods of the same template; return False when the object changed since ``seen``."""
        body = {
            "metadata": {"resourceVersion": seen.resource_version, "annotations": {RESTART_KEY: key}},
            "spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: time}}}},
        }
        return self._patched(self._apps.patch_namespaced_deployment, at.deployment, at.namespace, body)

    def replica_sets(self, of: Deployment) -> list[ReplicaSet]:
        """Return the Deployment's revisions, the newest first."""
        listed = self._many(
            ReplicaSet, self._apps.list_namespaced_replica_set, of.namespace, label_selector=of.selector
        )
        owned = [one for one in listed if any(owner.uid == of.uid for owner in one.owners)]
        return sorted(owned, key=lambda one: one.revision, reverse=True)

    def pods(self, of: Deployment) -> list[Pod]:
        """Return the Deployment's pods, those that are not ready first."""
        sets = {one.uid for one in self.replica_sets(of)}
        listed = self._many(Pod, self._core.list_namespaced_pod, of.namespace, label_selector=of.selector)
        owned = [one for one in listed if any(owner.uid in sets for owner in one.owners)]
        return sorted(owned, key=lambda one: (one.ready, -one.restarts, one.name))

    def autoscalers(self, at: Target) -> list[Autoscaler]:
        """Return the HorizontalPodAutoscalers that set this Deployment's replica count."""

        def listed(scaling: _Scaling) -> list[Autoscaler]:
            return self._many(Autoscaler, scaling.list_namespaced_horizontal_pod_autoscaler, at.namespace)

        wanted = ("Deployment", at.deployment)
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

    def events(self, at: Target) -> list[Event]:
        """Return the namespace's events."""
        return self._many(Event, self._core.list_namespaced_event, at.namespace)

    def log(self, at: Target, pod: str, container: str, *, lines: int, previous: bool) -> str:
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


def cluster_of(connections: Connections, at: InNamespace) -> Cluster:
    """Return the cluster of ``at``; raise ActionFailed when its connection does not allow the namespace."""
    connection = connections.get(at.connection, KubernetesConnection)
    if connection.namespaces and at.namespace not in connection.namespaces:
        raise ActionFailed(
            f"{at.connection} allows the namespaces {', '.join(connection.namespaces)}, not {at.namespace};"
            " nothing was changed. Correct the runbook, or allow it in tocsin.yaml.",
            ErrorClass.INVALID,
        )
    return Cluster(at.connection, api_client(at.connection, connection))


def whole_cluster_of(connections: Connections, at: InCluster) -> Cluster:
    """Return the cluster of ``at``; raise ActionFailed when its connection allows only some namespaces."""
    connection = connections.get(at.connection, KubernetesConnection)
    if connection.namespaces:
        raise ActionFailed(
            f"{at.connection} allows only the namespaces {', '.join(connection.namespaces)}, and a node holds"
            " pods of every one; nothing was changed. Use a connection without `namespaces` for nodes.",
            ErrorClass.INVALID,
        )
    return Cluster(at.connection, api_client(at.connection, connection))
