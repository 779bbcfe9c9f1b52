"""How far a workload's rollout is, and the action that says it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import Cluster, cluster_of
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.actions.kubernetes.workloads import Deployment, Workload
from tocsin.errors import ActionFailed, ErrorClass

State = Literal["complete", "progressing", "stalled"]


class RolloutStatus(Frozen):
    """A workload's rollout."""

    state: State
    message: str
    revision: int
    replicas: int
    """Wanted; of a DaemonSet, one on each node that it is for."""
    updated: int
    available: int
    image: str
    """Of the main container, which is the first one."""
    images: dict[str, str]
    """By container."""


def progress(found: Workload) -> tuple[State, str]:
    """Return the state of the rollout and a sentence, by the rules of ``kubectl rollout status``.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
    """
    wanted = found.replicas
    if found.observed_generation < found.generation:
        return "progressing", "the controller has not looked at the change yet"
    if found.updated >= found.to_update and found.available == found.current == wanted:
        below = f"; those below number {found.partition} keep the old template" if found.partition else ""
        return "complete", f"{found.to_update} of {wanted} replicas are updated and available{below}"
    trouble = _trouble(found)
    counted = (
        f"{found.updated} of {wanted} replicas are updated, {found.available} available,"
        f" {found.current - found.updated} old ones left"
    )
    if trouble and trouble[0] == "ProgressDeadlineExceeded":
        return "stalled", f"{counted}; {trouble[1]}"
    if found.paused:
        return "progressing", f"{counted}; the rollout is paused"
    if found.by_deletion:
        return (
            "progressing",
            f"{counted}; its strategy is OnDelete: old pods stay until somebody deletes them",
        )
    return "progressing", f"{counted}; {trouble[1]}" if trouble else counted


def verdict(found: Workload) -> Verdict:
    """Return what a verification makes of the rollout."""
    state, message = progress(found)
    outcome: dict[State, Literal["ok", "waiting", "failed"]] = {
        "complete": "ok",
        "progressing": "waiting",
        "stalled": "failed",
    }
    return Verdict(state=outcome[state], reason=message)


def current_revision(cluster: Cluster, found: Workload) -> int:
    """Return the number of the revision that the workload asks for; 0 where the cluster has none yet."""
    if isinstance(found, Deployment):
        return found.revision
    return next((one.revision for one in cluster.revisions(found) if found.runs(one)), 0)


def refuse_still(found: Workload) -> None:
    """Raise ActionFailed where a change of the template would make no pods."""
    if found.by_deletion:
        raise ActionFailed(
            f"the update strategy of {found.name} is OnDelete, and its pods would stay as they are."
            " Nothing was changed. Restart its pods one by one with k8s.pod_delete.",
            ErrorClass.INVALID,
        )
    if found.paused:
        raise ActionFailed(
            f"the rollout of {found.name} is paused and would not move; nothing was changed. Resume it.",
            ErrorClass.INVALID,
        )


def _trouble(found: Workload) -> tuple[str, str] | None:
    for condition in found.conditions:
        stalled = condition.type == "Progressing" and condition.status == "False"
        refused = condition.type == "ReplicaFailure" and condition.status == "True"
        if stalled or refused:
            return condition.reason, condition.message
    return None


class ShowRollout(Action[Target, Plan, RolloutStatus]):
    """Say whether a workload's rollout is complete, progressing or stalled.

    As a look of `verify` it holds when the rollout is complete, and fails as soon as it stalls.
    """

    name = "k8s.rollout_status"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, "rollout status")

    def permissions(self, want: Target) -> list[Permission]:
        numbered = [] if want.kind == "deployment" else [want.may("list", want.revisions)]
        return [want.may("get", f"apps/{want.plural}"), *numbered]

    def plan(self, want: Target) -> Plan:
        cluster_of(self.connections, want).workload(want)
        return Plan(summary=f"Look at the rollout of {want.short}")

    def run(self, want: Target, plan: Plan, key: str) -> RolloutStatus:
        cluster = cluster_of(self.connections, want)
        found = cluster.workload(want)
        state, message = progress(found)
        return RolloutStatus(
            state=state,
            message=message,
            revision=current_revision(cluster, found),
            replicas=found.replicas,
            updated=found.updated,
            available=found.available,
            image=found.image,
            images=found.images,
        )

    def verify(self, want: Target, plan: Plan) -> Verdict:
        return verdict(cluster_of(self.connections, want).workload(want))
