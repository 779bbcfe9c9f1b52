"""The kinds the twin knows, and how their paths read."""

from pydantic import BaseModel, ConfigDict


class Kind(BaseModel):
    """One resource of the API: where it is served and how it behaves."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    version: str
    name: str
    plural: str
    short: str
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    counts_generations: bool = False

    @property
    def api_version(self) -> str:
        """Return what `apiVersion` says: `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """Return the resource as error messages name it: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


NAMESPACE = Kind(group="", version="v1", name="Namespace", plural="namespaces", short="ns", namespaced=False)
NODE = Kind(
    group="",
    version="v1",
    name="Node",
    plural="nodes",
    short="no",
    namespaced=False,
    subresources=("status",),
)
POD = Kind(
    group="",
    version="v1",
    name="Pod",
    plural="pods",
    short="po",
    subresources=("status", "log", "eviction"),
)
EVENT = Kind(group="", version="v1", name="Event", plural="events", short="ev")
CONFIG_MAP = Kind(group="", version="v1", name="ConfigMap", plural="configmaps", short="cm")
DEPLOYMENT = Kind(
    group="apps",
    version="v1",
    name="Deployment",
    plural="deployments",
    short="deploy",
    subresources=("status", "scale"),
    counts_generations=True,
)
REPLICA_SET = Kind(
    group="apps",
    version="v1",
    name="ReplicaSet",
    plural="replicasets",
    short="rs",
    subresources=("status", "scale"),
    counts_generations=True,
)
DAEMON_SET = Kind(
    group="apps",
    version="v1",
    name="DaemonSet",
    plural="daemonsets",
    short="ds",
    subresources=("status",),
    counts_generations=True,
)
BUDGET = Kind(
    group="policy",
    version="v1",
    name="PodDisruptionBudget",
    plural="poddisruptionbudgets",
    short="pdb",
    subresources=("status",),
    counts_generations=True,
)
EVENT_V1 = Kind(group="events.k8s.io", version="v1", name="Event", plural="events", short="ev")
AUTOSCALER = Kind(
    group="autoscaling",
    version="v2",
    name="HorizontalPodAutoscaler",
    plural="horizontalpodautoscalers",
    short="hpa",
    subresources=("status",),
)
SCALE = Kind(group="autoscaling", version="v1", name="Scale", plural="scales", short="")
"""What the scale subresource speaks; served only beneath a workload."""

STORED = (
    *(NAMESPACE, NODE, POD, EVENT, CONFIG_MAP),
    *(DEPLOYMENT, REPLICA_SET, DAEMON_SET, AUTOSCALER, BUDGET),
)
SERVED = (*STORED, EVENT_V1)
READ_ONLY = frozenset({EVENT_V1})
"""events.k8s.io is a second view of the core group's Events, and here one to read only."""


def serving(group: str, version: str, plural: str) -> Kind | None:
    """Find the kind served under a path's group, version and plural."""
    return next(
        (kind for kind in SERVED if (kind.group, kind.version, kind.plural) == (group, version, plural)), None
    )
