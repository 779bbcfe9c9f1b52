"""The kinds of objects that actions may name, and the input that names one object of any kind."""

from collections.abc import Mapping
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from tocsin.actions.base import Permission
from tocsin.actions.kubernetes.targets import NAME, InCluster


class Kind(NamedTuple):
    """Where the API serves a kind."""

    name: str
    plural: str
    group: str = ""
    versions: tuple[str, ...] = ("v1",)
    """The newest first: an older one is asked where a cluster does not serve it."""
    namespaced: bool = True
    word: str = ""
    """In the names of locks; the kind's name in small letters when empty."""

    @property
    def right(self) -> str:
        """Return the kind as rights name it: ``apps/deployments``."""
        return f"{self.group or 'core'}/{self.plural}"


CLAIM = Kind("PersistentVolumeClaim", "persistentvolumeclaims", word="claim")
CRON_JOB = Kind("CronJob", "cronjobs", "batch", ("v1", "v1beta1"))
EVENT = Kind("Event", "events")
JOB = Kind("Job", "jobs", "batch")
NETWORK_POLICY = Kind("NetworkPolicy", "networkpolicies", "networking.k8s.io")
NODE = Kind("Node", "nodes", namespaced=False)
POD = Kind("Pod", "pods")
SERVICE = Kind("Service", "services")
SLICE = Kind("EndpointSlice", "endpointslices", "discovery.k8s.io", ("v1", "v1beta1"))
STORAGE_CLASS = Kind("StorageClass", "storageclasses", "storage.k8s.io", namespaced=False)

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        CLAIM,
        CRON_JOB,
        JOB,
        NETWORK_POLICY,
        NODE,
        POD,
        SERVICE,
        STORAGE_CLASS,
        Kind("ConfigMap", "configmaps"),
        Kind("DaemonSet", "daemonsets", "apps"),
        Kind("Deployment", "deployments", "apps"),
        Kind(
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            "autoscaling",
            ("v2", "v1"),
            word="autoscaler",
        ),
        Kind("Ingress", "ingresses", "networking.k8s.io"),
        Kind("Namespace", "namespaces", namespaced=False),
        Kind("PersistentVolume", "persistentvolumes", namespaced=False),
        Kind("PodDisruptionBudget", "poddisruptionbudgets", "policy", ("v1", "v1beta1")),
        Kind("ReplicaSet", "replicasets", "apps"),
        Kind("StatefulSet", "statefulsets", "apps"),
    )
}
"""What an input may name by its kind alone."""


class ObjectTarget(InCluster):
    """One object of any kind but Secret, whose content would stand in the log."""

    kind: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=63, description="`Deployment`, `Node`, …")
    name: str = Field(pattern=NAME, max_length=253)
    namespace: str | None = Field(
        default=None, pattern=NAME, max_length=63, description="For a kind that lives in namespaces"
    )
    api_version: str | None = Field(
        default=None,
        pattern=r"^([a-z0-9.-]+/)?v[a-z0-9]+$",
        description="For a kind that Kubernetes does not bring itself: `keda.sh/v1alpha1`",
    )
    plural: str | None = Field(
        default=None, pattern=r"^[a-z0-9]+$", description="Likewise, as `kubectl api-resources` has it"
    )

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if self.kind == "Secret" or self.plural == "secrets":
            raise ValueError("a Secret is not for runbooks: what it holds would stand in the log")
        found = KINDS.get(self.kind)
        if found is None and not (self.api_version and self.plural):
            raise ValueError(
                f"{self.kind} is no kind of Kubernetes' own: give `api_version` and `plural` too"
            )
        if found and (self.api_version or self.plural):
            raise ValueError(f"{self.kind} needs neither `api_version` nor `plural`")
        if found and found.namespaced != (self.namespace is not None):
            lives = "needs `namespace`" if found.namespaced else "is in no namespace"
            raise ValueError(f"a {self.kind} {lives}")
        return self

    @property
    def of(self) -> Kind:
        """Return where the API serves it."""
        if (known := KINDS.get(self.kind)) is not None:
            return known
        group, _, version = (self.api_version or "").rpartition("/")
        return Kind(self.kind, self.plural or "", group, (version,), self.namespace is not None)

    @property
    def short(self) -> str:
        """Return the kind, the namespace and the name, for sentences."""
        return f"{self.kind} {f'{self.namespace}/' if self.namespace else ''}{self.name}"

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.connection}/{where}{self.of.word or self.kind.lower()}/{self.name}"

    def may(self, verb: str) -> Permission:
        """Return the right to ``verb`` the kind where the object is."""
        where = f" in {self.namespace}" if self.namespace else ""
        return Permission(system="kubernetes", verb=verb, resource=f"{self.of.right}{where}")
