"""Let a node take new pods, or none. Those that run there stay."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import Cluster, whole_cluster_of
from tocsin.actions.kubernetes.pods import Node
from tocsin.actions.kubernetes.targets import NodeTarget
from tocsin.errors import ActionFailed, ErrorClass


class NodePlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: bool
    """Whether the node took new pods."""


class NodeState(Frozen):
    """The node as it is now."""

    node: str
    schedulable: bool
    """Whether it takes new pods."""
    changed: bool
    """False when it was so already."""


class _SetSchedulable(Action[NodeTarget, NodePlan, NodeState]):
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT
    goal: ClassVar[bool]

    def resources(self, want: NodeTarget) -> list[str]:
        return [want.resource]

    def permissions(self, want: NodeTarget) -> list[Permission]:
        return [want.may("get", "core/nodes"), want.may("patch", "core/nodes")]

    def plan(self, want: NodeTarget) -> NodePlan:
        cluster = whole_cluster_of(self.connections, want)
        found = cluster.node(want)
        return NodePlan(
            summary=f"{type(self).__name__} {want.node}",
            changes=(schedulable_change(want, found, goal=self.goal),),
            warnings=self._warnings(cluster, want),
            uid=found.uid,
            before=found.schedulable,
        )

    def run(self, want: NodeTarget, plan: NodePlan, key: str) -> NodeState:
        cluster = whole_cluster_of(self.connections, want)
        changed = set_schedulable(cluster, want, plan.uid, goal=self.goal)
        return NodeState(node=want.node, schedulable=self.goal, changed=changed)

    def verify(self, want: NodeTarget, plan: NodePlan) -> Verdict:
        found = whole_cluster_of(self.connections, want).node(want)
        state = "takes new pods" if found.schedulable else "takes no new pods"
        if found.schedulable != self.goal:
            return Verdict(state="failed", reason=f"somebody else changed {want.node} meanwhile: it {state}")
        return Verdict(state="ok", reason=f"{want.node} {state}")

    def undo(self, want: NodeTarget, plan: NodePlan) -> None:
        set_schedulable(whole_cluster_of(self.connections, want), want, plan.uid, goal=plan.before)

    def _warnings(self, cluster: Cluster, want: NodeTarget) -> tuple[str, ...]:
        return ()


class Cordon(_SetSchedulable):
    """Let a node take no new pods; those that run there stay. Undo lets it take them again."""

    name = "k8s.cordon"
    goal = False

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"kubectl cordon {given.get('node')}"

    def permissions(self, want: NodeTarget) -> list[Permission]:
        return [*super().permissions(want), want.may("list", "core/nodes")]

    def _warnings(self, cluster: Cluster, want: NodeTarget) -> tuple[str, ...]:
        return no_other_warning(cluster, want)


class Uncordon(_SetSchedulable):
    """Let a cordoned node take new pods again. Undo cordons it as it was."""

    name = "k8s.uncordon"
    goal = True

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"kubectl uncordon {given.get('node')}"


def set_schedulable(cluster: Cluster, at: NodeTarget, uid: str, *, goal: bool) -> bool:
    """Let the node take new pods or none, unless it is so already; raise CONFLICT when it is another one."""
    seen = cluster.node(at)
    if seen.uid != uid:
        raise ActionFailed(
            f"{at.node} is another machine of the same name since the plan. It was left alone; plan again.",
            ErrorClass.CONFLICT,
        )
    if seen.schedulable == goal:
        return False
    cluster.set_schedulable(at, goal)
    return True


def schedulable_change(at: NodeTarget, found: Node, *, goal: bool) -> Change:
    """Return the line of a plan that says whether the node takes new pods."""
    return Change(resource=at.resource, field="schedulable", before=found.schedulable, after=goal)


def no_other_warning(cluster: Cluster, at: NodeTarget) -> tuple[str, ...]:
    """Return a warning when no other node would take the pods that this one does not."""
    if any(one.open_to_all for one in cluster.nodes() if one.name != at.node):
        return ()
    return (f"no other node is ready to take pods: what would run on {at.node} waits",)
