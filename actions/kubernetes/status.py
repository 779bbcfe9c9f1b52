"""How far a Deployment's rollout is, and the action that says it."""

from collections.abc import Mapping
from typing import Literal

from pydantic import JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import cluster_of
from tocsin.actions.kubernetes.objects import Deployment
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.errors import ActionFailed, ErrorClass

State = Literal["complete", "progressing", "stalled"]


class RolloutStatus(Frozen):
    """A Deployment's rollout."""

    state: State
    message: str
    revision: int
    replicas: int
    """Wanted."""
    updated: int
    available: int
    image: str
    """Of the main container, which is the first one."""
    images: dict[str, str]
    """By container."""


def progress(deployment: Deployment) -> tuple[State, str]:
    """Return the state of the rollout and a sentence, by the rules of ``kubectl rollout status``.

    https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
    """
    wanted = deployment.replicas
    if deployment.observed_generation < deployment.generation:
        return "progressing", "the controller has not looked at the change yet"
    if deployment.updated == deployment.available == deployment.current == wanted:
        return "complete", f"{wanted} of {wanted} replicas are updated and available"
    trouble = _trouble(deployment)
    counted = (
        f"{deployment.updated} of {wanted} replicas are updated, {deployment.available} available,"
        f" {deployment.current - deployment.updated} old ones left"
    )
    if trouble and trouble[0] == "ProgressDeadlineExceeded":
        return "stalled", f"{counted}; {trouble[1]}"
    if deployment.paused:
        return "progressing", f"{counted}; the rollout is paused"
    return "progressing", f"{counted}; {trouble[1]}" if trouble else counted


def verdict(deployment: Deployment) -> Verdict:
    """Return what a verification makes of the rollout."""
    state, message = progress(deployment)
    outcome: dict[State, Literal["ok", "waiting", "failed"]] = {
        "complete": "ok",
        "progressing": "waiting",
        "stalled": "failed",
    }
    return Verdict(state=outcome[state], reason=message)


def refuse_paused(found: Deployment) -> None:
    """Raise ActionFailed when the rollout is paused: a change of the template would make no pods."""
    if found.paused:
        raise ActionFailed(
            f"the rollout of {found.name} is paused and would not move; nothing was changed. Resume it.",
            ErrorClass.INVALID,
        )


def _trouble(deployment: Deployment) -> tuple[str, str] | None:
    for condition in deployment.conditions:
        stalled = condition.type == "Progressing" and condition.status == "False"
        refused = condition.type == "ReplicaFailure" and condition.status == "True"
        if stalled or refused:
            return condition.reason, condition.message
    return None


class ShowRollout(Action[Target, Plan, RolloutStatus]):
    """Say whether a Deployment's rollout is complete, progressing or stalled.

    As a look of `verify` it holds when the rollout is complete, and fails as soon as it stalls.
    """

    name = "k8s.rollout_status"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, "rollout status")

    def permissions(self, want: Target) -> list[Permission]:
        return [want.may("get", "apps/deployments")]

    def plan(self, want: Target) -> Plan:
        cluster_of(self.connections, want).deployment(want)
        return Plan(summary=f"Look at the rollout of {want.short}")

    def run(self, want: Target, plan: Plan, key: str) -> RolloutStatus:
        found = cluster_of(self.connections, want).deployment(want)
        state, message = progress(found)
        return RolloutStatus(
            state=state,
            message=message,
            revision=found.revision,
            replicas=found.replicas,
            updated=found.updated,
            available=found.available,
            image=found.image,
            images=found.images,
        )

    def verify(self, want: Target, plan: Plan) -> Verdict:
        return verdict(cluster_of(self.connections, want).deployment(want))
