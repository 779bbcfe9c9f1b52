"""Argo CD: whether it syncs an Application by itself.

https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.rest import Rest, with_json
from tocsin.connections import HttpConnection
from tocsin.egress import Outgoing
from tocsin.errors import ActionFailed, ErrorClass

_NAME = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
Automated = dict[str, JsonValue] | None
"""``spec.syncPolicy.automated``: there is none where people sync by hand."""


class SetAutosync(Frozen):
    """The Application, and whether Argo CD shall bring by itself what is merged."""

    connection: str = Field(description="Argo CD's address and token: http:NAME of tocsin.yaml")
    app: str = Field(pattern=_NAME)
    enabled: bool
    prune: bool | None = Field(
        default=None, description="Delete what git no longer has; left as it is when not given"
    )
    self_heal: bool | None = Field(
        default=None, description="Undo what is changed in the cluster; left as it is when not given"
    )
    project: str | None = Field(
        default=None,
        pattern=_NAME,
        description="Its AppProject; without it, Argo CD calls a wrong name a missing right",
    )
    namespace: str | None = Field(
        default=None, pattern=_NAME, description="Where the Application is; Argo CD's own when not given"
    )

    @property
    def resource(self) -> str:
        """The lock key."""
        return f"{self.connection}/argocd/{self.app}"

    @property
    def where(self) -> dict[str, str]:
        """What tells the Application from another one of the same name."""
        given = {"appNamespace": self.namespace, "project": self.project}
        return {key: value for key, value in given.items() if value is not None}

    @property
    def path(self) -> str:
        return f"/api/v1/applications/{self.app}"


class AutosyncPlan(Plan):
    """The policies: what ``undo`` puts back, and what it expects to find."""

    before: Automated
    after: Automated


class AutosyncSet(Frozen):
    """Whether auto-sync is on, before and now."""

    before: bool
    enabled: bool
    changed: bool
    """False when it was so already."""


class _Owner(BaseModel):
    kind: str = ""
    name: str = ""


class _Metadata(BaseModel):
    ownerReferences: tuple[_Owner, ...] = ()


class _SyncPolicy(BaseModel):
    automated: Automated = None


class _Spec(BaseModel):
    syncPolicy: _SyncPolicy | None = None


class _Application(BaseModel):
    metadata: _Metadata
    spec: _Spec

    @property
    def automated(self) -> Automated:
        """The policy without what is false, which Argo CD leaves out or not, by its version."""
        found = None if self.spec.syncPolicy is None else self.spec.syncPolicy.automated
        return None if found is None else _plain(found)


class SetApplicationAutosync(Action[SetAutosync, AutosyncPlan, AutosyncSet]):
    """Turn an Application's auto-sync on or off. Undo restores the policy that plan saw."""

    name = "argocd.set_autosync"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=1)

    def resources(self, want: SetAutosync) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        enabled = given.get("enabled")
        policy = {"True": "automated", "False": "none"}.get(str(enabled), "<automated or none>")
        return f"argocd app set {given.get('app')} --sync-policy {policy}"

    def permissions(self, want: SetAutosync) -> list[Permission]:
        app = f"{want.project or '*'}/{want.app}"
        verbs = ("applications, get", "applications, update")
        return [Permission(system="argocd", verb=verb, resource=app) for verb in verbs]

    def plan(self, want: SetAutosync) -> AutosyncPlan:
        found = self._read(want)
        before, after = found.automated, _wanted(want, found.automated)
        field = "spec.syncPolicy.automated"
        change = Change(resource=want.resource, field=field, before=before, after=after)
        return AutosyncPlan(
            summary=f"Turn auto-sync of {want.app} {'on' if want.enabled else 'off'}",
            changes=(change,),
            warnings=tuple(_warnings(want, found)),
            before=before,
            after=after,
        )

    def run(self, want: SetAutosync, plan: AutosyncPlan, key: str) -> AutosyncSet:
        changed = self._move(want, origin=plan.before, goal=plan.after)
        return AutosyncSet(before=_is_on(plan.before), enabled=_is_on(plan.after), changed=changed)

    def verify(self, want: SetAutosync, plan: AutosyncPlan) -> Verdict:
        found = self._read(want).automated
        reason = f"auto-sync is {'on' if _is_on(found) else 'off'}"
        if found == plan.after:
            return Verdict(state="ok", reason=reason)
        # Argo CD reads from a cache that may be a moment behind.
        stale = found == plan.before
        return Verdict(state="waiting" if stale else "failed", reason=f"{reason}: {json.dumps(found)}")

    def undo(self, want: SetAutosync, plan: AutosyncPlan) -> None:
        self._move(want, origin=plan.after, goal=plan.before)

    def _read(self, want: SetAutosync) -> _Application:
        return self._argocd(want).ask(Outgoing("GET", want.path, want.where), _Application)

    def _move(self, want: SetAutosync, *, origin: Automated, goal: Automated) -> bool:
        """Set the policy unless it is so already; raise CONFLICT when it is not ``origin`` either."""
        found = self._read(want).automated
        if found == goal:
            return False
        if found != origin:
            raise ActionFailed(
                f"somebody else changed the sync policy of {want.app} since the plan. It was left alone;"
                " plan again.",
                ErrorClass.CONFLICT,
            )
        patch = json.dumps({"spec": {"syncPolicy": {"automated": _merging(found, goal)}}})
        body: dict[str, JsonValue] = {"name": want.app, "patch": patch, "patchType": "merge", **want.where}
        self._argocd(want).ask(with_json("PATCH", want.path, body), _Application)
        return True

    def _argocd(self, want: SetAutosync) -> Rest:
        return Rest(self.connections, want.connection, HttpConnection)


def _is_on(automated: Automated) -> bool:
    return automated is not None and automated.get("enabled") is not False


def _wanted(want: SetAutosync, before: Automated) -> Automated:
    """Return the policy that shall be. Off is none at all, which every version of Argo CD understands."""
    if not want.enabled:
        return None if _is_on(before) else before
    kept = {key: value for key, value in (before or {}).items() if value is not False}
    given = {"prune": want.prune, "selfHeal": want.self_heal}
    return _plain({**kept, **{key: value for key, value in given.items() if value is not None}})


def _plain(automated: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {key: value for key, value in automated.items() if value is not False or key == "enabled"}


def _merging(found: Automated, goal: Automated) -> Any:
    """Return the merge patch (RFC 7386) that makes ``goal`` of ``found``."""
    if goal is None:
        return None
    return {**{key: None for key in (found or {}) if key not in goal}, **goal}


def _warnings(want: SetAutosync, found: _Application) -> list[str]:
    sets = [one.name for one in found.metadata.ownerReferences if one.kind == "ApplicationSet"]
    owned = [f"ApplicationSet {name} made it, and may set the policy back at any time" for name in sets]
    off = [] if want.enabled else ["nothing that is merged is deployed until it is turned on again"]
    return owned + off
