"""Set fields of an object by server-side apply: the cluster knows who owns which field, and says so.

https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

import json
from collections.abc import Iterator, Mapping
from typing import Self

from pydantic import Field as Input
from pydantic import JsonValue, model_validator

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.kubernetes.anything import FIELD_MANAGER, Anything, Json, Thing, anything_of
from tocsin.actions.kubernetes.client import TRIES, never_at_rest, overtaken
from tocsin.actions.kubernetes.fields import Field, at, fields, putting_back
from tocsin.actions.kubernetes.kinds import ObjectTarget
from tocsin.actions.kubernetes.label import place
from tocsin.actions.kubernetes.owned import merged, owned
from tocsin.actions.kubernetes.owners import gitops_warning
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.secrets import redact

_FIXED = ("apiVersion", "kind", "status")
_HIDDEN = ("env", "envFrom", "stringData")
"""What may hold secrets: a plan shows and keeps what it changes."""


class SetFields(ObjectTarget):
    """The object and the fields that it shall have."""

    fields: dict[str, JsonValue] = Input(
        min_length=1,
        description="As the object has them, from the top: `{spec: {replicas: 3}}`. Items of lists are found"
        " by their `name`. Fields that are not given stay",
    )
    force: bool = Input(default=False, description="Take fields over from whoever owns them")

    @model_validator(mode="after")
    def _may_be_set(self) -> Self:
        fixed = [key for key in _FIXED if key in self.fields]
        metadata = self.fields.get("metadata", {})
        others = set(metadata) - {"labels", "annotations"} if isinstance(metadata, dict) else {"metadata"}
        if fixed or others:
            raise ValueError(f"`fields` may not hold {', '.join([*fixed, *sorted(others)])}")
        if hidden := sorted(set(_keys(self.fields)) & set(_HIDDEN)):
            raise ValueError(
                f"{', '.join(hidden)} may hold secrets, which a plan would show: deploy it instead"
            )
        if _holds_null(self.fields):
            raise ValueError("a null takes no field away; give the value that it shall have")
        return self


class PatchPlan(Plan):
    """Every field as it was; ``undo`` puts them back."""

    uid: str
    touched: tuple[Field, ...]


class Patched(Frozen):
    """The fields that were set."""

    paths: tuple[str, ...]
    changed: bool
    """False when it was so already."""


class PatchObject(Action[SetFields, PatchPlan, Patched]):
    """Set fields of an object of any kind but Secret, by server-side apply. Undo puts back what plan saw.

    A field that somebody else owns is refused unless `force` is set. Undo gives no field back to its owner.
    """

    name = "k8s.patch"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT

    def resources(self, want: SetFields) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        where = f"-n {given['namespace']} " if given.get("namespace") else ""
        patch = json.dumps(given.get("fields"))
        if given.get("plural"):  # of another API, which cannot merge lists by the names of their items
            group = str(given.get("api_version")).rpartition("/")[0]
            what, way = f"{given['plural']}.{group}", " --type=merge"
        else:
            what, way = str(given.get("kind")).lower(), ""
        return f"kubectl {where}patch {what} {given.get('name')}{way} --patch '{patch}'"

    def permissions(self, want: SetFields) -> list[Permission]:
        return [want.may("get"), want.may("patch")]

    def plan(self, want: SetFields) -> PatchPlan:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        found = cluster.read(place(want))
        then, taken = _tried(cluster, want, found)
        touched = tuple(fields(found.raw, dict(want.fields), then.raw))
        _refuse_secrets(want, touched)
        return PatchPlan(
            summary=f"Set {', '.join(one.spelled for one in touched[:5])} of {want.short}",
            changes=tuple(
                Change(resource=want.resource, field=one.spelled, before=one.before, after=one.after)
                for one in touched
            ),
            warnings=(*taken, *gitops_warning(found.about)),
            uid=found.about.uid,
            touched=touched,
        )

    def run(self, want: SetFields, plan: PatchPlan, key: str) -> Patched:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        seen = cluster.read(place(want))
        if seen.about.uid != plan.uid:
            raise overtaken(want.short, "it was deleted and made anew")
        _refuse_overtaken(want, seen, plan)
        changed = any(at(seen.raw, one.path)[1] != one.after for one in plan.touched)
        if changed:
            cluster.apply(place(want), _manifest(want, seen), force=want.force, dry_run=False)
        return Patched(paths=tuple(one.spelled for one in plan.touched), changed=changed)

    def verify(self, want: SetFields, plan: PatchPlan) -> Verdict:
        found = anything_of(self.connections, want.connection, want.namespace).read(place(want))
        others = [one.spelled for one in plan.touched if at(found.raw, one.path)[1] != one.after]
        if others:
            return Verdict(state="failed", reason=f"somebody changed {', '.join(others)} meanwhile")
        return Verdict(
            state="ok", reason="the fields are as asked for; what follows from them, a look must say"
        )

    def undo(self, want: SetFields, plan: PatchPlan) -> None:
        cluster = anything_of(self.connections, want.connection, want.namespace)
        for _ in range(TRIES):
            seen = cluster.read(place(want))
            if seen.about.uid != plan.uid:
                raise overtaken(want.short, "it was deleted and made anew")
            operations = putting_back(seen.raw, plan.touched)
            if not operations or cluster.change(place(want), seen, operations):
                return
        raise never_at_rest(want.short)


def _tried(cluster: Anything, want: SetFields, found: Thing) -> tuple[Thing, list[str]]:
    """Apply it for a try, and return what would come of it; refuse, or tell, whose fields it takes."""
    try:
        return cluster.apply(place(want), _manifest(want, found), force=False, dry_run=True), []
    except ActionFailed as error:
        if error.kind is not ErrorClass.CONFLICT:
            raise
        owners = str(error).partition(": ")[2].removesuffix(" Nothing was changed; plan again.")
    if not want.force:
        raise ActionFailed(
            f"others own fields of {want.short} that this would set: {owners} Nothing was changed. Change"
            " them where their owner has them, or set `force` to take them over.",
            ErrorClass.INVALID,
        )
    then = cluster.apply(place(want), _manifest(want, found), force=True, dry_run=True)
    return then, [f"it takes fields over from their owners, who may take them back: {owners}"]


def _manifest(want: SetFields, seen: Thing) -> Json:
    """Return what is applied: these fields, and those of earlier patches, which would go otherwise.

    The uid lets it fail where the object is gone, instead of making a new one.
    """
    whole = merged(owned(seen.raw, FIELD_MANAGER), dict(want.fields))
    given: Json = whole if isinstance(whole, dict) else {}
    metadata = given.get("metadata", {})
    about: Json = dict(metadata) if isinstance(metadata, dict) else {}
    return {
        **given,
        "apiVersion": seen.raw.get("apiVersion"),
        "kind": want.kind,
        "metadata": {**about, "name": want.name, "uid": seen.about.uid},
    }


def _refuse_overtaken(want: SetFields, seen: Thing, plan: PatchPlan) -> None:
    for one in plan.touched:
        now = at(seen.raw, one.path)
        if now not in ((one.there, one.before), (True, one.after)):
            raise overtaken(want.short, f"{one.spelled} is not as it was")


def _refuse_secrets(want: SetFields, touched: tuple[Field, ...]) -> None:
    """Refuse what looks like a secret: it would be masked in the log, and undo would write the mask."""
    for one in touched:
        if redact(one.before) != one.before:
            raise ActionFailed(
                f"what stands in {one.spelled} of {want.short} looks like a secret, which no plan keeps;"
                " nothing was changed. Change it where it is deployed from.",
                ErrorClass.INVALID,
            )


def _keys(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _keys(inner)


def _holds_null(value: JsonValue) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(map(_holds_null, inner))
