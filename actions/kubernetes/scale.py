"""Set a workload's replica count."""

from collections.abc import Iterator, Mapping

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import TRIES, Cluster, cluster_of, never_at_rest, overtaken
from tocsin.actions.kubernetes.objects import Autoscaler
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.quotas import quota_warnings
from tocsin.actions.kubernetes.status import verdict
from tocsin.actions.kubernetes.targets import Scalable, kubectl
from tocsin.actions.kubernetes.workloads import StatefulSet, Workload
from tocsin.errors import ActionFailed, ErrorClass


class ScaleTo(Scalable):
    """The workload and the count it shall have."""

    replicas: int = Field(ge=0, le=1000)


class ScalePlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: int


class Scaled(Frozen):
    """The replica counts before and after."""

    before: int
    replicas: int
    changed: bool
    """False when it was so already."""


class ScaleWorkload(Action[ScaleTo, ScalePlan, Scaled]):
    """Set a workload's replica count. Undo restores the count that plan saw.

    Refused where a HorizontalPodAutoscaler, a KEDA ScaledObject or a Deployment sets the count: it would
    undo it.
    """

    name = "k8s.scale"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT

    def resources(self, want: ScaleTo) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, f"scale --replicas={given.get('replicas')}")

    def permissions(self, want: ScaleTo) -> list[Permission]:
        return [
            want.may("get", f"apps/{want.plural}"),
            want.may("get", f"apps/{want.plural}/scale"),
            want.may("patch", f"apps/{want.plural}/scale"),
            want.may("list", "autoscaling/horizontalpodautoscalers"),
            want.may("list", "core/resourcequotas"),
        ]

    def plan(self, want: ScaleTo) -> ScalePlan:
        cluster = cluster_of(self.connections, want)
        found = cluster.workload(want)
        _refuse_owned(want, found)
        scaled_by = cluster.autoscalers(want)
        for autoscaler in scaled_by:
            _refuse_a_losing_fight(want, found, autoscaler)
        change = Change(resource=want.resource, field="replicas", before=found.replicas, after=want.replicas)
        return ScalePlan(
            summary=f"Scale {want.short} from {found.replicas} to {want.replicas} replicas",
            changes=(change,),
            warnings=(
                *_warnings(want, scaled_by),
                *_claims_left(want, found),
                *quota_warnings(cluster, want, found, more=want.replicas - found.replicas),
                *gitops_warning(found),
            ),
            uid=found.uid,
            before=found.replicas,
        )

    def run(self, want: ScaleTo, plan: ScalePlan, key: str) -> Scaled:
        cluster = cluster_of(self.connections, want)
        changed = _move(cluster, want, plan, expected=plan.before, replicas=want.replicas)
        return Scaled(before=plan.before, replicas=want.replicas, changed=changed)

    def verify(self, want: ScaleTo, plan: ScalePlan) -> Verdict:
        found = cluster_of(self.connections, want).workload(want)
        if found.replicas != want.replicas:
            return Verdict(state="failed", reason=f"somebody set the replicas to {found.replicas} meanwhile")
        return verdict(found)

    def undo(self, want: ScaleTo, plan: ScalePlan) -> None:
        cluster = cluster_of(self.connections, want)
        _move(cluster, want, plan, expected=want.replicas, replicas=plan.before)


def _move(cluster: Cluster, at: Scalable, plan: ScalePlan, *, expected: int, replicas: int) -> bool:
    """Set the count unless it is so already; raise CONFLICT when it is not ``expected`` either."""
    for _ in range(TRIES):
        seen = cluster.scale(at)
        if seen.uid == plan.uid and seen.replicas == replicas:
            return False
        if seen.uid != plan.uid or seen.replicas != expected:
            raise overtaken(at.short, f"{seen.replicas} replicas now, {expected} expected")
        if cluster.set_scale(at, seen, replicas):
            return True
    raise never_at_rest(at.short)


def _refuse_owned(want: ScaleTo, found: Workload) -> None:
    owner = next((one for one in found.owners if one.controller), None)
    if owner is not None:
        raise ActionFailed(
            f"the {owner.kind} {owner.name} sets the replica count of {want.short} and would undo"
            f" {want.replicas}; nothing was changed. Scale {owner.name} instead.",
            ErrorClass.INVALID,
        )


def _refuse_a_losing_fight(want: ScaleTo, found: Workload, autoscaler: Autoscaler) -> None:
    """Refuse a count that an autoscaler sets itself. At 0 replicas one is off, unless it is KEDA's.

    https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation
    """
    if autoscaler.scaled_object is not None:
        owner = f"the KEDA ScaledObject {autoscaler.scaled_object}"
        instead = "Change its minReplicaCount and maxReplicaCount, or pause it first."
    else:
        allowed = autoscaler.low <= want.replicas <= autoscaler.high
        if want.replicas == 0 or (found.replicas == 0 and allowed):
            return
        owner = f"the autoscaler {autoscaler.name}"
        instead = "Move its bounds instead: k8s.hpa_patch, or the runbook scale-autoscaler."
    raise ActionFailed(
        f"{owner} sets the replica count of {want.short}, between {autoscaler.low} and {autoscaler.high}, and"
        f" would undo {want.replicas}; nothing was changed. {instead}",
        ErrorClass.INVALID,
    )


def _warnings(want: ScaleTo, scaled_by: list[Autoscaler]) -> list[str]:
    zero = [f"0 replicas stops {want.name} completely"] if want.replicas == 0 else []
    verb = (
        "stops scaling it until the count is above 0" if want.replicas == 0 else "is off at 0 and takes over"
    )
    return zero + [f"the autoscaler {one.name} {verb}" for one in scaled_by]


def _claims_left(want: ScaleTo, found: Workload) -> Iterator[str]:
    """Tell what becomes of the volumes of the pods that a StatefulSet loses."""
    if not isinstance(found, StatefulSet) or not found.claims or want.replicas >= found.replicas:
        return
    first, last = want.replicas, found.replicas - 1
    numbers = f"{first}" if first == last else f"{first} to {last}"
    claims = ", ".join(f"{claim.name}-{found.name}-…" for claim in found.claims)
    if found.when_scaled == "Delete":
        yield f"the volume claims {claims} of the pods {numbers} are DELETED with their data, for good"
    else:
        yield f"the volume claims {claims} of the pods {numbers} stay, with their data and their cost"
