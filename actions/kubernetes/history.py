"""The revisions of a workload, and the action that lists them."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.kubernetes.client import cluster_of
from tocsin.actions.kubernetes.owners import Manager, managed_by
from tocsin.actions.kubernetes.status import current_revision
from tocsin.actions.kubernetes.targets import Target, kubectl
from tocsin.actions.kubernetes.workloads import Kept

CAUSE = "kubernetes.io/change-cause"


class KeptRevision(Frozen):
    """A revision that the cluster keeps, and that a rollback can return to."""

    revision: int
    replica_set: str
    """What keeps it: a ReplicaSet, or the ControllerRevision of a StatefulSet or DaemonSet."""
    created: datetime
    """When this template was deployed first; a rollback to it leaves this as it is."""
    images: dict[str, str]
    """By container."""
    cause: str
    """What the deployer wrote about it, or nothing."""


class RolloutHistory(Frozen):
    """What runs, what ran before, and who deploys it."""

    revision: int
    """The current one."""
    image: str
    """Of the main container, which is the first one."""
    images: dict[str, str]
    """By container."""
    previous: int | None
    """The revision that ``k8s.rollout_undo`` returns to when it is told none; None when there is none."""
    previous_image: str | None
    previous_images: dict[str, str]
    managed_by: Manager | None
    """Who deploys it, by its labels. Argo CD and Flux may put back what Git says after a change by hand."""
    revisions: tuple[KeptRevision, ...]
    """Newest first"""
    report: str
    """For people: a line for each revision."""


class ShowHistory(Action[Target, Plan, RolloutHistory]):
    """List the revisions of a workload, with their images, and say who deploys it."""

    name = "k8s.rollout_history"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return kubectl(given, "rollout history")

    def permissions(self, want: Target) -> list[Permission]:
        return [want.may("get", f"apps/{want.plural}"), want.may("list", want.revisions)]

    def plan(self, want: Target) -> Plan:
        cluster_of(self.connections, want).workload(want)
        return Plan(summary=f"List the revisions of {want.short}")

    def run(self, want: Target, plan: Plan, key: str) -> RolloutHistory:
        cluster = cluster_of(self.connections, want)
        found = cluster.workload(want)
        sets = cluster.revisions(found)
        previous = next((one for one in sets if not found.runs(one)), None)
        return RolloutHistory(
            revision=current_revision(cluster, found),
            image=found.image,
            images=found.images,
            previous=previous.revision if previous else None,
            previous_image=previous.image if previous else None,
            previous_images=previous.images if previous else {},
            managed_by=managed_by(found),
            revisions=tuple(map(_kept, sets)),
            report="\n".join(_line(one, current=found.runs(one)) for one in sets),
        )


def _kept(one: Kept) -> KeptRevision:
    return KeptRevision(
        revision=one.revision,
        replica_set=one.name,
        created=one.created,
        images=one.images,
        cause=one.annotations.get(CAUSE, ""),
    )


def _line(one: Kept, *, current: bool) -> str:
    mark, cause = "→" if current else " ", one.annotations.get(CAUSE, "")
    images = ", ".join(one.images.values())
    return f"{mark} {one.revision}  {one.created:%Y-%m-%d %H:%M}  {images}{cause and f'  {cause}'}"
