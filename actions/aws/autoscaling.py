"""Amazon EC2 Auto Scaling: how many instances a group has, and what it does by itself."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Literal

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, arn, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, busy, no_such, refused
from tocsin.actions.base import Frozen, Risk, Verdict
from tocsin.connections import AwsConnection

UNTIL_RESUMED = "they stay suspended until somebody resumes them: give the runbook an undo, or asg.resume"
POLICIES = "scaling policies may change it again"

Process = Literal[
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
]
"""https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html."""


class OfGroup(Named):
    """An Auto Scaling group."""

    group: str = Field(min_length=1, max_length=255, pattern=r"^[^:\r\n]+$")

    @property
    def path(self) -> str:
        return f"asg/{self.group}"


class _Instance(Answer):
    name: str = Field(validation_alias="InstanceId")
    lifecycle: str = Field(validation_alias="LifecycleState")
    health: str = Field(validation_alias="HealthStatus")


class _Suspended(Answer):
    name: str = Field(validation_alias="ProcessName")


class Group(Answer):
    """A group, as AWS shows it."""

    low: int = Field(validation_alias="MinSize")
    high: int = Field(validation_alias="MaxSize")
    desired: int = Field(validation_alias="DesiredCapacity")
    instances: tuple[_Instance, ...] = Field(default=(), validation_alias="Instances")
    suspended_list: tuple[_Suspended, ...] = Field(default=(), validation_alias="SuspendedProcesses")
    status: str | None = Field(default=None, validation_alias="Status")
    """Set only while the group is being deleted."""
    template: str | None = Field(
        default=None, validation_alias=AliasPath("LaunchTemplate", "LaunchTemplateId")
    )

    @property
    def in_service(self) -> int:
        """Return how many instances take part."""
        return sum(one.lifecycle == "InService" and one.health == "Healthy" for one in self.instances)

    @property
    def suspended(self) -> tuple[str, ...]:
        """Return the names of the suspended processes, sorted."""
        return tuple(sorted(one.name for one in self.suspended_list))


def group_of(account: Account, want: OfGroup) -> Group:
    """Read a group. Raises MISSING when there is none of that name, CONFLICT when it is being deleted."""
    answer = account.call("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[want.group])
    if not answer["AutoScalingGroups"]:
        raise no_such(f"Auto Scaling group {want.group}")
    found = read(Group, answer["AutoScalingGroups"][0])
    if found.status is not None:
        raise busy(f"the group {want.group} goes: {found.status}", "Choose another group.")
    return found


def group_arn(at: AwsConnection, want: OfGroup) -> str:
    """Return the group's name in policies, whatever its id."""
    return arn(at, "autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{want.group}")


class CapacityWanted(OfGroup):
    """The group, and how many instances it shall have."""

    instances: int = Field(ge=0, le=10_000, description="Within the group's own bounds")


class Capacity(Frozen):
    """How many instances a group keeps."""

    desired: int


class SetDesiredCapacity(Desired[CapacityWanted, Capacity]):
    """Set how many instances a group keeps. Undo restores the number that plan saw.

    Refused outside of the group's bounds. The group's cooldown is not waited for.
    """

    name = "asg.set_desired"
    risk = Risk.HIGH
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--auto-scaling-group-name {given.get('group')} --desired-capacity {given.get('instances')}"
        return f"aws autoscaling set-desired-capacity {at}"

    def rights(self, at: AwsConnection, want: CapacityWanted) -> Iterable[tuple[str, str]]:
        reads = (("autoscaling:DescribeAutoScalingGroups", "*"), ("autoscaling:DescribePolicies", "*"))
        return *reads, ("autoscaling:SetDesiredCapacity", group_arn(at, want))

    def look(self, account: Account, want: CapacityWanted) -> Capacity:
        return Capacity(desired=group_of(account, want).desired)

    def goal(self, account: Account, want: CapacityWanted, now: Capacity) -> Capacity:
        found = group_of(account, want)
        if not found.low <= want.instances <= found.high:
            raise refused(
                f"{want.group} keeps between {found.low} and {found.high} instances, and {want.instances} are"
                " wanted",
                "Choose a number within its bounds, or move them.",
            )
        if want.instances > found.desired and "Launch" in found.suspended:
            raise refused(f"{want.group} launches nothing: that is suspended", "Resume it with asg.resume.")
        return Capacity(desired=want.instances)

    def warn(self, account: Account, want: CapacityWanted, now: Capacity, goal: Capacity) -> Iterable[str]:
        if goal.desired < now.desired:
            yield f"{now.desired - goal.desired} instances are terminated; the group chooses which"
        answer = account.call("autoscaling", "describe_policies", AutoScalingGroupName=want.group)
        if answer["ScalingPolicies"]:
            yield POLICIES

    def told(self, want: CapacityWanted, now: Capacity, goal: Capacity) -> str:
        return f"Set the group {want.group} from {now.desired} to {goal.desired} instances"

    def put(self, account: Account, want: CapacityWanted, now: Capacity, goal: Capacity) -> None:
        account.call(
            "autoscaling",
            "set_desired_capacity",
            AutoScalingGroupName=want.group,
            DesiredCapacity=goal.desired,
            HonorCooldown=False,
        )

    def settled(self, account: Account, want: CapacityWanted, goal: Capacity) -> Verdict:
        found = group_of(account, want)
        reason = f"{found.in_service} of {goal.desired} instances of {want.group} are in service"
        here = len(found.instances) == found.in_service == goal.desired
        return Verdict(state="ok" if here else "waiting", reason=reason)


class ProcessesNamed(OfGroup):
    """The group, and what of all that it does by itself."""

    processes: tuple[Process, ...] = Field(min_length=1, max_length=9)


class Suspended(Frozen):
    """What a group does not do."""

    suspended: tuple[str, ...]
    """Names of processes, sorted; those that were suspended before are among them."""


class _Processes(Desired[ProcessesNamed, Suspended]):
    def rights(self, at: AwsConnection, want: ProcessesNamed) -> Iterable[tuple[str, str]]:
        group = group_arn(at, want)
        return (
            ("autoscaling:DescribeAutoScalingGroups", "*"),
            ("autoscaling:SuspendProcesses", group),
            ("autoscaling:ResumeProcesses", group),
        )

    def look(self, account: Account, want: ProcessesNamed) -> Suspended:
        return Suspended(suspended=group_of(account, want).suspended)

    def put(self, account: Account, want: ProcessesNamed, now: Suspended, goal: Suspended) -> None:
        more = sorted(set(goal.suspended) - set(now.suspended))
        less = sorted(set(now.suspended) - set(goal.suspended))
        for operation, names in (("suspend_processes", more), ("resume_processes", less)):
            if names:  # none would mean all
                given = {"AutoScalingGroupName": want.group, "ScalingProcesses": names}
                account.call("autoscaling", operation, **given)


class SuspendProcesses(_Processes):
    """Keep a group from doing things by itself. Undo resumes what was not suspended before."""

    name = "asg.suspend"
    risk = Risk.HIGH

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws autoscaling suspend-processes {_at(given)}"

    def goal(self, account: Account, want: ProcessesNamed, now: Suspended) -> Suspended:
        return Suspended(suspended=tuple(sorted({*now.suspended, *want.processes})))

    def warn(self, account: Account, want: ProcessesNamed, now: Suspended, goal: Suspended) -> Iterable[str]:
        return (UNTIL_RESUMED,)

    def told(self, want: ProcessesNamed, now: Suspended, goal: Suspended) -> str:
        return f"Suspend {', '.join(want.processes)} of the group {want.group}"


class ResumeProcesses(_Processes):
    """Let a group do things by itself again. Undo suspends what was suspended before."""

    name = "asg.resume"
    risk = Risk.LOW

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws autoscaling resume-processes {_at(given)}"

    def goal(self, account: Account, want: ProcessesNamed, now: Suspended) -> Suspended:
        return Suspended(suspended=tuple(sorted(set(now.suspended) - set(want.processes))))

    def told(self, want: ProcessesNamed, now: Suspended, goal: Suspended) -> str:
        return f"Resume {', '.join(want.processes)} of the group {want.group}"


def _at(given: Mapping[str, JsonValue]) -> str:
    listed = given.get("processes")
    names = " ".join(map(str, listed if isinstance(listed, list | tuple) else [listed]))
    return f"--auto-scaling-group-name {given.get('group')} --scaling-processes {names}"
