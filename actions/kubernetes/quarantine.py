"""Take a pod out of its Services and keep it running, for people to look at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Anything, Json, Place, Thing, Turn, anything_of
from tocsin.actions.kubernetes.kinds import POD, SERVICE, SLICE
from tocsin.actions.kubernetes.objects import Object, Words, under
from tocsin.actions.kubernetes.targets import PodTarget
from tocsin.errors import ActionFailed, ErrorClass

MARK = "tocsin/quarantined"
"""The label of a pod in quarantine: to find it by, and for k8s.networkpolicy_isolate."""
FORMER = "tocsin/former-labels"
"""The annotation that keeps what was taken from it, for people."""
_Labels = dict[str, str | None]


class Service(Object):
    """A Service: which pods it sends traffic to."""

    selector: Words = Field(default={}, validation_alias=under("spec", "selector"))

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Say whether it sends traffic to a pod of these labels; without a selector, others decide."""
        return bool(self.selector) and self.selector.items() <= labels.items()


class Endpoints(Object):
    """An EndpointSlice: the pods that a Service really sends traffic to."""

    endpoints: list[Json] | None = None

    def holds(self, uid: str) -> bool:
        """Say whether traffic goes to the pod."""
        targets = [one.get("targetRef") for one in self.endpoints or ()]
        return any(isinstance(target, dict) and target.get("uid") == uid for target in targets)


class QuarantinePlan(Plan):
    """The labels; ``undo`` puts them back."""

    uid: str
    before: _Labels
    goal: _Labels
    services: tuple[str, ...]
    """The Services that it is taken out of."""


class Quarantined(Frozen):
    """The pod in quarantine."""

    pod: str
    services: tuple[str, ...]
    """The Services that send it no traffic any more."""
    removed: dict[str, str]
    """The labels that it had."""
    changed: bool
    """False when it was so already."""


class QuarantinePod(Action[PodTarget, QuarantinePlan, Quarantined]):
    """Take the labels from a pod by which Services select it, and keep it running. Undo puts them back.

    A controller that selects it by the same labels lets go of it, and makes another one in its place.
    """

    name = "k8s.pod_quarantine"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: PodTarget) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"kubectl -n {given.get('namespace')} label pod {given.get('pod')} <label>- {MARK}=true"

    def permissions(self, want: PodTarget) -> list[Permission]:
        return [
            want.may("get", POD.right),
            want.may("patch", POD.right),
            want.may("list", SERVICE.right),
            want.may("list", SLICE.right),
        ]

    def plan(self, want: PodTarget) -> QuarantinePlan:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(_place(want)).about
        services = _services(cluster, want, found)
        goal = _goal(want, found, services)
        before: _Labels = {key: found.labels.get(key) for key in goal}
        return QuarantinePlan(
            summary=f"Take {want.short} out of {_named(services)}, and keep it running",
            changes=tuple(
                Change(resource=want.resource, field=f"label {key}", before=before[key], after=goal[key])
                for key in goal
            ),
            warnings=tuple(_warnings(found, goal)),
            uid=found.uid,
            before=before,
            goal=goal,
            services=tuple(one.name for one in services),
        )

    def run(self, want: PodTarget, plan: QuarantinePlan, key: str) -> Quarantined:
        return Quarantined(
            pod=want.pod,
            services=plan.services,
            removed={key: value for key, value in plan.before.items() if value is not None},
            changed=self._move(want, plan, origin=plan.before, goal=plan.goal),
        )

    def verify(self, want: PodTarget, plan: QuarantinePlan) -> Verdict:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(_place(want)).about
        if found.labels.get(MARK) != "true" or _services(cluster, want, found):
            return Verdict(state="failed", reason=f"somebody gave {want.pod} its labels back meanwhile")
        slices = cluster.many(Endpoints, SLICE, want.namespace)
        left = [one.name for one in slices if one.holds(plan.uid)]
        if left:
            return Verdict(state="waiting", reason=f"{', '.join(left)} still sends it traffic")
        return Verdict(state="ok", reason=f"no Service sends {want.pod} traffic")

    def undo(self, want: PodTarget, plan: QuarantinePlan) -> None:
        self._move(want, plan, origin=plan.goal, goal=plan.before)

    def _move(self, want: PodTarget, plan: QuarantinePlan, *, origin: _Labels, goal: _Labels) -> bool:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        turn = Turn(partial(_labels, list(goal)), partial(_patch, plan))
        return cluster.move(_place(want), plan.uid, turn, origin=origin, goal=goal)


def _place(want: PodTarget) -> Place:
    return Place(POD, want.pod, want.namespace)


def _services(cluster: Anything, want: PodTarget, found: Object) -> list[Service]:
    listed = cluster.many(Service, SERVICE, want.namespace)
    return [one for one in listed if one.selects(found.labels)]


def _goal(want: PodTarget, found: Object, services: Sequence[Service]) -> _Labels:
    if not services and MARK not in found.labels:
        raise ActionFailed(
            f"no Service selects the pod {want.short} by its labels: there is nothing to take it out of;"
            " nothing was changed.",
            ErrorClass.INVALID,
        )
    taken: _Labels = {key: None for one in services for key in one.selector}
    return {**taken, MARK: "true"}


def _named(services: Sequence[Service]) -> str:
    return ", ".join(one.name for one in services) or "no Service, as it is in quarantine already"


def _labels(keys: list[str], seen: Thing) -> _Labels:
    return {key: seen.about.labels.get(key) for key in keys}


def _patch(plan: QuarantinePlan, seen: Thing, goal: _Labels) -> Json:
    kept = json.dumps(plan.before, sort_keys=True) if goal == plan.goal else None
    return {"metadata": {"labels": dict(goal), "annotations": {FORMER: kept}}}


def _warnings(found: Object, goal: _Labels) -> Iterator[str]:
    owner = next((one for one in found.owners if one.controller), None)
    if owner is None:
        yield "no controller makes another pod in its place"
        return
    taken = ", ".join(key for key in goal if key != MARK)
    yield (
        f"if the {owner.kind} {owner.name} selects it by {taken} too, it lets go of it and makes another;"
        " nothing deletes this one then but you"
    )
    if owner.kind == "StatefulSet":
        yield f"a StatefulSet makes no other pod while one of its name runs: {found.name} is missed meanwhile"
