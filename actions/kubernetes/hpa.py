"""Move the bounds between which a HorizontalPodAutoscaler keeps a replica count."""

from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field, JsonValue, model_validator

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import TRIES, Cluster, cluster_of, never_at_rest, overtaken
from tocsin.actions.kubernetes.objects import Autoscaler
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.targets import AutoscalerTarget
from tocsin.errors import ActionFailed, ErrorClass


class MoveBounds(AutoscalerTarget):
    """The autoscaler and the bounds it shall have."""

    min_replicas: int | None = Field(default=None, ge=1, le=1000, description="It stays when not given")
    max_replicas: int | None = Field(default=None, ge=1, le=1000, description="It stays when not given")

    @model_validator(mode="after")
    def _moves_something(self) -> Self:
        if self.min_replicas is None and self.max_replicas is None:
            raise ValueError("give `min_replicas`, `max_replicas`, or both")
        return self


class Bounds(Frozen):
    """The fewest and the most replicas."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


class BoundsPlan(Plan):
    """The bounds; ``undo`` returns from ``goal`` to ``before``."""

    uid: str
    before: Bounds
    goal: Bounds


class BoundsMoved(Frozen):
    """The bounds before and after."""

    before_min: int
    before_max: int
    min_replicas: int
    max_replicas: int
    target_kind: str
    """Of what it scales: ``Deployment``."""
    target_name: str
    changed: bool
    """False when it was so already."""


class PatchAutoscaler(Action[MoveBounds, BoundsPlan, BoundsMoved]):
    """Set the fewest and the most replicas of a HorizontalPodAutoscaler. Undo restores what plan saw."""

    name = "k8s.hpa_patch"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT

    def resources(self, want: MoveBounds) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        bounds = {"minReplicas": given.get("min_replicas"), "maxReplicas": given.get("max_replicas")}
        fields = ", ".join(f'"{key}": {value}' for key, value in bounds.items() if value is not None)
        patch = f'{{"spec": {{{fields}}}}}'
        return f"kubectl -n {given.get('namespace')} patch hpa {given.get('autoscaler')} --patch '{patch}'"

    def permissions(self, want: MoveBounds) -> list[Permission]:
        resource = "autoscaling/horizontalpodautoscalers"
        return [want.may("get", resource), want.may("patch", resource)]

    def plan(self, want: MoveBounds) -> BoundsPlan:
        found = cluster_of(self.connections, want).autoscaler(want)
        _refuse_a_losing_fight(want, found)
        before, goal = Bounds(low=found.low, high=found.high), _goal(want, found)
        return BoundsPlan(
            summary=f"Let {want.short} keep {goal} replicas instead of {before}",
            changes=(
                Change(resource=want.resource, field="min", before=before.low, after=goal.low),
                Change(resource=want.resource, field="max", before=before.high, after=goal.high),
            ),
            warnings=(*_warnings(found, goal), *gitops_warning(found)),
            uid=found.uid,
            before=before,
            goal=goal,
        )

    def run(self, want: MoveBounds, plan: BoundsPlan, key: str) -> BoundsMoved:
        cluster = cluster_of(self.connections, want)
        changed, seen = _move(cluster, want, plan, origin=plan.before, goal=plan.goal)
        return BoundsMoved(
            before_min=plan.before.low,
            before_max=plan.before.high,
            min_replicas=plan.goal.low,
            max_replicas=plan.goal.high,
            target_kind=seen.target_kind,
            target_name=seen.target_name,
            changed=changed,
        )

    def verify(self, want: MoveBounds, plan: BoundsPlan) -> Verdict:
        found = cluster_of(self.connections, want).autoscaler(want)
        if Bounds(low=found.low, high=found.high) != plan.goal:
            return Verdict(state="failed", reason=f"somebody set it to {found.low} to {found.high} meanwhile")
        if found.off:
            return Verdict(state="ok", reason="at 0 replicas it is off until somebody scales up")
        kept = plan.goal.low <= found.current <= plan.goal.high
        return Verdict(state="ok" if kept else "waiting", reason=f"it sees {found.current} replicas")

    def undo(self, want: MoveBounds, plan: BoundsPlan) -> None:
        _move(cluster_of(self.connections, want), want, plan, origin=plan.goal, goal=plan.before)


def _move(
    cluster: Cluster, at: MoveBounds, plan: BoundsPlan, *, origin: Bounds, goal: Bounds
) -> tuple[bool, Autoscaler]:
    """Set the bounds unless they are so already; raise CONFLICT when they are not ``origin`` either."""
    for _ in range(TRIES):
        seen = cluster.autoscaler(at)
        now = Bounds(low=seen.low, high=seen.high)
        if seen.uid == plan.uid and now == goal:
            return False, seen
        if seen.uid != plan.uid or now != origin:
            raise overtaken(at.short, f"{now} replicas now, {origin} expected")
        if cluster.set_bounds(at, seen, goal.low, goal.high):
            return True, seen
    raise never_at_rest(at.short)


def _goal(want: MoveBounds, found: Autoscaler) -> Bounds:
    goal = Bounds(low=want.min_replicas or found.low, high=want.max_replicas or found.high)
    if goal.low > goal.high:
        raise ActionFailed(
            f"{want.short} would have to keep {goal} replicas: the fewest are more than the most; nothing was"
            " changed. Move both bounds.",
            ErrorClass.INVALID,
        )
    return goal


def _refuse_a_losing_fight(want: MoveBounds, found: Autoscaler) -> None:
    if found.scaled_object is not None:
        raise ActionFailed(
            f"KEDA made {want.short} for the ScaledObject {found.scaled_object} and would put it back;"
            " nothing was changed. Change the ScaledObject's minReplicaCount and maxReplicaCount instead.",
            ErrorClass.INVALID,
        )


def _warnings(found: Autoscaler, goal: Bounds) -> Iterator[str]:
    if found.current > goal.high:
        yield f"more than {goal.high} replicas run now; it stops the rest"
