"""Empty a node, the way ``kubectl drain`` does: cordon it, then ask its pods to leave.

An eviction respects the PodDisruptionBudgets: the cluster refuses it with 429 while too few pods of the
kind are healthy. A try evicts what may go, and then fails as ``throttled`` for the rest: the step's
``retry`` is the backing off, and holds no thread meanwhile.
https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Risk, Verdict
from tocsin.actions.kubernetes.client import Cluster, whole_cluster_of
from tocsin.actions.kubernetes.cordon import NodePlan, no_other_warning, schedulable_change, set_schedulable
from tocsin.actions.kubernetes.pods import Node, Pod
from tocsin.actions.kubernetes.targets import NodeTarget
from tocsin.errors import ActionFailed, ErrorClass

MAX_NAMED = 10
"""Pods named in one sentence."""
CONTROL_PLANE = frozenset({"node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"})


class Drain(NodeTarget):
    """The node, and what may be destroyed on it."""

    force: bool = Field(default=False, description="Also evict pods that no controller puts back elsewhere")
    delete_emptydir_data: bool = Field(
        default=False, description="Also evict pods whose `emptyDir` volumes are lost with them"
    )


class DrainPlan(NodePlan):
    """What leaves the node; ``undo`` uncordons it, and brings no pod back."""

    pods: tuple[str, ...]
    """``namespace/name`` of those that would be evicted."""


class Drained(Frozen):
    """What left, as far as the cluster has accepted it; ``verify`` waits until they are gone."""

    node: str
    pods: tuple[str, ...]
    """``namespace/name`` of those that were on the node when it was planned, and since."""


class DrainNode(Action[Drain, DrainPlan, Drained]):
    """Cordon a node and evict its pods, but DaemonSets' and static ones. Undo uncordons it.

    A pod that a disruption budget holds makes it fail as `throttled`: let the step retry on that.
    """

    name = "k8s.drain"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=10)

    def resources(self, want: Drain) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        flags = {"force": "--force", "delete_emptydir_data": "--delete-emptydir-data"}
        said = "".join(f" {flag}={str(given[name]).lower()}" for name, flag in flags.items() if name in given)
        return f"kubectl drain {given.get('node')} --ignore-daemonsets{said}"

    def permissions(self, want: Drain) -> list[Permission]:
        return [
            want.may("get", "core/nodes"),
            want.may("list", "core/nodes"),
            want.may("patch", "core/nodes"),
            want.may("list", "core/pods"),
            want.may("create", "core/pods/eviction"),
        ]

    def plan(self, want: Drain) -> DrainPlan:
        cluster = whole_cluster_of(self.connections, want)
        found = cluster.node(want)
        pods = cluster.pods_on(want)
        evicted = _to_evict(pods)
        _refuse_to_destroy(want, evicted, kept="Nothing was changed")
        staying = len(pods) - len(_leaving(pods))
        return DrainPlan(
            summary=f"Drain {want.node}: evict {_counted(evicted)}, leave {staying} there",
            changes=(schedulable_change(want, found, goal=False), *_evictions(want, evicted)),
            warnings=(*_warnings(found, evicted), *no_other_warning(cluster, want)),
            uid=found.uid,
            before=found.schedulable,
            pods=tuple(pod.short for pod in evicted),
        )

    def run(self, want: Drain, plan: DrainPlan, key: str) -> Drained:
        cluster = whole_cluster_of(self.connections, want)
        set_schedulable(cluster, want, plan.uid, goal=False)
        evicted = _to_evict(cluster.pods_on(want))
        _refuse_to_destroy(want, evicted, kept="It stays cordoned, and this try evicted no pod")
        _evict(cluster, want, evicted)
        names = [pod.short for pod in evicted]
        return Drained(node=want.node, pods=tuple(dict.fromkeys([*plan.pods, *names])))

    def verify(self, want: Drain, plan: DrainPlan) -> Verdict:
        cluster = whole_cluster_of(self.connections, want)
        if cluster.node(want).schedulable:
            return Verdict(state="failed", reason=f"somebody uncordoned {want.node} meanwhile")
        left = _leaving(cluster.pods_on(want))
        if left:
            return Verdict(state="waiting", reason=f"still on {want.node}: {_named(left)}")
        return Verdict(state="ok", reason=f"no pod is left on {want.node} that a drain evicts")

    def undo(self, want: Drain, plan: DrainPlan) -> None:
        set_schedulable(whole_cluster_of(self.connections, want), want, plan.uid, goal=plan.before)


def _leaving(pods: Sequence[Pod]) -> list[Pod]:
    """Return the pods that a drain gets rid of: a DaemonSet's would be back at once, a static one stays."""
    return [pod for pod in pods if not pod.static and pod.controller != "DaemonSet"]


def _to_evict(pods: Sequence[Pod]) -> list[Pod]:
    return [pod for pod in _leaving(pods) if not pod.deleted]


def _evictions(want: Drain, pods: Sequence[Pod]) -> Iterator[Change]:
    for pod in pods:
        resource = f"{want.connection}/{pod.namespace}/pod/{pod.name}"
        yield Change(resource=resource, field="node", before=want.node, after=None)


def _refuse_to_destroy(want: Drain, evicted: Sequence[Pod], *, kept: str) -> None:
    lost = [] if want.force else [pod for pod in evicted if _is_alone(pod)]
    emptied = [] if want.delete_emptydir_data else [pod for pod in evicted if _loses_data(pod)]
    troubles = []
    if lost:
        troubles.append(f"no controller puts back {_named(lost)} (set `force` to lose them)")
    if emptied:
        troubles.append(
            f"emptyDir volumes go with {_named(emptied)} (set `delete_emptydir_data` to lose them)"
        )
    if troubles:
        raise ActionFailed(
            f"{want.node} cannot be drained: {'; '.join(troubles)}. {kept}.", ErrorClass.INVALID
        )


def _is_alone(pod: Pod) -> bool:
    return not (pod.controller or pod.finished)


def _loses_data(pod: Pod) -> bool:
    return pod.keeps_data and not pod.finished


def _evict(cluster: Cluster, want: Drain, pods: Sequence[Pod]) -> None:
    """Ask every pod to leave; raise THROTTLED when some may not yet."""
    held = [(pod, reason) for pod in pods if (reason := cluster.evict(pod)) is not None]
    if held:
        first, reason = held[0]
        raise ActionFailed(
            f"{len(held)} of {_counted(pods)} may not leave {want.node} yet. It stays cordoned, the others"
            f" are going, and another try takes up from there. {first.short}: {reason}",
            ErrorClass.THROTTLED,
        )


def _warnings(found: Node, evicted: Sequence[Pod]) -> Iterator[str]:
    if found.labels.keys() & CONTROL_PLANE:
        yield f"{found.name} is part of the control plane"
    if lost := [pod for pod in evicted if _is_alone(pod)]:
        yield f"no controller puts back {_named(lost)}"
    if emptied := [pod for pod in evicted if _loses_data(pod)]:
        yield f"emptyDir volumes go with {_named(emptied)}"


def _counted(pods: Sequence[Pod]) -> str:
    return f"{len(pods)} pod" if len(pods) == 1 else f"{len(pods)} pods"


def _named(pods: Sequence[Pod]) -> str:
    more = f" and {len(pods) - MAX_NAMED} more" if len(pods) > MAX_NAMED else ""
    return ", ".join(pod.short for pod in pods[:MAX_NAMED]) + more
