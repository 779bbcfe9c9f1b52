"""Delete a pod, for its controller to make another one in its place."""

from collections.abc import Iterator, Mapping

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import Cluster, cluster_of
from tocsin.actions.kubernetes.pods import Pod
from tocsin.actions.kubernetes.targets import PodTarget
from tocsin.errors import ActionFailed, ErrorClass


class RemovePod(PodTarget):
    """The pod, and how hard."""

    force: bool = Field(
        default=False,
        description="DESTRUCTIVE: forget the pod without waiting for its containers to stop, in spite of"
        " every disruption budget. For pods of a node that is gone for good",
    )


class RemovalPlan(Plan):
    """The very pod; another one of its name is not touched."""

    uid: str
    controller: str
    """The uid of what puts another one in its place."""
    siblings: int
    """How many pods of that controller there are, with this one."""


class Removed(Frozen):
    """The pod that goes, as far as the cluster has accepted it; ``verify`` waits for the one in its place."""

    pod: str
    changed: bool
    """False when it was gone already."""


class DeletePod(Action[RemovePod, RemovalPlan, Removed]):
    """Evict a pod of a controller, which makes another one. Nothing brings this one back.

    A pod that a disruption budget holds makes it fail as `throttled`: let the step retry on that.
    """

    name = "k8s.pod_delete"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: RemovePod) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        hard = " --force --grace-period=0" if given.get("force") is True else ""
        return f"kubectl -n {given.get('namespace')} delete pod {given.get('pod')}{hard}"

    def permissions(self, want: RemovePod) -> list[Permission]:
        way = want.may("delete", "core/pods") if want.force else want.may("create", "core/pods/eviction")
        return [want.may("get", "core/pods"), want.may("list", "core/pods"), way]

    def plan(self, want: RemovePod) -> RemovalPlan:
        cluster = cluster_of(self.connections, want)
        found = cluster.pod(want)
        _refuse_what_stays_away(want, found)
        siblings = _siblings(cluster, want, found.controller_uid)
        verb = "DESTROY" if want.force else "Evict"
        return RemovalPlan(
            summary=f"{verb} the pod {want.short}, for its {found.controller} to make another",
            changes=(Change(resource=want.resource, field="pod", before=found.uid, after=None),),
            warnings=tuple(_warnings(want, found, siblings)),
            uid=found.uid,
            controller=found.controller_uid,
            siblings=len(siblings),
        )

    def run(self, want: RemovePod, plan: RemovalPlan, key: str) -> Removed:
        cluster = cluster_of(self.connections, want)
        seen = cluster.found_pod(want)
        if seen is None or seen.uid != plan.uid or (seen.deleted and not want.force):
            return Removed(pod=want.pod, changed=False)
        if want.force:
            return Removed(pod=want.pod, changed=cluster.forget(seen))
        held = cluster.evict(seen)
        if held is not None:
            raise ActionFailed(
                f"{want.short} may not go yet, and stays: {held} Try again later.",
                ErrorClass.THROTTLED,
            )
        return Removed(pod=want.pod, changed=True)

    def verify(self, want: RemovePod, plan: RemovalPlan) -> Verdict:
        cluster = cluster_of(self.connections, want)
        seen = cluster.found_pod(want)
        if seen is not None and seen.uid == plan.uid:
            return Verdict(state="waiting", reason=f"{want.pod} is still there")
        ready = sum(pod.ready for pod in _siblings(cluster, want, plan.controller))
        state = "ok" if ready >= plan.siblings else "waiting"
        return Verdict(state=state, reason=f"{ready} of {plan.siblings} pods of its controller are ready")


def _siblings(cluster: Cluster, want: PodTarget, controller: str) -> list[Pod]:
    """Return the controller's pods that stay, this one among them."""
    return [pod for pod in cluster.pods_in(want) if pod.controller_uid == controller and not pod.deleted]


def _refuse_what_stays_away(want: RemovePod, found: Pod) -> None:
    if found.static:
        why = "is a static one, which its node starts from a file and not from here"
    elif not found.controller:
        why = "has no controller that would make another one: it would be lost"
    else:
        return
    raise ActionFailed(
        f"the pod {want.short} {why}. It was left alone; delete it by hand if that is meant.",
        ErrorClass.INVALID,
    )


def _warnings(want: RemovePod, found: Pod, siblings: list[Pod]) -> Iterator[str]:
    if want.force:
        yield (
            "DESTRUCTIVE: the cluster forgets the pod, while its containers may go on running; no disruption"
            " budget is asked"
        )
    if want.force and found.controller == "StatefulSet":
        yield (
            "DESTRUCTIVE: two pods of one identity may run at once and write to the same data (split brain);"
            f" be sure that {want.pod} runs nowhere any more"
        )
    if found.keeps_data:
        yield "the content of its emptyDir volumes is lost with it"
    if not any(pod.ready for pod in siblings if pod.uid != found.uid):
        yield f"no other pod of its {found.controller} is ready meanwhile"
