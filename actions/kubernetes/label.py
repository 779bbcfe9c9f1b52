"""Set and remove labels of an object."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated

from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import Json, Place, Thing, Turn, anything_of
from tocsin.actions.kubernetes.kinds import ObjectTarget
from tocsin.actions.kubernetes.owners import gitops_warning

_WORD = r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
LabelKey = Annotated[str, Field(pattern=rf"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?{_WORD}$", max_length=317)]
LabelValue = Annotated[str, Field(pattern=rf"^({_WORD})?$", max_length=63)]
Labels = dict[str, str | None]


class SetLabels(ObjectTarget):
    """The object and the labels it shall have."""

    labels: dict[LabelKey, LabelValue | None] = Field(
        min_length=1, max_length=50, description="A null removes the label; the others stay"
    )


class LabelPlan(Plan):
    """What ``undo`` puts back."""

    uid: str
    before: Labels
    """A null: there was no such label."""


class Labelled(Frozen):
    """The labels that were asked for."""

    before: Labels
    changed: bool
    """False when it was so already."""


class LabelObject(Action[SetLabels, LabelPlan, Labelled]):
    """Set and remove labels of an object of any kind but Secret. Undo restores those that plan saw."""

    name = "k8s.label"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT

    def resources(self, want: SetLabels) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        labels = given.get("labels")
        pairs = labels.items() if isinstance(labels, dict) else ()
        words = " ".join(f"{key}-" if value is None else f"{key}={value}" for key, value in pairs)
        where = f"-n {given['namespace']} " if given.get("namespace") else ""
        return (
            f"kubectl {where}label --overwrite {str(given.get('kind')).lower()} {given.get('name')} {words}"
        )

    def permissions(self, want: SetLabels) -> list[Permission]:
        return [want.may("get"), want.may("patch")]

    def plan(self, want: SetLabels) -> LabelPlan:
        found = anything_of(self.connections, want.connection, want.namespace).read(place(want)).about
        before: Labels = {key: found.labels.get(key) for key in want.labels}
        return LabelPlan(
            summary=f"Label {want.short}: {', '.join(_said(want.labels))}",
            changes=tuple(
                Change(resource=want.resource, field=f"label {key}", before=before[key], after=value)
                for key, value in want.labels.items()
            ),
            warnings=(*_warnings(want, before), *gitops_warning(found)),
            uid=found.uid,
            before=before,
        )

    def run(self, want: SetLabels, plan: LabelPlan, key: str) -> Labelled:
        changed = self._move(want, plan, origin=plan.before, goal=dict(want.labels))
        return Labelled(before=plan.before, changed=changed)

    def verify(self, want: SetLabels, plan: LabelPlan) -> Verdict:
        found = anything_of(self.connections, want.connection, want.namespace).read(place(want)).about
        others = [key for key, value in want.labels.items() if found.labels.get(key) != value]
        if others:
            return Verdict(state="failed", reason=f"somebody changed {', '.join(others)} meanwhile")
        return Verdict(state="ok", reason="the labels are as asked for")

    def undo(self, want: SetLabels, plan: LabelPlan) -> None:
        self._move(want, plan, origin=dict(want.labels), goal=plan.before)

    def _move(self, want: SetLabels, plan: LabelPlan, *, origin: Labels, goal: Labels) -> bool:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        turn = Turn(partial(_labels, list(goal)), _with_labels)
        return cluster.move(place(want), plan.uid, turn, origin=origin, goal=goal)


def place(want: ObjectTarget) -> Place:
    """Return where the object is."""
    return Place(want.of, want.name, want.namespace)


def _labels(keys: list[str], seen: Thing) -> Labels:
    return {key: seen.about.labels.get(key) for key in keys}


def _with_labels(seen: Thing, goal: Labels) -> Json:
    return {"metadata": {"labels": dict(goal)}}


def _said(labels: Mapping[str, str | None]) -> Iterator[str]:
    for key, value in labels.items():
        yield f"no {key}" if value is None else f"{key}={value}"


def _warnings(want: SetLabels, before: Labels) -> Iterator[str]:
    moved = [key for key, value in want.labels.items() if before[key] not in (None, value)]
    if want.kind == "Pod" and moved:
        yield (
            f"Services and controllers may select the pod by {', '.join(moved)}:"
            " to take it out of traffic, k8s.pod_quarantine says which do"
        )
    if any(key.startswith("pod-security.kubernetes.io/") for key in want.labels):
        yield "labels of pod-security.kubernetes.io decide what pods of a namespace may do"
