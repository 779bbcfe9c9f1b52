"""The Kubernetes API as far as the actions need it: every call is bounded and every error has a class."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from kubernetes import config
from kubernetes.client import (
    ApiClient,
    AppsV1Api,
    AutoscalingV1Api,
    AutoscalingV2Api,
    Configuration,
    CoreV1Api,
)
from pydantic import BaseModel, Field, JsonValue, ValidationError

from tocsin.actions.base import Frozen, Permission
from tocsin.actions.kubernetes.failures import TIMEOUT, told
from tocsin.actions.kubernetes.objects import Autoscaler, Deployment, Event, Pod, ReplicaSet, Scale, Template
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

PAGE = 500
MAX_PAGES = 20
MAX_LOG = 4 * 1024 * 1024
"""Bytes read of one log; beyond it the cluster cuts the newest lines off."""
TRIES = 5
"""Of one write: a busy Deployment's status changes its version too, which is nobody's conflict."""

_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
ReadT = TypeVar("ReadT", bound=BaseModel)


class Target(Frozen):
    """A Deployment, as the inputs of every action here begin."""

    connection: str = Field(description="The cluster: k8s:NAME of tocsin.yaml")
    namespace: str = Field(pattern=_NAME, max_length=63)
    deployment: str = Field(pattern=_NAME, max_length=253)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/deployment/{self.deployment}"

    @property
    def short(self) -> str:
        """Return ``namespace/deployment``, for sentences."""
        return f"{self.namespace}/{self.deployment}"

    def may(self, verb: str, resource: str) -> Permission:
        """Return the right to ``verb`` the resource ``group/plural`` in the target's namespace."""
        return Permission(system="kubernetes", verb=verb, resource=f"{resource} in {self.namespace}")


def kubectl(given: Mapping[str, JsonValue], words: str) -> str:
    """Return the command that a person types; ``words`` come before the Deployment's name."""
    return f"kubectl -n {given.get('namespace')} {words} deployment/{given.get('deployment')}"


class _Answer(Protocol):
    data: bytes


class Cluster:
    """One connection's API. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str, api: ApiClient) -> None:
        self._name = name
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
        return self._patched(self._apps.patch_namespaced_deployment_scale, at, body)

    def set_template(self, at: Target, seen: Deployment, template: Template) -> bool:
        """Replace the pod template; return False when the object changed since ``seen``."""
        # Not a `test` operation: that answers 422 when it fails, which looks like a wrong template; writing
        # the version that was read makes the server itself answer 409.
        body = [
            {"op": "replace", "path": "/metadata/resourceVersion", "value": seen.resource_version},
            {"op": "replace", "path": "/spec/template", "value": template},
        ]
        return self._patched(self._apps.patch_namespaced_deployment, at, body)

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
        try:
            listed = self._many(
                Autoscaler, self._scaling.list_namespaced_horizontal_pod_autoscaler, at.namespace
            )
        except ActionFailed as error:
            if error.kind is not ErrorClass.MISSING:
                raise
            # Clusters before 1.23 have no autoscaling/v2; v1 says all that is asked here.
            listed = self._many(
                Autoscaler, self._old_scaling.list_namespaced_horizontal_pod_autoscaler, at.namespace
            )
        return [one for one in listed if (one.target_kind, one.target_name) == ("Deployment", at.deployment)]

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

    def _one(self, model: type[ReadT], call: Callable[..., Any], *args: str) -> ReadT:
        return _parse(model, json.loads(self._call(call, *args).data))

    def _many(self, model: type[ReadT], call: Callable[..., Any], namespace: str, **how: Any) -> list[ReadT]:
        found: list[ReadT] = []
        token: str | None = None
        for _ in range(MAX_PAGES):
            page = json.loads(self._call(call, namespace, limit=PAGE, _continue=token, **how).data)
            found += [_parse(model, item) for item in page.get("items") or ()]
            token = page["metadata"].get("continue")
            if not token:
                return found
        raise ActionFailed(
            f"{self._name} holds more than {PAGE * MAX_PAGES} objects where a few were expected in"
            f" namespace {namespace}; nothing was changed. Look at it with kubectl.",
            ErrorClass.INVALID,
        )

    def _patched(self, call: Callable[..., Any], at: Target, body: object) -> bool:
        try:
            self._call(call, at.deployment, at.namespace, body)
        except ActionFailed as error:
            if error.kind is ErrorClass.CONFLICT:
                return False
            raise
        return True

    def _call(self, call: Callable[..., Any], *args: Any, **how: Any) -> _Answer:
        with told(self._name):
            answer: _Answer = call(*args, _preload_content=False, _request_timeout=TIMEOUT, **how)
            answer.data  # noqa: B018  # reads the body here, where a timeout gets its class
            return answer


def never_at_rest(at: Target) -> ActionFailed:
    """Return the error for an object that changed under each of ``TRIES`` writes."""
    return ActionFailed(
        f"{at.short} changed under each of {TRIES} tries; nothing was changed. Try again.",
        ErrorClass.CONFLICT,
    )


def cluster_of(connections: Connections, at: Target) -> Cluster:
    """Return the cluster of ``at``; raise ActionFailed when its connection does not allow the namespace."""
    connection = connections.get(at.connection, KubernetesConnection)
    if connection.namespaces and at.namespace not in connection.namespaces:
        raise ActionFailed(
            f"{at.connection} allows the namespaces {', '.join(connection.namespaces)}, not {at.namespace};"
            " nothing was changed. Correct the runbook, or allow it in tocsin.yaml.",
            ErrorClass.INVALID,
        )
    with told(at.connection):
        path = connection.kubeconfig
        written = Path(path).stat().st_mtime_ns if path else 0
        return Cluster(at.connection, _client(path, connection.context, written))


@lru_cache(maxsize=32)
def _client(kubeconfig: str | None, context: str | None, written: int) -> ApiClient:
    """Return a client; ``written`` makes a new one when the kubeconfig was rotated."""
    configuration = Configuration(retries=False)  # the conductor retries, and knows what may be retried
    if kubeconfig is None:
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    else:
        config.load_kube_config(  # type: ignore[no-untyped-call]
            kubeconfig, context=context, client_configuration=configuration, persist_config=False
        )
    return ApiClient(configuration)


def _parse(model: type[ReadT], item: Any) -> ReadT:
    try:
        return model.model_validate(item)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise ActionFailed(
            f"the cluster sent a {model.__name__} without a usable {fields}; nothing was changed.",
            ErrorClass.INVALID,
        ) from None
