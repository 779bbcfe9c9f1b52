"""What the inputs of a Kubernetes action name: a Deployment, an autoscaler, a node."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field, JsonValue

from tocsin.actions.base import Frozen, Permission

_NAME = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"


class InCluster(Frozen):
    """Something in a cluster."""

    connection: str = Field(description="The cluster: k8s:NAME of tocsin.yaml")


class InNamespace(InCluster):
    """Something in one namespace of a cluster."""

    namespace: str = Field(pattern=_NAME, max_length=63)

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


class Target(_Named):
    """A Deployment."""

    kind = "deployment"
    deployment: str = Field(pattern=_NAME, max_length=253)


class AutoscalerTarget(_Named):
    """A HorizontalPodAutoscaler."""

    kind = "autoscaler"
    autoscaler: str = Field(pattern=_NAME, max_length=253)


class NodeTarget(InCluster):
    """A node."""

    node: str = Field(pattern=_NAME, max_length=253)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/node/{self.node}"

    def may(self, verb: str, resource: str) -> Permission:
        """Return the right to ``verb`` the resource ``group/plural`` in the whole cluster."""
        return Permission(system="kubernetes", verb=verb, resource=resource)


def kubectl(given: Mapping[str, JsonValue], words: str) -> str:
    """Return the command that a person types; ``words`` come before the Deployment's name."""
    return f"kubectl -n {given.get('namespace')} {words} deployment/{given.get('deployment')}"
