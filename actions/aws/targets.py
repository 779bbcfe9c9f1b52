"""Elastic Load Balancing: take targets out of a target group, and put them in."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Generic, TypeVar

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

_TARGET = r"^[A-Za-z0-9.:\[\]/_-]+$"


class TargetsNamed(Named):
    """A target group, and some of its targets."""

    target_group: str = Field(
        pattern=r"^arn:[a-z-]+:elasticloadbalancing:[^:]+:[0-9]{12}:targetgroup/[A-Za-z0-9-]+/[0-9a-f]+$",
        description="Its ARN",
    )
    targets: tuple[str, ...] = Field(
        min_length=1,
        max_length=100,
        description="`i-0123456789abcdef0` or `10.0.0.4`, on the group's port; or with `@` and a port",
    )

    @property
    def path(self) -> str:
        return f"elb/{group_name(self.target_group)}"


class TargetsLeaving(TargetsNamed):
    """The targets that shall get no more requests."""

    min_healthy: int = Field(
        default=50, ge=1, le=100, description="Per cent of the group's targets that must be left, and healthy"
    )


class Registered(Frozen):
    """Which of the targets get requests."""

    registered: tuple[str, ...]
    """Each with its port: ``i-0123456789abcdef0@8080``"""


class Health(Answer):
    """One target of a group."""

    name: str = Field(validation_alias=AliasPath("Target", "Id"))
    port: int = Field(default=0, validation_alias=AliasPath("Target", "Port"))
    state: str = Field(validation_alias=AliasPath("TargetHealth", "State"))
    reason: str = Field(default="", validation_alias=AliasPath("TargetHealth", "Description"))

    @property
    def short(self) -> str:
        """Return the target with its port."""
        return f"{self.name}@{self.port}"

    @property
    def stays(self) -> bool:
        """Say whether it is registered, and not on its way out."""
        return self.state != "draining"


def group_name(arn: str) -> str:
    """Return a target group's name, which its ARN holds."""
    return arn.split("/")[1]


def health(account: Account, group: str) -> list[Health]:
    """Read every target of a group. Raises MISSING when there is no such group."""
    answer = account.call("elbv2", "describe_target_health", TargetGroupArn=group)
    return [read(Health, one) for one in answer["TargetHealthDescriptions"]]


def _is_named(want: TargetsNamed, one: Health) -> bool:
    return one.name in want.targets or one.short in want.targets


NamedT = TypeVar("NamedT", bound=TargetsNamed)


class _Membership(Desired[NamedT, Registered], Generic[NamedT]):
    risk = Risk.HIGH
    settle = timedelta(minutes=10)

    def rights(self, at: AwsConnection, want: NamedT) -> Iterable[tuple[str, str]]:
        system, group = "elasticloadbalancing", want.target_group
        writes = [(f"{system}:{verb}Targets", group) for verb in ("Register", "Deregister")]
        return *writes, (f"{system}:DescribeTargetHealth", "*"), (f"{system}:DescribeTargetGroups", "*")

    def look(self, account: Account, want: NamedT) -> Registered:
        found = [one for one in health(account, want.target_group) if _is_named(want, one) and one.stays]
        return Registered(registered=tuple(sorted(one.short for one in found)))

    def put(self, account: Account, want: NamedT, now: Registered, goal: Registered) -> None:
        more = sorted(set(goal.registered) - set(now.registered))
        less = sorted(set(now.registered) - set(goal.registered))
        for operation, targets in (("register_targets", more), ("deregister_targets", less)):
            if targets:
                named = [{"Id": one.partition("@")[0], "Port": int(one.partition("@")[2])} for one in targets]
                account.call("elbv2", operation, TargetGroupArn=want.target_group, Targets=named)


class DeregisterTargets(_Membership[TargetsLeaving]):
    """Take targets out of a group, which lets their requests end first. Undo puts them in again.

    Refused where too few healthy ones would be left.
    """

    name = "elb.deregister"

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws elbv2 deregister-targets {_at(given)}"

    def goal(self, account: Account, want: TargetsLeaving, now: Registered) -> Registered:
        found = [one for one in health(account, want.target_group) if one.stays]
        left = sum(one.state == "healthy" and not _is_named(want, one) for one in found)
        if found and now.registered and left * 100 < want.min_healthy * len(found):
            raise refused(
                f"{left} of the {len(found)} targets of {want.short} would be left and healthy, and"
                f" {want.min_healthy} % are asked for",
                "Take fewer out, or mend the others first.",
            )
        return Registered(registered=())

    def told(self, want: TargetsLeaving, now: Registered, goal: Registered) -> str:
        return f"Take {', '.join(now.registered) or 'nothing'} out of the target group {want.short}"

    def settled(self, account: Account, want: TargetsLeaving, goal: Registered) -> Verdict:
        draining = [
            one.short
            for one in health(account, want.target_group)
            if _is_named(want, one) and one.state == "draining"
        ]
        reason = f"{', '.join(draining) or 'nothing'} of {want.short} ends its last requests"
        return Verdict(state="waiting" if draining else "ok", reason=reason)


class RegisterTargets(_Membership[TargetsNamed]):
    """Put targets into a group, and wait until they are healthy. Undo takes out those that were not in it."""

    name = "elb.register"
    risk = Risk.LOW

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws elbv2 register-targets {_at(given)}"

    def goal(self, account: Account, want: TargetsNamed, now: Registered) -> Registered:
        answer = account.call("elbv2", "describe_target_groups", TargetGroupArns=[want.target_group])
        port = answer["TargetGroups"][0].get("Port", 0)
        there = {one.partition("@")[0] for one in now.registered}
        asked = [one if "@" in one else f"{one}@{port}" for one in want.targets if one not in there]
        return Registered(registered=tuple(sorted({*now.registered, *asked})))

    def told(self, want: TargetsNamed, now: Registered, goal: Registered) -> str:
        more = sorted(set(goal.registered) - set(now.registered))
        return f"Put {', '.join(more) or 'nothing'} into the target group {want.short}"

    def settled(self, account: Account, want: TargetsNamed, goal: Registered) -> Verdict:
        found = {one.short: one for one in health(account, want.target_group)}
        ill = [found[one] for one in goal.registered if one in found and found[one].state != "healthy"]
        told = ", ".join(f"{one.short} is {one.state}: {one.reason}" for one in ill)
        return Verdict(state="waiting" if ill else "ok", reason=told or f"all are healthy in {want.short}")


def _at(given: Mapping[str, JsonValue]) -> str:
    listed = given.get("targets")
    names = [str(one).split("@") for one in (listed if isinstance(listed, list | tuple) else [listed])]
    targets = " ".join(",Port=".join([f"Id={name}", *port]) for name, *port in names)
    return f"--target-group-arn {given.get('target_group')} --targets {targets}"
