"""Restart a workload: new pods of the same template, the way ``kubectl rollout restart`` makes them."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pydantic import JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import RESTART_KEY, TRIES, cluster_of, never_at_rest
from tocsin.actions.kubernetes.status import progress, refuse_still, verdict
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.actions.kubernetes.workloads import Workload
from tocsin.errors import ActionFailed, ErrorClass


class RestartPlan(Plan):
    """The workload, and when it was restarted last."""

    uid: str
    before: str | None
    """What its template says; None when it never was restarted."""


class Restarted(Frozen):
    """The restart, as far as the cluster has accepted it; ``verify`` waits for the new pods."""

    restarted_at: str
    """When, as the pods' annotation says it; the same for every try of a step."""
    replicas: int
    """How many pods are replaced."""
    changed: bool
    """False when an earlier try of the step had done it."""


class RestartRollout(Action[Target, RestartPlan, Restarted]):
    """Replace every pod of a workload by a new one of the same template."""

    name = "k8s.rollout_restart"
    risk = Risk.HIGH
    effect = Effect.KEYED

    def resources(self, want: Target) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, "rollout restart")

    def permissions(self, want: Target) -> list[Permission]:
        return [want.may("get", f"apps/{want.plural}"), want.may("patch", f"apps/{want.plural}")]

    def plan(self, want: Target) -> RestartPlan:
        found = cluster_of(self.connections, want).workload(want)
        refuse_still(found)
        before = found.restarted_at
        change = Change(resource=want.resource, field="restarted", before=before, after="when the step runs")
        return RestartPlan(
            summary=f"Restart {want.short}: replace its {found.replicas} pods",
            changes=(change,),
            warnings=tuple(_warnings(found)),
            uid=found.uid,
            before=before,
        )

    def run(self, want: Target, plan: RestartPlan, key: str) -> Restarted:
        cluster = cluster_of(self.connections, want)
        time = datetime.now(UTC).isoformat(timespec="seconds")
        for _ in range(TRIES):
            seen = cluster.workload(want)
            if seen.annotations.get(RESTART_KEY) == key:
                return Restarted(
                    restarted_at=seen.restarted_at or time, replicas=seen.replicas, changed=False
                )
            _refuse_replaced(seen, plan)
            refuse_still(seen)
            if cluster.restart(want, seen, time=time, key=key):
                return Restarted(restarted_at=time, replicas=seen.replicas, changed=True)
        raise never_at_rest(want.short)

    def verify(self, want: Target, plan: RestartPlan) -> Verdict:
        found = cluster_of(self.connections, want).workload(want)
        if found.restarted_at == plan.before:
            return Verdict(
                state="failed", reason="somebody deployed a template without the restart meanwhile"
            )
        return verdict(found)


def _refuse_replaced(seen: Workload, plan: RestartPlan) -> None:
    if seen.uid != plan.uid:
        raise ActionFailed(
            f"{seen.name} was deleted and made anew since the plan. It was left alone; plan again.",
            ErrorClass.CONFLICT,
        )


def _warnings(found: Workload) -> Iterator[str]:
    if found.replicas == 0:
        yield f"{found.name} has 0 replicas: there is nothing to restart"
    elif found.may_be_without_pods:
        yield "every pod may be stopped before a new one is there: the rollout strategy allows it"
    if progress(found)[0] != "complete":
        yield "its last rollout is not complete; a restart makes new pods of the same template"
