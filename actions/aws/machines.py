"""Amazon EC2: stop, start, reboot and terminate an instance."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Generic, Literal, TypeVar

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, account_of, arn
from tocsin.actions.aws.desired import Desired, Lasting
from tocsin.actions.aws.ec2 import Instance, OfInstance, find
from tocsin.actions.aws.verbs import OnAws, busy, no_such, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

FOR_GOOD = "cannot be undone: the instance and what only it holds are gone for good"
REBOOTED = "tocsin:rebooted"
"""The tag that says which step rebooted an instance; EC2 keeps no trace of it."""

_ALIVE = ("pending", "running")
_GONE = ("shutting-down", "terminated")


SwitchedT = TypeVar("SwitchedT", bound=OfInstance)


class Power(Frozen):
    """Whether an instance runs."""

    power: Literal["running", "stopped"]
    """Also while it is on its way there."""


class _Switch(Desired[SwitchedT, Power], Generic[SwitchedT]):
    risk = Risk.HIGH
    settle = timedelta(minutes=15)

    def rights(self, at: AwsConnection, want: SwitchedT) -> Iterable[tuple[str, str]]:
        instance = _arn(at, want)
        return (
            ("ec2:DescribeInstances", "*"),
            ("ec2:DescribeInstanceTypes", "*"),
            ("ec2:DescribeInstanceStatus", "*"),
            ("ec2:StartInstances", instance),
            ("ec2:StopInstances", instance),
        )

    def look(self, account: Account, want: SwitchedT) -> Power:
        return Power(power="running" if _alive(account, want).state in _ALIVE else "stopped")

    def told(self, want: SwitchedT, now: Power, goal: Power) -> str:
        return f"{'Stop' if goal.power == 'stopped' else 'Start'} the instance {want.instance}"

    def put(self, account: Account, want: SwitchedT, now: Power, goal: Power) -> None:
        account.call("ec2", _OPERATIONS[goal.power], InstanceIds=[want.instance])

    def settled(self, account: Account, want: SwitchedT, goal: Power) -> Verdict:
        found = _alive(account, want)
        if found.state != goal.power:
            return Verdict(state="waiting", reason=f"{want.instance} is {found.state}")
        return _checked(account, want) if goal.power == "running" else super().settled(account, want, goal)


_OPERATIONS = {"running": "start_instances", "stopped": "stop_instances"}


class StopWanted(OfInstance):
    """The instance that shall be stopped."""

    lose_instance_store: bool = Field(
        default=False, description="Stop it though its type has disks of its own, which lose what is on them"
    )


class StopInstance(_Switch[StopWanted]):
    """Stop an instance. Undo starts it again, at another public address unless that is elastic.

    Refused for a member of an Auto Scaling group, which would replace it, and where disks would be lost.
    """

    name = "ec2.stop"

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 stop-instances --instance-ids {given.get('instance')}"

    def goal(self, account: Account, want: StopWanted, now: Power) -> Power:
        found = _alive(account, want)
        if found.group is not None:
            raise refused(
                f"{found.name} belongs to the Auto Scaling group {found.group}, which would replace it",
                "Use ec2.terminate, or change the group.",
            )
        if found.root == "instance-store" or found.lifecycle == "spot":
            raise refused(f"{found.name} ({found.root}, {found.lifecycle}) can only be terminated", "")
        if _has_own_disks(account, found) and not want.lose_instance_store:
            raise refused(
                f"{found.name} is a {found.instance_type} with disks of its own, which lose what is on them",
                "Save it first, then set `lose_instance_store`.",
            )
        account.rehearse("ec2", "stop_instances", InstanceIds=[want.instance])
        return Power(power="stopped")

    def warn(self, account: Account, want: StopWanted, now: Power, goal: Power) -> Iterable[str]:
        found = _alive(account, want)
        if found.public_ip is not None:
            yield f"its public address {found.public_ip} is lost unless it is an elastic one"
        if _has_own_disks(account, found):
            yield "what is on the disks of its own is lost"


class StartInstance(_Switch[OfInstance]):
    """Start an instance that is stopped. Undo stops it again."""

    name = "ec2.start"
    risk = Risk.LOW

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 start-instances --instance-ids {given.get('instance')}"

    def goal(self, account: Account, want: OfInstance, now: Power) -> Power:
        if _alive(account, want).state == "stopping":
            raise busy(f"{want.instance} is being stopped")
        account.rehearse("ec2", "start_instances", InstanceIds=[want.instance])
        return Power(power="running")


class Rebooted(Frozen):
    """The instance, once EC2 has taken the request; ``verify`` waits until it is sound."""

    instance: str


class RebootInstance(OnAws[OfInstance, Plan, Rebooted]):
    """Reboot an instance; it keeps its disks and addresses. There is nothing to undo.

    EC2 takes no token and shows no reboot: the instance is tagged before and after, for ``probe``.
    """

    name = "ec2.reboot"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 reboot-instances --instance-ids {given.get('instance')}"

    def rights(self, at: AwsConnection, want: OfInstance) -> Iterable[tuple[str, str]]:
        instance = _arn(at, want)
        return (
            ("ec2:DescribeInstances", "*"),
            ("ec2:DescribeInstanceStatus", "*"),
            ("ec2:RebootInstances", instance),
            ("ec2:CreateTags", instance),
        )

    def plan(self, want: OfInstance) -> Plan:
        account = account_of(self.connections, want)
        found = _alive(account, want)
        if found.state != "running":
            raise busy(f"{found.name} is {found.state}, not running", "Start it with ec2.start.")
        account.rehearse("ec2", "reboot_instances", InstanceIds=[want.instance])
        change = Change(resource=want.resource, field="reboot", before=None, after="rebooted")
        return Plan(
            summary=f"Reboot the instance {want.instance}",
            changes=(change,),
            warnings=("what runs on it stops for some minutes",),
        )

    def run(self, want: OfInstance, plan: Plan, key: str) -> Rebooted:
        account = account_of(self.connections, want)
        if _alive(account, want).tags.get(REBOOTED) != _done(key):
            _tag(account, want, _begun(key))
            account.call("ec2", "reboot_instances", InstanceIds=[want.instance])
            _tag(account, want, _done(key))
        return Rebooted(instance=want.instance)

    def verify(self, want: OfInstance, plan: Plan) -> Verdict:
        return _checked(account_of(self.connections, want), want)

    def probe(self, want: OfInstance, plan: Plan, key: str) -> Probe:
        tag = _alive(account_of(self.connections, want), want).tags.get(REBOOTED)
        return {_done(key): Probe.DONE, _begun(key): Probe.UNKNOWN}.get(tag or "", Probe.NOT_DONE)

    def recover(self, want: OfInstance, plan: Plan, key: str) -> Rebooted:
        return Rebooted(instance=want.instance)


class TerminateWanted(OfInstance):
    """The instance that shall go, and the tags without which it is not touched."""

    require_tags: dict[str, str] = Field(
        min_length=1, max_length=50, description="Refuse the instance unless it has these tags"
    )
    replace: bool = Field(
        default=True, description="Of a member of an Auto Scaling group: let the group start another one"
    )


class Existence(Frozen):
    """Whether an instance is there."""

    existence: Literal["there", "terminated"]
    """``terminated`` from when EC2 begins to."""


class TerminateInstance(Lasting[TerminateWanted, Existence]):
    """Terminate an instance for good. There is no undo; a group replaces its member."""

    name = "ec2.terminate"
    risk = Risk.DESTRUCTIVE
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 terminate-instances --instance-ids {given.get('instance')}"

    def rights(self, at: AwsConnection, want: TerminateWanted) -> Iterable[tuple[str, str]]:
        return (
            ("ec2:DescribeInstances", "*"),
            ("ec2:DescribeInstanceAttribute", _arn(at, want)),
            ("ec2:TerminateInstances", _arn(at, want)),
            ("autoscaling:TerminateInstanceInAutoScalingGroup", arn(at, "autoscaling", "autoScalingGroup:*")),
        )

    def look(self, account: Account, want: TerminateWanted) -> Existence:
        gone = find(account, want).state in _GONE
        return Existence(existence="terminated" if gone else "there")

    def goal(self, account: Account, want: TerminateWanted, now: Existence) -> Existence:
        if now.existence == "there":
            answer = account.call(
                "ec2",
                "describe_instance_attribute",
                InstanceId=want.instance,
                Attribute="disableApiTermination",
            )
            if answer.get("DisableApiTermination", {}).get("Value"):
                raise refused(f"{want.instance} is protected from termination", "Ask whoever protects it.")
            account.rehearse("ec2", "terminate_instances", InstanceIds=[want.instance])
        return Existence(existence="terminated")

    def warn(self, account: Account, want: TerminateWanted, now: Existence, goal: Existence) -> Iterable[str]:
        found = find(account, want)
        yield FOR_GOOD
        if volumes := [one.volume for one in found.disks if one.goes]:
            yield f"its volumes go with it: {', '.join(volumes)}"
        if found.group is not None:
            verb = "starts another one" if want.replace else "keeps one fewer"
            yield f"the Auto Scaling group {found.group} {verb}"

    def told(self, want: TerminateWanted, now: Existence, goal: Existence) -> str:
        return f"Terminate the instance {want.instance}"

    def put(self, account: Account, want: TerminateWanted, now: Existence, goal: Existence) -> None:
        if find(account, want).group is None:
            account.call("ec2", "terminate_instances", InstanceIds=[want.instance])
            return
        account.call(
            "autoscaling",
            "terminate_instance_in_auto_scaling_group",
            InstanceId=want.instance,
            ShouldDecrementDesiredCapacity=not want.replace,
        )

    def settled(self, account: Account, want: TerminateWanted, goal: Existence) -> Verdict:
        state = find(account, want).state
        return Verdict(
            state="ok" if state == "terminated" else "waiting", reason=f"{want.instance} is {state}"
        )


def _alive(account: Account, want: OfInstance) -> Instance:
    found = find(account, want)
    if found.state in _GONE:
        raise no_such(f"instance {want.instance} any more: it is {found.state}")
    return found


def _has_own_disks(account: Account, found: Instance) -> bool:
    answer = account.call("ec2", "describe_instance_types", InstanceTypes=[found.instance_type])
    return any(bool(one.get("InstanceStorageSupported")) for one in answer["InstanceTypes"])


def _checked(account: Account, want: OfInstance) -> Verdict:
    """Return what EC2's two status checks say; an instance that is not running has none."""
    answer = account.call("ec2", "describe_instance_status", InstanceIds=[want.instance])
    found = [
        (one["SystemStatus"]["Status"], one["InstanceStatus"]["Status"]) for one in answer["InstanceStatuses"]
    ]
    reason = f"the status checks of {want.instance} say {', '.join(found[0]) if found else 'nothing'}"
    if "impaired" in (found[0] if found else ()):
        return Verdict(state="failed", reason=reason)
    return Verdict(state="ok" if found == [("ok", "ok")] else "waiting", reason=reason)


def _tag(account: Account, want: OfInstance, value: str) -> None:
    account.call("ec2", "create_tags", Resources=[want.instance], Tags=[{"Key": REBOOTED, "Value": value}])


def _begun(key: str) -> str:
    return f"{key} begun"


def _done(key: str) -> str:
    return f"{key} done"


def _arn(at: AwsConnection, want: OfInstance) -> str:
    return arn(at, "ec2", f"instance/{want.instance}")
