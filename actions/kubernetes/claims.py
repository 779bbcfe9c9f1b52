"""Grow the volume of a PersistentVolumeClaim."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Anything, Json, Place, Thing, Turn, anything_of, part
from tocsin.actions.kubernetes.kinds import CLAIM, STORAGE_CLASS
from tocsin.actions.kubernetes.objects import quantity
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.targets import ClaimTarget
from tocsin.errors import ActionFailed, ErrorClass


class Grow(ClaimTarget):
    """The claim and the size that its volume shall have."""

    size: str = Field(pattern=r"^[1-9][0-9]{0,8}(Mi|Gi|Ti|M|G|T)$", description="At least: `200Gi`")


class GrowPlan(Plan):
    """The claim as it was."""

    uid: str
    before: int
    """Bytes asked for."""


class Grown(Frozen):
    """The sizes before and after, as far as the cluster has accepted it; ``verify`` waits for the volume."""

    before: int
    """Bytes."""
    size: int
    """Bytes."""
    changed: bool
    """False when it was so already."""


class GrowClaim(Action[Grow, GrowPlan, Grown]):
    """Grow the volume of a PersistentVolumeClaim. No volume can be made smaller, so nothing undoes it."""

    name = "k8s.pvc_resize"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=10)

    def resources(self, want: Grow) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        patch = f'{{"spec": {{"resources": {{"requests": {{"storage": "{given.get("size")}"}}}}}}}}'
        return f"kubectl -n {given.get('namespace')} patch pvc {given.get('claim')} --patch '{patch}'"

    def permissions(self, want: Grow) -> list[Permission]:
        return [
            want.may("get", CLAIM.right),
            want.may("patch", CLAIM.right),
            Permission(system="kubernetes", verb="get", resource=STORAGE_CLASS.right),
        ]

    def plan(self, want: Grow) -> GrowPlan:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(_place(want))
        before, goal = _asked(found), int(quantity(want.size))
        if goal < before:
            raise _refused(want, f"has {part(found, *_SIZE)} already, and no volume can be made smaller")
        _refuse_what_cannot_grow(cluster, want, found)
        change = Change(
            resource=want.resource, field="size", before=str(part(found, *_SIZE)), after=_text(want, found)
        )
        return GrowPlan(
            summary=f"Grow the volume of {want.short} from {part(found, *_SIZE)} to {want.size}",
            changes=(change,),
            warnings=(
                "it cannot be undone: no volume can be made smaller",
                "clouds limit how often: a volume of AWS EBS may then wait six hours for its next change",
                *gitops_warning(found.about),
            ),
            uid=found.about.uid,
            before=before,
        )

    def run(self, want: Grow, plan: GrowPlan, key: str) -> Grown:
        goal = int(quantity(want.size))
        cluster = anything_of(self.connections, want.connection, want.namespace)
        turn = Turn(_asked, partial(_patch, want))
        changed = cluster.move(_place(want), plan.uid, turn, origin=plan.before, goal=goal)
        return Grown(before=plan.before, size=goal, changed=changed)

    def verify(self, want: Grow, plan: GrowPlan) -> Verdict:
        found = anything_of(self.connections, want.connection, want.namespace).read(_place(want))
        goal = int(quantity(want.size))
        if _asked(found) != goal:
            return Verdict(state="failed", reason=f"somebody asked for {part(found, *_SIZE)} meanwhile")
        states = part(found, "status", "allocatedResourceStatuses")
        if isinstance(states, dict) and str(states.get("storage", "")).endswith("Infeasible"):
            return Verdict(state="failed", reason=f"the storage refuses it: {states['storage']}")
        capacity = str(part(found, "status", "capacity", "storage") or "0")
        if quantity(capacity) >= goal:
            return Verdict(state="ok", reason=f"the volume has {capacity}")
        return Verdict(state="waiting", reason=f"the volume has {capacity} so far{_waits_for_a_pod(found)}")


_SIZE = ("spec", "resources", "requests", "storage")


def _place(want: Grow) -> Place:
    return Place(CLAIM, want.claim, want.namespace)


def _asked(seen: Thing) -> int:
    return int(quantity(str(part(seen, *_SIZE))))


def _patch(want: Grow, seen: Thing, goal: int) -> Json:
    return {"spec": {"resources": {"requests": {"storage": want.size}}}}


def _text(want: Grow, found: Thing) -> str:
    """Return the size as the claim has it where it is the same, so that the plan shows no change then."""
    same = _asked(found) == quantity(want.size)
    return str(part(found, *_SIZE)) if same else want.size


def _refuse_what_cannot_grow(cluster: Anything, want: Grow, found: Thing) -> None:
    phase, name = part(found, "status", "phase"), part(found, "spec", "storageClassName")
    if phase != "Bound":
        raise _refused(want, f"is {phase}: only a claim that is bound to a volume can grow")
    if not name:
        raise _refused(want, "is of no storage class, so nothing can grow its volume")
    storage = cluster.read(Place(STORAGE_CLASS, str(name)))
    if storage.raw.get("allowVolumeExpansion") is not True:
        raise _refused(want, f"is of the storage class {name}, which does not set allowVolumeExpansion")


def _refused(want: Grow, why: str) -> ActionFailed:
    return ActionFailed(f"the claim {want.short} {why}; nothing was changed.", ErrorClass.INVALID)


def _waits_for_a_pod(found: Thing) -> str:
    conditions = part(found, "status", "conditions")
    kinds = (
        [one.get("type") for one in conditions if isinstance(one, dict)]
        if isinstance(conditions, list)
        else []
    )
    return "; its file system grows when a pod uses it" if "FileSystemResizePending" in kinds else ""
