"""Put a taint on a node, or take one off: what keeps pods away that do not tolerate it."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Literal

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Json, Place, Thing, Turn, anything_of, part
from tocsin.actions.kubernetes.client import Cluster, whole_cluster_of
from tocsin.actions.kubernetes.cordon import no_other_warning
from tocsin.actions.kubernetes.kinds import NODE
from tocsin.actions.kubernetes.label import LabelKey, LabelValue
from tocsin.actions.kubernetes.pods import Taint
from tocsin.actions.kubernetes.targets import NodeTarget
from tocsin.errors import ActionFailed, ErrorClass

_OWNED = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


class SetTaint(NodeTarget):
    """The node and the taint it shall have, or not have."""

    key: LabelKey
    value: LabelValue = ""
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = Field(
        default="NoSchedule", description="`NoExecute` also evicts pods that run there"
    )
    present: bool = Field(default=True, description="`false` takes it off")


class TaintPlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: str | None
    """The taint's value; None when there was no such taint."""


class Tainted(Frozen):
    """The taint before the run."""

    before: str | None
    """Its value; None when there was no such taint."""
    changed: bool
    """False when it was so already."""


class TaintNode(Action[SetTaint, TaintPlan, Tainted]):
    """Put a taint on a node or take it off. Undo restores what plan saw, and brings no evicted pod back."""

    name = "k8s.taint"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: SetTaint) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        effect = given.get("effect", "NoSchedule")
        if given.get("present") is False:
            return f"kubectl taint node {given.get('node')} {given.get('key')}:{effect}-"
        taint = f"{given.get('key')}={given.get('value', '')}:{effect}"
        return f"kubectl taint --overwrite node {given.get('node')} {taint}"

    def permissions(self, want: SetTaint) -> list[Permission]:
        rights = [want.may("get", "core/nodes"), want.may("patch", "core/nodes")]
        if want.present and want.effect != "PreferNoSchedule":
            rights.append(want.may("list", "core/nodes"))
        if want.present and want.effect == "NoExecute":
            rights.append(want.may("list", "core/pods"))
        return rights

    def plan(self, want: SetTaint) -> TaintPlan:
        _refuse_owned(want)
        found = anything_of(self.connections, want.connection, None).read(Place(NODE, want.node))
        before, goal = _value(want, found), _goal(want)
        verb = "Put" if want.present else "Take"
        where = f"on {want.node}" if want.present else f"off {want.node}"
        return TaintPlan(
            summary=f"{verb} the taint {want.key}={want.value}:{want.effect} {where}",
            changes=(
                Change(
                    resource=want.resource,
                    field=f"taint {want.key}:{want.effect}",
                    before=before,
                    after=goal,
                ),
            ),
            warnings=tuple(_warnings(whole_cluster_of(self.connections, want), want)) if want.present else (),
            uid=found.about.uid,
            before=before,
        )

    def run(self, want: SetTaint, plan: TaintPlan, key: str) -> Tainted:
        return Tainted(
            before=plan.before, changed=self._move(want, plan, origin=plan.before, goal=_goal(want))
        )

    def verify(self, want: SetTaint, plan: TaintPlan) -> Verdict:
        found = anything_of(self.connections, want.connection, None).read(Place(NODE, want.node))
        if _value(want, found) != _goal(want):
            return Verdict(state="failed", reason=f"somebody else changed the taint of {want.node} meanwhile")
        left = _leaving(whole_cluster_of(self.connections, want), want)
        if left:
            return Verdict(state="waiting", reason=f"still on {want.node}: {', '.join(left[:10])}")
        return Verdict(state="ok", reason=f"the taint is {'there' if want.present else 'gone'}")

    def undo(self, want: SetTaint, plan: TaintPlan) -> None:
        self._move(want, plan, origin=_goal(want), goal=plan.before)

    def _move(self, want: SetTaint, plan: TaintPlan, *, origin: str | None, goal: str | None) -> bool:
        cluster = anything_of(self.connections, want.connection, None)
        turn = Turn(partial(_value, want), partial(_with_taint, want))
        return cluster.move(Place(NODE, want.node), plan.uid, turn, origin=origin, goal=goal)


def _goal(want: SetTaint) -> str | None:
    return want.value if want.present else None


def _refuse_owned(want: SetTaint) -> None:
    if want.key.startswith(_OWNED):
        raise ActionFailed(
            f"the taint {want.key} is the cluster's own, which puts it back as the node's state is; nothing"
            " was changed. To keep pods off the node, use k8s.cordon or a taint of another name.",
            ErrorClass.INVALID,
        )


def _taints(seen: Thing) -> list[Json]:
    found = part(seen, "spec", "taints")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _is_it(want: SetTaint, taint: Json) -> bool:
    return (taint.get("key"), taint.get("effect")) == (want.key, want.effect)


def _value(want: SetTaint, seen: Thing) -> str | None:
    return next((str(one.get("value", "")) for one in _taints(seen) if _is_it(want, one)), None)


def _with_taint(want: SetTaint, seen: Thing, goal: str | None) -> Json:
    """Return a patch with every taint: two of one key differ in their effect, which a merge by key loses."""
    taints: list[JsonValue] = [one for one in _taints(seen) if not _is_it(want, one)]
    if goal is not None:
        taints.append({"key": want.key, "effect": want.effect, **({"value": goal} if goal else {})})
    return {"spec": {"taints": taints or None}}


def _leaving(cluster: Cluster, want: SetTaint) -> list[str]:
    """Return the pods on the node that the taint evicts."""
    if not want.present or want.effect != "NoExecute":
        return []
    taint = Taint(key=want.key, value=want.value, effect=want.effect)
    return [
        pod.short
        for pod in cluster.pods_on(want)
        if not (pod.static or pod.finished or any(one.bears(taint) for one in pod.tolerations))
    ]


def _warnings(cluster: Cluster, want: SetTaint) -> Iterator[str]:
    if left := _leaving(cluster, want):
        named = ", ".join(left[:10]) + (f" and {len(left) - 10} more" if len(left) > 10 else "")
        yield f"{len(left)} pods leave at once, and no disruption budget is asked: {named}"
    if want.effect != "PreferNoSchedule":
        yield from no_other_warning(cluster, want)
