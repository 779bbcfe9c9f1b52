"""Amazon EC2: look at an instance, and only at one that is marked for it."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, allowed, read
from tocsin.actions.aws.verbs import Named
from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass


class OfInstance(Named):
    """The instance, and how it has to be marked."""

    instance: str = Field(pattern=r"^i-[0-9a-f]{8,17}$", description="Its id, not its name")
    require_tags: dict[str, str] = Field(
        default={}, max_length=50, description="Refuse the instance unless it has these tags"
    )

    @property
    def path(self) -> str:
        return f"ec2/{self.instance}"


class Machine(Frozen):
    """An instance as it is now."""

    instance: str
    state: str
    """``pending``, ``running``, ``shutting-down``, ``terminated``, ``stopping`` or ``stopped``."""
    tags: dict[str, str]
    private_ip: str | None
    instance_type: str
    zone: str | None
    launched_at: datetime
    """When it was started last."""


class _Tag(Answer):
    key: str = Field(validation_alias="Key")
    value: str = Field(validation_alias="Value")


class Disk(Answer):
    """A volume of an instance."""

    volume: str = Field(validation_alias=AliasPath("Ebs", "VolumeId"))
    goes: bool = Field(default=False, validation_alias=AliasPath("Ebs", "DeleteOnTermination"))


class Instance(Answer):
    """An instance, as EC2 shows it."""

    name: str = Field(validation_alias="InstanceId")
    state: str = Field(validation_alias=AliasPath("State", "Name"))
    tag_list: tuple[_Tag, ...] = Field(default=(), validation_alias="Tags")
    private_ip: str | None = Field(default=None, validation_alias="PrivateIpAddress")
    instance_type: str = Field(validation_alias="InstanceType")
    zone: str | None = Field(default=None, validation_alias=AliasPath("Placement", "AvailabilityZone"))
    launched_at: datetime = Field(validation_alias="LaunchTime")
    public_ip: str | None = Field(default=None, validation_alias="PublicIpAddress")
    root: str = Field(default="ebs", validation_alias="RootDeviceType")
    lifecycle: str = Field(default="on-demand", validation_alias="InstanceLifecycle")
    disks: tuple[Disk, ...] = Field(default=(), validation_alias="BlockDeviceMappings")

    @property
    def tags(self) -> dict[str, str]:
        """Return its tags by their names."""
        return {tag.key: tag.value for tag in self.tag_list}

    @property
    def group(self) -> str | None:
        """Return the Auto Scaling group that it belongs to, which AWS keeps as a tag."""
        return self.tags.get("aws:autoscaling:groupName")


class DescribeInstance(Action[OfInstance, Plan, Machine]):
    """Look at an instance: its state, tags and address. Refuses one that lacks the required tags."""

    name = "ec2.describe"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws ec2 describe-instances --instance-ids {given.get('instance')}"

    def permissions(self, want: OfInstance) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        return allowed(at, ("ec2:DescribeInstances", "*"))  # EC2 grants it for all instances or for none

    def plan(self, want: OfInstance) -> Plan:
        find(account_of(self.connections, want), want)
        return Plan(summary=f"Look at the instance {want.instance}")

    def run(self, want: OfInstance, plan: Plan, key: str) -> Machine:
        found = find(account_of(self.connections, want), want)
        return Machine(
            instance=found.name,
            state=found.state,
            tags=found.tags,
            private_ip=found.private_ip,
            instance_type=found.instance_type,
            zone=found.zone,
            launched_at=found.launched_at,
        )


def find(account: Account, want: OfInstance) -> Instance:
    """Read an instance. Raises INVALID where it lacks the required tags, MISSING when there is none."""
    answer = account.call("ec2", "describe_instances", InstanceIds=[want.instance])
    found = read(Instance, answer["Reservations"][0]["Instances"][0])
    lacking = want.require_tags.items() - found.tags.items()
    if lacking:
        raise ActionFailed(
            f"{found.name} lacks {', '.join(f'{key}={value}' for key, value in sorted(lacking))}, which"
            " this runbook asks of what it touches; nothing was changed. Tag it, or leave it alone.",
            ErrorClass.INVALID,
        )
    return found
