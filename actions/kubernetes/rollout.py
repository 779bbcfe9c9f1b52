"""Roll a workload back to a former revision, the way ``kubectl rollout undo`` does.

There is no API for it since 1.16: the ReplicaSets of a Deployment, the ControllerRevisions of a StatefulSet
or DaemonSet are the revisions, and their template goes back into the workload. A template's environment may
hold secrets, so a plan keeps the revision's name and never the template.
"""

from collections.abc import Mapping, Sequence

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.client import TRIES, Cluster, cluster_of, never_at_rest
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.actions.kubernetes.status import refuse_still, verdict
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.actions.kubernetes.workloads import Kept, StatefulSet, Workload
from tocsin.errors import ActionFailed, ErrorClass

NOT_ROLLED_BACK = "ConfigMaps, Secrets and database migrations are not rolled back"


class RollBack(Target):
    """The workload and the revision to return to."""

    to_revision: int | None = Field(
        default=None, ge=1, description="The one before the current when not given"
    )


class Revision(Frozen):
    """What keeps it; its number changes when it becomes the current one again, its uid does not."""

    number: int
    replica_set: str
    uid: str


class RollBackPlan(Plan):
    """The two revisions; ``undo`` returns from ``target`` to ``before``."""

    uid: str
    before: Revision
    target: Revision


class RolledBack(Frozen):
    """What runs now."""

    from_revision: int
    to_revision: int
    images: dict[str, str]
    """By container."""
    changed: bool
    """False when it was so already."""


class UndoRollout(Action[RollBack, RollBackPlan, RolledBack]):
    """Return a workload to its previous or a given revision. Undo returns to the one plan saw."""

    name = "k8s.rollout_undo"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: RollBack) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        revision = given.get("to_revision") or 0  # kubectl's word for the previous one
        return f"{kubectl(given, 'rollout undo')} --to-revision={revision}"

    def permissions(self, want: RollBack) -> list[Permission]:
        return [
            want.may("get", f"apps/{want.plural}"),
            want.may("patch", f"apps/{want.plural}"),
            want.may("list", want.revisions),
        ]

    def plan(self, want: RollBack) -> RollBackPlan:
        cluster = cluster_of(self.connections, want)
        found = cluster.workload(want)
        refuse_still(found)
        revisions = cluster.revisions(found)
        before = _current(found, revisions)
        target = _chosen(want, found, revisions)
        return RollBackPlan(
            summary=f"Roll {want.short} back from revision {before.revision} to {target.revision}",
            changes=tuple(_changes(want, before, target)),
            warnings=(
                NOT_ROLLED_BACK,
                *_by_number(found),
                *_other_differences(before, target),
                *gitops_warning(found),
            ),
            uid=found.uid,
            before=_reference(before),
            target=_reference(target),
        )

    def run(self, want: RollBack, plan: RollBackPlan, key: str) -> RolledBack:
        cluster = cluster_of(self.connections, want)
        changed, now = _move(cluster, want, plan, origin=plan.before, goal=plan.target)
        return RolledBack(
            from_revision=plan.before.number,
            to_revision=plan.target.number,
            images=now.images,
            changed=changed,
        )

    def verify(self, want: RollBack, plan: RollBackPlan) -> Verdict:
        cluster = cluster_of(self.connections, want)
        found = cluster.workload(want)
        target = _find(cluster.revisions(found), plan.target)
        if not found.runs(target):
            return Verdict(state="failed", reason="somebody deployed another template meanwhile")
        return verdict(found)

    def undo(self, want: RollBack, plan: RollBackPlan) -> None:
        cluster = cluster_of(self.connections, want)
        _move(cluster, want, plan, origin=plan.target, goal=plan.before)


def _move(
    cluster: Cluster, at: RollBack, plan: RollBackPlan, *, origin: Revision, goal: Revision
) -> tuple[bool, Kept]:
    """Give the Deployment the template of ``goal``; raise CONFLICT when it no longer runs ``origin``."""
    for _ in range(TRIES):
        seen = cluster.workload(at)
        revisions = cluster.revisions(seen)
        wanted = _find(revisions, goal)
        if seen.runs(wanted):
            return False, wanted
        _refuse_overtaken(seen, plan, _find(revisions, origin), revisions)
        refuse_still(seen)
        if cluster.set_template(at, seen, wanted.clean_template):
            return True, wanted
    raise never_at_rest(at.short)


def _refuse_overtaken(seen: Workload, plan: RollBackPlan, origin: Kept, revisions: Sequence[Kept]) -> None:
    if seen.uid == plan.uid and seen.runs(origin):
        return
    now = next((one.revision for one in revisions if seen.runs(one)), "one that is too new to have a number")
    raise ActionFailed(
        f"somebody else deployed {seen.name} since the plan: it runs revision {now}."
        " It was left alone; plan again.",
        ErrorClass.CONFLICT,
    )


def _current(found: Workload, revisions: Sequence[Kept]) -> Kept:
    for one in revisions:
        if found.runs(one):
            return one
    raise ActionFailed(
        f"{found.name} was changed a moment ago and has no revision of it yet. Plan again.",
        ErrorClass.CONFLICT,
    )


def _chosen(want: RollBack, found: Workload, revisions: Sequence[Kept]) -> Kept:
    others = [one for one in revisions if not found.runs(one)]
    if want.to_revision is None:
        chosen = next(iter(others), None)
    else:
        chosen = next((one for one in others if one.revision == want.to_revision), None)
    if chosen is not None:
        return chosen
    if want.to_revision == _current(found, revisions).revision:
        raise ActionFailed(
            f"{want.name} already runs revision {want.to_revision}; nothing was changed.",
            ErrorClass.INVALID,
        )
    kept = ", ".join(str(one.revision) for one in others) or "none"
    raise ActionFailed(
        f"{want.name} keeps no revision {want.to_revision or 'before the current one'}"
        f" (it keeps: {kept}); nothing was changed.",
        ErrorClass.MISSING,
    )


def _find(revisions: Sequence[Kept], reference: Revision) -> Kept:
    for one in revisions:
        if one.uid == reference.uid:
            return one
    raise ActionFailed(
        f"revision {reference.number} ({reference.replica_set}) is no longer kept; nothing was changed."
        " Deploy that version again instead.",
        ErrorClass.MISSING,
    )


def _reference(one: Kept) -> Revision:
    return Revision(number=one.revision, replica_set=one.name, uid=one.uid)


def _changes(want: RollBack, before: Kept, target: Kept) -> list[Change]:
    def change(field: str, old: str | int | None, new: str | int | None) -> Change:
        return Change(resource=want.resource, field=field, before=old, after=new)

    names = list(dict.fromkeys([*target.images, *before.images]))
    images = [change(f"{name}.image", before.images.get(name), target.images.get(name)) for name in names]
    return [change("revision", before.revision, target.revision), *images]


def _by_number(found: Workload) -> list[str]:
    if not isinstance(found, StatefulSet):
        return []
    below = f", and those below number {found.partition} stay as they are" if found.partition else ""
    return [f"its pods are replaced one at a time, the last first{below}; one that never gets ready stops it"]


def _other_differences(before: Kept, target: Kept) -> list[str]:
    """Name the parts that differ besides the images; never their values, which may be secrets."""
    old = {container.name: container.model_dump() for container in before.containers}
    new = {container.name: container.model_dump() for container in target.containers}
    differing = sorted(
        f"{name}.{part}"
        for name in old.keys() & new.keys()
        for part in (old[name].keys() | new[name].keys()) - {"image"}
        if old[name].get(part) != new[name].get(part)
    )
    return [f"these parts of the template change too: {', '.join(differing)}"] if differing else []
