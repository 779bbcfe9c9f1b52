"""What the inputs of a Kubernetes action name: a workload, an autoscaler, a node."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from tocsin.actions.base import Frozen, Permission

NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"
"""What the API takes as the name of most objects."""


class InCluster(Frozen):
    """Something in a cluster."""

    connection: str = Field(description="The cluster: k8s:NAME of tocsin.yaml")


class InNamespace(InCluster):
    """Something in one namespace of a cluster."""

    namespace: str = Field(pattern=NAME, max_length=63)

    def may(self, verb: str, resource: str) -> Permission:
        """Return the right to ``verb`` the resource ``group/plural`` in the target's namespace."""
        return Permission(system="kubernetes", verb=verb, resource=f"{resource} in {self.namespace}")


class _Named(InNamespace):
    """One object of a kind; the field that names it is called as the kind is."""

    kind: ClassVar[str]

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/{self.kind}/{getattr(self, self.kind)}"

    @property
    def short(self) -> str:
        """Return ``namespace/name``, for sentences."""
        return f"{self.namespace}/{getattr(self, self.kind)}"


class OfWorkload(InNamespace):
    """What runs pods: of the fields that are called as kinds are, exactly one names it."""

    kinds: ClassVar[tuple[str, ...]]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        given = [kind for kind in self.kinds if getattr(self, kind) is not None]
        choice = f"one of {', '.join(f'`{kind}`' for kind in self.kinds)}"
        if not given:
            # Of a type of its own: which keys are there is known even where an expression gives their values.
            raise PydanticCustomError("keys", "needs {choice}", {"choice": choice})
        if len(given) > 1:
            raise ValueError(f"give only {choice}")
        return self

    @property
    def kind(self) -> str:
        """Return the kind as the field is called that names it: ``statefulset``."""
        return next(kind for kind in self.kinds if getattr(self, kind) is not None)

    @property
    def plural(self) -> str:
        """Return the kind as the API's paths have it: ``statefulsets``."""
        return f"{self.kind}s"

    @property
    def name(self) -> str:
        """Return the name of the workload."""
        return str(getattr(self, self.kind))

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/{self.kind}/{self.name}"

    @property
    def short(self) -> str:
        """Return ``namespace/name``, for sentences."""
        return f"{self.namespace}/{self.name}"

    @property
    def revisions(self) -> str:
        """Return what keeps the workload's revisions, as rights name it."""
        return "apps/replicasets" if self.kind == "deployment" else "apps/controllerrevisions"


def _named(description: str) -> Any:
    return Field(default=None, pattern=NAME, max_length=253, description=description)


class Target(OfWorkload):
    """A Deployment, a StatefulSet or a DaemonSet."""

    kinds = ("deployment", "statefulset", "daemonset")
    deployment: str | None = _named("Its name, if it is a Deployment")
    statefulset: str | None = _named("Its name, if it is a StatefulSet")
    daemonset: str | None = _named("Its name, if it is a DaemonSet")


class Scalable(OfWorkload):
    """A Deployment, a StatefulSet or a ReplicaSet."""

    kinds = ("deployment", "statefulset", "replicaset")
    deployment: str | None = _named("Its name, if it is a Deployment")
    statefulset: str | None = _named("Its name, if it is a StatefulSet")
    replicaset: str | None = _named("Its name, if it is a ReplicaSet of no Deployment")


class DeploymentTarget(OfWorkload):
    """A Deployment."""

    kinds = ("deployment",)
    deployment: str = Field(pattern=NAME, max_length=253)


class AutoscalerTarget(_Named):
    """A HorizontalPodAutoscaler."""

    kind = "autoscaler"
    autoscaler: str = Field(pattern=NAME, max_length=253)


class PodTarget(_Named):
    """A pod."""

    kind = "pod"
    pod: str = Field(pattern=NAME, max_length=253)


class CronJobTarget(_Named):
    """A CronJob."""

    kind = "cronjob"
    cronjob: str = Field(pattern=NAME, max_length=52)


class ClaimTarget(_Named):
    """A PersistentVolumeClaim."""

    kind = "claim"
    claim: str = Field(pattern=NAME, max_length=253)


class NodeTarget(InCluster):
    """A node."""

    node: str = Field(pattern=NAME, max_length=253)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/node/{self.node}"

    def may(self, verb: str, resource: str) -> Permission:
        """Return the right to ``verb`` the resource ``group/plural`` in the whole cluster."""
        return Permission(system="kubernetes", verb=verb, resource=resource)


def kubectl(given: Mapping[str, JsonValue], words: str) -> str:
    """Return the command that a person types; ``words`` come before the workload's name."""
    kind = next(
        (kind for kind in ("statefulset", "daemonset", "replicaset") if given.get(kind)), "deployment"
    )
    return f"kubectl -n {given.get('namespace')} {words} {kind}/{given.get(kind)}"
