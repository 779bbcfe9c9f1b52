"""Amazon EC2 Auto Scaling: replace the instances of a group, and go back."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from tocsin.actions.aws.autoscaling import OfGroup, group_arn, group_of
from tocsin.actions.aws.client import Account, Answer, account_of, read
from tocsin.actions.aws.verbs import OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

_GOING_ON = ("Pending", "InProgress", "Baking")
_GOING_BACK = ("RollbackInProgress", "Cancelling")
_ENDED_WELL = {"rollback": "RollbackSuccessful", "cancel": "Cancelled"}


class RefreshWanted(OfGroup):
    """The group, and how carefully its instances are replaced."""

    min_healthy: int = Field(
        default=90, ge=0, le=100, description="Per cent of the group that stays in service all the time"
    )
    template_version: int | None = Field(
        default=None, ge=1, description="Of the group's launch template; as it is when not given"
    )
    warmup: int | None = Field(
        default=None,
        ge=0,
        le=21_600,
        description="Seconds until a new instance counts; the group's own if not",
    )
    auto_rollback: bool = Field(
        default=False, description="Go back by itself where it fails; needs `template_version`"
    )
    alarms: tuple[str, ...] = Field(
        default=(), max_length=10, description="CloudWatch alarms that make it fail"
    )

    @model_validator(mode="after")
    def _can_go_back(self) -> Self:
        if self.auto_rollback and self.template_version is None:
            raise ValueError("auto_rollback needs template_version: else there is nothing to go back from")
        return self

    @property
    def preferences(self) -> dict[str, Any]:
        """Return them as AWS takes them."""
        given: dict[str, Any] = {"MinHealthyPercentage": self.min_healthy, "AutoRollback": self.auto_rollback}
        if self.warmup is not None:
            given["InstanceWarmup"] = self.warmup
        if self.alarms:
            given["AlarmSpecification"] = {"Alarms": list(self.alarms)}
        return given


class RefreshPlan(Plan):
    """The newest refresh there was: ``probe`` looks whether it still is the newest."""

    former: str | None
    template: str | None
    """The group's launch template, where another version of it is wanted."""


class Refreshed(Frozen):
    """The refresh, as far as AWS has accepted it; ``verify`` waits until it has ended."""

    refresh: str
    changed: bool
    """False when one was started since the plan already."""


class _Refresh(Answer):
    id: str = Field(validation_alias="InstanceRefreshId")
    status: str = Field(validation_alias="Status")
    reason: str = Field(default="", validation_alias="StatusReason")
    percent: int = Field(default=0, validation_alias="PercentageComplete")
    desired: dict[str, JsonValue] | None = Field(default=None, validation_alias="DesiredConfiguration")

    @property
    def state(self) -> str:
        return f"the refresh {self.id} is {self.status}, {self.percent} % done. {self.reason}".strip()


class RefreshGroup(OnAws[RefreshWanted, RefreshPlan, Refreshed]):
    """Replace the instances of a group, a few at a time. asg.refresh_rollback goes back while it goes on."""

    name = "asg.refresh"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(hours=1)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        kept = f"MinHealthyPercentage={given.get('min_healthy', 90)}"
        return (
            f"aws autoscaling start-instance-refresh --auto-scaling-group-name {given.get('group')}"
            f" --preferences {kept}"
        )

    def rights(self, at: AwsConnection, want: RefreshWanted) -> Iterable[tuple[str, str]]:
        template = ("ec2:RunInstances", "*"), ("ec2:DescribeLaunchTemplateVersions", "*")
        return (
            ("autoscaling:DescribeAutoScalingGroups", "*"),
            ("autoscaling:DescribeInstanceRefreshes", "*"),
            ("autoscaling:StartInstanceRefresh", group_arn(at, want)),
            *(template if want.template_version is not None else ()),
        )

    def plan(self, want: RefreshWanted) -> RefreshPlan:
        account = account_of(self.connections, want)
        found, newest = group_of(account, want), _newest(account, want)
        if newest and newest.status in (*_GOING_ON, *_GOING_BACK):
            raise busy(f"{want.group} is being refreshed: {newest.state}")
        if want.template_version is not None and found.template is None:
            raise refused(f"{want.group} has no launch template of its own", "Leave `template_version` out.")
        version = f" with version {want.template_version}" if want.template_version is not None else ""
        after = f"a new one{version}"
        before = newest.id if newest else None
        return RefreshPlan(
            summary=f"Replace the {len(found.instances)} instances of {want.group}{version}",
            changes=(Change(resource=want.resource, field="refresh", before=before, after=after),),
            warnings=(f"{100 - want.min_healthy} % of its instances may be out of service at a time",),
            former=before,
            template=found.template if want.template_version is not None else None,
        )

    def run(self, want: RefreshWanted, plan: RefreshPlan, key: str) -> Refreshed:
        account = account_of(self.connections, want)
        since = _since(account, want, plan)
        if since is not None:
            return Refreshed(refresh=since.id, changed=False)
        wanted: dict[str, Any] = {}
        if plan.template is not None:
            template = {"LaunchTemplateId": plan.template, "Version": str(want.template_version)}
            wanted = {"DesiredConfiguration": {"LaunchTemplate": template}}
        answer = account.call(
            "autoscaling",
            "start_instance_refresh",
            AutoScalingGroupName=want.group,
            Preferences=want.preferences,
            **wanted,
        )
        return Refreshed(refresh=answer["InstanceRefreshId"], changed=True)

    def verify(self, want: RefreshWanted, plan: RefreshPlan) -> Verdict:
        since = _since(account_of(self.connections, want), want, plan)
        if since is None or since.status in (*_GOING_ON, *_GOING_BACK):
            reason = since.state if since else f"{want.group} has no refresh since the plan"
            return Verdict(state="waiting", reason=reason)
        return Verdict(state="ok" if since.status == "Successful" else "failed", reason=since.state)

    def probe(self, want: RefreshWanted, plan: RefreshPlan, key: str) -> Probe:
        """Look for a refresh since the plan: AWS takes no token. There is one at a time, whoever began it."""
        since = _since(account_of(self.connections, want), want, plan)
        return Probe.NOT_DONE if since is None else Probe.DONE

    def recover(self, want: RefreshWanted, plan: RefreshPlan, key: str) -> Refreshed | None:
        since = _since(account_of(self.connections, want), want, plan)
        return Refreshed(refresh=since.id, changed=True) if since else None


class RefreshStopped(OfGroup):
    """The group whose refresh goes on."""

    how: Literal["rollback", "cancel"] = Field(
        default="rollback",
        description="`cancel` leaves the new instances; only what has a `template_version` rolls back",
    )


class StopPlan(Plan):
    """The refresh that shall be stopped, and no other."""

    refresh: str


class Stopped(Frozen):
    """The refresh; ``verify`` waits until it has ended."""

    refresh: str
    changed: bool
    """False when it was being stopped already."""


class StopRefresh(OnAws[RefreshStopped, StopPlan, Stopped]):
    """Roll a refresh that goes on back, or cancel it. There is no undo; asg.refresh begins another."""

    name = "asg.refresh_rollback"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(hours=1)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        verb = given.get("how", "rollback")
        return f"aws autoscaling {verb}-instance-refresh --auto-scaling-group-name {given.get('group')}"

    def rights(self, at: AwsConnection, want: RefreshStopped) -> Iterable[tuple[str, str]]:
        verb = f"autoscaling:{want.how.capitalize()}InstanceRefresh"
        reads = ("autoscaling:DescribeAutoScalingGroups", "*"), ("autoscaling:DescribeInstanceRefreshes", "*")
        return *reads, (verb, group_arn(at, want))

    def plan(self, want: RefreshStopped) -> StopPlan:
        account = account_of(self.connections, want)
        group_of(account, want)
        newest = _newest(account, want)
        if newest is None or newest.status not in _GOING_ON:
            raise refused(
                f"no refresh of {want.group} goes on: {newest.state if newest else 'it never had one'}",
                "Bring the former version by asg.refresh.",
            )
        if want.how == "rollback" and not newest.desired:
            raise refused(
                f"the refresh {newest.id} brings nothing that the group did not have: there is nothing to go"
                " back to",
                "Cancel it instead.",
            )
        change = Change(
            resource=want.resource, field="refresh", before=newest.status, after=_ENDED_WELL[want.how]
        )
        return StopPlan(
            summary=f"{want.how.capitalize()} the refresh of {want.group}, which is {newest.percent} % done",
            changes=(change,),
            refresh=newest.id,
        )

    def run(self, want: RefreshStopped, plan: StopPlan, key: str) -> Stopped:
        account = account_of(self.connections, want)
        newest = _newest(account, want)
        if newest is None or newest.id != plan.refresh:
            raise busy(f"another refresh of {want.group} was begun since the plan", "Plan again.")
        changed = newest.status in _GOING_ON
        if changed:
            account.call("autoscaling", f"{want.how}_instance_refresh", AutoScalingGroupName=want.group)
        elif newest.status not in (*_GOING_BACK, *_ENDED_WELL.values()):
            raise busy(f"it ended before: {newest.state}", "Plan again.")
        return Stopped(refresh=plan.refresh, changed=changed)

    def verify(self, want: RefreshStopped, plan: StopPlan) -> Verdict:
        newest = _newest(account_of(self.connections, want), want)
        if newest is None or newest.id != plan.refresh:
            return Verdict(state="failed", reason=f"another refresh of {want.group} was begun meanwhile")
        if newest.status == _ENDED_WELL[want.how]:
            return Verdict(state="ok", reason=newest.state)
        waits = newest.status in (*_GOING_ON, *_GOING_BACK)
        return Verdict(state="waiting" if waits else "failed", reason=newest.state)


def _newest(account: Account, want: OfGroup) -> _Refresh | None:
    """Return the group's newest refresh; AWS gives them newest first."""
    answer = account.call(
        "autoscaling", "describe_instance_refreshes", AutoScalingGroupName=want.group, MaxRecords=1
    )
    found = answer["InstanceRefreshes"]
    return read(_Refresh, found[0]) if found else None


def _since(account: Account, want: RefreshWanted, plan: RefreshPlan) -> _Refresh | None:
    newest = _newest(account, want)
    return newest if newest and newest.id != plan.former else None
