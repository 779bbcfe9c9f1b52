"""LaunchDarkly: whether a feature flag is on in an environment.

https://launchdarkly.com/docs/api/feature-flags/patch-feature-flag
"""

import json
from collections.abc import Mapping
from datetime import timedelta

from pydantic import BaseModel, Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.actions.rest import Rest, with_json
from tocsin.connections import HttpConnection
from tocsin.egress import Outgoing
from tocsin.errors import ActionFailed, ErrorClass

_KEY = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$"
_SEMANTIC = "application/json; domain-model=launchdarkly.semanticpatch"
_MEANINGS = {405: ErrorClass.DENIED}
"""What LaunchDarkly answers where an environment's changes need an approval of its own."""


class SetFlag(Frozen):
    """The flag, the environment, and whether it shall be on there."""

    connection: str = Field(description="LaunchDarkly's address and token: http:NAME of tocsin.yaml")
    project: str = Field(pattern=_KEY)
    environment: str = Field(pattern=_KEY)
    flag: str = Field(pattern=_KEY)
    on: bool
    comment: str | None = Field(
        default=None, max_length=500, description="For LaunchDarkly's own history of changes"
    )

    @property
    def resource(self) -> str:
        """The lock key."""
        return f"{self.connection}/{self.project}/{self.environment}/{self.flag}"

    @property
    def path(self) -> str:
        return f"/api/v2/flags/{self.project}/{self.flag}"


class FlagPlan(Plan):
    """What ``undo`` puts back."""

    before: bool


class FlagSet(Frozen):
    """Whether the flag is on, before and now."""

    before: bool
    on: bool
    changed: bool
    """False when it was so already."""


class _Variation(BaseModel):
    name: str | None = None
    value: JsonValue = None


class _Environment(BaseModel):
    on: bool
    offVariation: int | None = None


class _Flag(BaseModel):
    archived: bool = False
    variations: tuple[_Variation, ...] = ()
    environments: dict[str, _Environment] = {}


class SetFeatureFlag(Action[SetFlag, FlagPlan, FlagSet]):
    """Turn a feature flag on or off in one environment. Undo restores what plan saw."""

    name = "launchdarkly.set_flag"
    risk = Risk.LOW
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=1)

    def resources(self, want: SetFlag) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        verb = {"True": "toggle-on", "False": "toggle-off"}.get(
            str(given.get("on")), "<toggle-on or toggle-off>"
        )
        return (
            f"ldcli flags {verb} --project {given.get('project')} --environment {given.get('environment')}"
            f" --flag {given.get('flag')}"
        )

    def permissions(self, want: SetFlag) -> list[Permission]:
        flag = f"proj/{want.project}:env/{want.environment}:flag/{want.flag}"
        rights = [("viewProject", f"proj/{want.project}"), ("updateOn", flag)]
        return [Permission(system="launchdarkly", verb=verb, resource=resource) for verb, resource in rights]

    def plan(self, want: SetFlag) -> FlagPlan:
        flag, found = self._read(want)
        if flag.archived:
            raise ActionFailed(
                f"flag {want.flag} is archived; nothing was changed. Restore it first, or correct the key.",
                ErrorClass.INVALID,
            )
        change = Change(resource=want.resource, field="on", before=found.on, after=want.on)
        return FlagPlan(
            summary=f"Turn flag {want.flag} {'on' if want.on else 'off'} in {want.environment}",
            changes=(change,),
            warnings=() if want.on else (_served_when_off(flag, found),),
            before=found.on,
        )

    def run(self, want: SetFlag, plan: FlagPlan, key: str) -> FlagSet:
        changed = self._turn(want, on=want.on, comment=want.comment or "Set by Tocsin")
        return FlagSet(before=plan.before, on=want.on, changed=changed)

    def verify(self, want: SetFlag, plan: FlagPlan) -> Verdict:
        _, found = self._read(want)
        state = "ok" if found.on == want.on else "waiting"
        return Verdict(state=state, reason=f"it is {'on' if found.on else 'off'}")

    def undo(self, want: SetFlag, plan: FlagPlan) -> None:
        self._turn(want, on=plan.before, comment="Undone by Tocsin")

    def _read(self, want: SetFlag) -> tuple[_Flag, _Environment]:
        flag = self._launchdarkly(want).ask(Outgoing("GET", want.path, {"env": want.environment}), _Flag)
        if want.environment not in flag.environments:
            raise ActionFailed(
                f"flag {want.flag} has no environment {want.environment!r}; nothing was changed."
                " Correct the environment's key.",
                ErrorClass.MISSING,
            )
        return flag, flag.environments[want.environment]

    def _turn(self, want: SetFlag, *, on: bool, comment: str) -> bool:
        if self._read(want)[1].on == on:
            return False
        body: dict[str, JsonValue] = {
            "environmentKey": want.environment,
            "comment": comment,
            "instructions": [{"kind": "turnFlagOn" if on else "turnFlagOff"}],
        }
        self._launchdarkly(want).ask(with_json("PATCH", want.path, body, _SEMANTIC), _Flag)
        return True

    def _launchdarkly(self, want: SetFlag) -> Rest:
        return Rest(self.connections, want.connection, HttpConnection, _MEANINGS)


def _served_when_off(flag: _Flag, found: _Environment) -> str:
    if found.offVariation is None or found.offVariation >= len(flag.variations):
        return "while it is off, the default that stands in the code is served to everybody"
    served = flag.variations[found.offVariation]
    return f"while it is off, {served.name or json.dumps(served.value)[:80]} is served to everybody"
