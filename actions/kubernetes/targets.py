"""What the inputs of a Kubernetes action name: a Deployment, an autoscaler, a node."""

from collections.abc import Mapping

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


class Target(InNamespace):
    """A Deployment."""

    deployment: str = Field(pattern=_NAME, max_length=253)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/deployment/{self.deployment}"

    @property
    def short(self) -> str:
        """Return ``namespace/deployment``, for sentences."""
        return f"{self.namespace}/{self.deployment}"


class AutoscalerTarget(InNamespace):
    """A HorizontalPodAutoscaler."""

    autoscaler: str = Field(pattern=_NAME, max_length=253)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/{self.namespace}/autoscaler/{self.autoscaler}"

    @property
    def short(self) -> str:
        """Return ``namespace/autoscaler``, for sentences."""
        return f"{self.namespace}/{self.autoscaler}"


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
