"""Amazon EC2: look at an instance, and only at one that is marked for it."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Answer, InAccount, account_of, allowed, read
from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass


class OfInstance(InAccount):
    """The instance, and how it has to be marked."""

    instance: str = Field(pattern=r"^i-[0-9a-f]{8,17}$", description="Its id, not its name")
    require_tags: dict[str, str] = Field(
        default={}, max_length=50, description="Refuse the instance unless it has these tags"
    )


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


class _Instance(Answer):
    name: str = Field(validation_alias="InstanceId")
    state: str = Field(validation_alias=AliasPath("State", "Name"))
    tag_list: tuple[_Tag, ...] = Field(default=(), validation_alias="Tags")
    private_ip: str | None = Field(default=None, validation_alias="PrivateIpAddress")
    instance_type: str = Field(validation_alias="InstanceType")
    zone: str | None = Field(default=None, validation_alias=AliasPath("Placement", "AvailabilityZone"))
    launched_at: datetime = Field(validation_alias="LaunchTime")

    @property
    def tags(self) -> dict[str, str]:
        return {tag.key: tag.value for tag in self.tag_list}


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
        self._find(want)
        return Plan(summary=f"Look at the instance {want.instance}")

    def run(self, want: OfInstance, plan: Plan, key: str) -> Machine:
        found = self._find(want)
        return Machine(instance=found.name, tags=found.tags, **found.model_dump(exclude={"name", "tag_list"}))

    def _find(self, want: OfInstance) -> _Instance:
        answer = account_of(self.connections, want).call(
            "ec2", "describe_instances", InstanceIds=[want.instance]
        )
        found = read(_Instance, answer["Reservations"][0]["Instances"][0])
        lacking = want.require_tags.items() - found.tags.items()
        if lacking:
            raise ActionFailed(
                f"{found.name} lacks {', '.join(f'{key}={value}' for key, value in sorted(lacking))}, which"
                " this runbook asks of what it touches; nothing was changed. Tag it, or leave it alone.",
                ErrorClass.INVALID,
            )
        return found
