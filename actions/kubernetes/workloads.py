"""What the actions read of the workloads, and of the revisions of their pod templates."""

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tocsin.actions.kubernetes.objects import (
    RESTARTED_AT,
    Condition,
    Requirement,
    Template,
    Templated,
    Words,
    under,
    without_hash,
)

REVISION = "deployment.kubernetes.io/revision"


class Kept(Templated):
    """A revision that the cluster keeps."""

    created: datetime = Field(validation_alias=under("metadata", "creationTimestamp"))

    @property
    @abstractmethod
    def revision(self) -> int:
        """Return its number."""

    @property
    def clean_template(self) -> Template:
        """Return the template as the workload had it, without what a controller adds."""
        return without_hash(self.template)


class ReplicaSet(Kept):
    """One revision of a Deployment."""

    @property
    def revision(self) -> int:
        """Return the revision that the Deployment controller wrote on it; 0 when it has not yet."""
        return int(self.annotations.get(REVISION, "0"))


class ControllerRevision(Kept):
    """One revision of a StatefulSet or a DaemonSet: a patch that replaces the template."""

    template: Template = Field(validation_alias=under("data", "spec", "template"))
    revision_: int = Field(validation_alias="revision")

    @property
    def revision(self) -> int:
        return self.revision_

    @property
    def clean_template(self) -> Template:
        return without_hash({key: value for key, value in self.template.items() if key != "$patch"})


class Workload(Templated):
    """What runs pods of one template, and its status. The kinds have their counts in places of their own."""

    namespace: str = Field(validation_alias=under("metadata", "namespace"))
    resource_version: str = Field(validation_alias=under("metadata", "resourceVersion"))
    generation: int = Field(validation_alias=under("metadata", "generation"))
    replicas: int = Field(default=1, validation_alias=under("spec", "replicas"))
    paused: bool = Field(default=False, validation_alias=under("spec", "paused"))
    strategy: str = Field(default="RollingUpdate", validation_alias=under("spec", "updateStrategy", "type"))
    max_unavailable: int | str = Field(
        default=1, validation_alias=under("spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
    )
    partition: int = Field(
        default=0, validation_alias=under("spec", "updateStrategy", "rollingUpdate", "partition")
    )
    """Of a StatefulSet: pods with a lower number keep the old template."""
    match_labels: Words = Field(default={}, validation_alias=under("spec", "selector", "matchLabels"))
    match_expressions: tuple[Requirement, ...] = Field(
        default=(), validation_alias=under("spec", "selector", "matchExpressions")
    )
    observed_generation: int = Field(default=0, validation_alias=under("status", "observedGeneration"))
    current: int = Field(default=0, validation_alias=under("status", "replicas"))
    updated: int = Field(default=0, validation_alias=under("status", "updatedReplicas"))
    available: int = Field(default=0, validation_alias=under("status", "availableReplicas"))
    conditions: tuple[Condition, ...] = Field(default=(), validation_alias=under("status", "conditions"))

    @property
    def selector(self) -> str:
        """Return the label selector as the API's query parameter wants it."""
        labels = [f"{key}={value}" for key, value in self.match_labels.items()]
        return ",".join([*labels, *map(str, self.match_expressions)])

    @property
    def restarted_at(self) -> str | None:
        """Return what the template says of its last restart."""
        metadata = self.template.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
        found = annotations.get(RESTARTED_AT) if isinstance(annotations, Mapping) else None
        return None if found is None else str(found)

    @property
    def to_update(self) -> int:
        """Return how many pods a rollout gives the new template."""
        return max(self.replicas - self.partition, 0)

    @property
    def by_deletion(self) -> bool:
        """Say whether a pod takes a new template only when somebody deletes it."""
        return self.strategy == "OnDelete"

    @property
    def may_be_without_pods(self) -> bool:
        """Say whether a rollout may stop every pod before a new one is there."""
        if self.strategy == "Recreate":
            return True
        most = str(self.max_unavailable)
        share = self.replicas * int(most[:-1]) // 100 if most.endswith("%") else int(most)
        return share >= self.replicas

    def runs(self, one: Kept) -> bool:
        """Say whether this is the revision that the workload asks for now."""
        return without_hash(self.template) == one.clean_template


class Deployment(Workload):
    """A Deployment and its status."""

    @property
    def revision(self) -> int:
        """Return the revision that its controller wrote on it; 0 when it has not yet."""
        return int(self.annotations.get(REVISION, "0"))

    strategy: str = Field(default="RollingUpdate", validation_alias=under("spec", "strategy", "type"))
    max_unavailable: int | str = Field(
        default="25%", validation_alias=under("spec", "strategy", "rollingUpdate", "maxUnavailable")
    )


class ClaimTemplate(BaseModel):
    """Of a StatefulSet: what each of its pods gets a volume claim from."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(validation_alias=under("metadata", "name"))


class StatefulSet(Workload):
    """A StatefulSet and its status."""

    available: int = Field(default=0, validation_alias=under("status", "readyReplicas"))
    """As ``kubectl`` counts; clusters before 1.22 have no other count."""
    claims: tuple[ClaimTemplate, ...] = Field(
        default=(), validation_alias=under("spec", "volumeClaimTemplates")
    )
    when_scaled: str = Field(
        default="Retain",
        validation_alias=under("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"),
    )
    """What happens to the volume claims of pods that are scaled away: ``Retain`` or ``Delete``."""


class DaemonSet(Workload):
    """A DaemonSet and its status: the nodes decide how many pods it wants."""

    replicas: int = Field(default=0, validation_alias=under("status", "desiredNumberScheduled"))
    current: int = Field(default=0, validation_alias=under("status", "currentNumberScheduled"))
    updated: int = Field(default=0, validation_alias=under("status", "updatedNumberScheduled"))
    available: int = Field(default=0, validation_alias=under("status", "numberAvailable"))


class LoneReplicaSet(Workload):
    """A ReplicaSet in its own right; all its pods are of its one template."""

    updated: int = Field(default=0, validation_alias=under("status", "replicas"))


class Kind(NamedTuple):
    """How the API and the client call one kind of workload."""

    name: str
    method: str
    """In the middle of the client's names: ``read_namespaced_stateful_set``."""
    model: type[Workload]


KINDS: Mapping[str, Kind] = {
    "deployment": Kind("Deployment", "deployment", Deployment),
    "statefulset": Kind("StatefulSet", "stateful_set", StatefulSet),
    "daemonset": Kind("DaemonSet", "daemon_set", DaemonSet),
    "replicaset": Kind("ReplicaSet", "replica_set", LoneReplicaSet),
}
"""By the field of an input that names one."""
