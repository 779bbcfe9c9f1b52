"""Amazon RDS: look at an instance, and promote a read replica."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import AliasChoices, AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, InAccount, account_of, allowed, arn, read
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

FOR_GOOD = (
    "cannot be undone: the replica leaves its source for good, and what one writes the other never gets"
)

_LOST = ("failed", "incompatible-", "inaccessible-", "restore-error", "storage-full")
"""How a status begins that no waiting changes.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
"""


class OfInstance(InAccount):
    """An instance, and not a cluster."""

    instance: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=63)

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/rds/{self.instance}"


class DatabaseInstance(Frozen):
    """An instance as it is now."""

    instance: str
    status: str
    """``available`` when it answers; else what AWS is doing with it, or what is wrong with it."""
    engine: str
    engine_version: str
    instance_class: str
    endpoint: str | None
    """Its host name; null while it is being created."""
    port: int | None
    replica_source: str | None
    """The instance or cluster it replicates; null when it takes writes of its own."""
    replicas: tuple[str, ...]
    backup_retention: int
    """Days that automated backups are kept; 0 when there are none."""
    multi_az: bool
    cluster: str | None
    """The Aurora or Multi-AZ cluster that it is a member of."""
    zone: str | None


class _Instance(Answer):
    name: str = Field(validation_alias="DBInstanceIdentifier")
    status: str = Field(validation_alias="DBInstanceStatus")
    engine: str = Field(validation_alias="Engine")
    engine_version: str = Field(default="", validation_alias="EngineVersion")
    instance_class: str = Field(default="", validation_alias="DBInstanceClass")
    endpoint: str | None = Field(default=None, validation_alias=AliasPath("Endpoint", "Address"))
    port: int | None = Field(default=None, validation_alias=AliasPath("Endpoint", "Port"))
    source: str | None = Field(
        default=None,
        validation_alias=AliasChoices(
            "ReadReplicaSourceDBInstanceIdentifier", "ReadReplicaSourceDBClusterIdentifier"
        ),
    )
    replicas: tuple[str, ...] = Field(default=(), validation_alias="ReadReplicaDBInstanceIdentifiers")
    backup_retention: int = Field(default=0, validation_alias="BackupRetentionPeriod")
    multi_az: bool = Field(default=False, validation_alias="MultiAZ")
    cluster: str | None = Field(default=None, validation_alias="DBClusterIdentifier")
    zone: str | None = Field(default=None, validation_alias="AvailabilityZone")

    @property
    def state(self) -> str:
        of = f"replicates {self.source}" if self.source else "has no source"
        return f"{self.name} {of} and is {self.status}"


class DescribeInstance(Action[OfInstance, Plan, DatabaseInstance]):
    """Look at a database instance: its status, its endpoint, and what it replicates."""

    name = "rds.describe"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws rds describe-db-instances --db-instance-identifier {given.get('instance')}"

    def permissions(self, want: OfInstance) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        return allowed(at, ("rds:DescribeDBInstances", arn(at, "rds", f"db:{want.instance}")))

    def plan(self, want: OfInstance) -> Plan:
        _describe(account_of(self.connections, want), want)
        return Plan(summary=f"Look at the database instance {want.instance}")

    def run(self, want: OfInstance, plan: Plan, key: str) -> DatabaseInstance:
        found = _describe(account_of(self.connections, want), want)
        return DatabaseInstance(
            instance=found.name, replica_source=found.source, **found.model_dump(exclude={"name", "source"})
        )


class Promotion(OfInstance):
    """The replica that shall take writes."""

    backup_retention: int | None = Field(
        default=None, ge=1, le=35, description="Days that its backups are kept; as it is when not given"
    )


class PromotionPlan(Plan):
    """What the replica follows: ``probe`` looks whether it still does."""

    source: str


class Promoted(Frozen):
    """The former replica, as far as AWS has accepted it; ``verify`` waits until it takes writes."""

    instance: str
    endpoint: str | None
    """Its host name, which does not change."""
    port: int | None
    former_source: str
    changed: bool
    """False when it was so already."""


class PromoteReplica(Action[Promotion, PromotionPlan, Promoted]):
    """Make a read replica an instance of its own that takes writes. There is no way back."""

    name = "rds.promote_replica"
    risk = Risk.DESTRUCTIVE
    effect = Effect.ONCE
    settle = timedelta(minutes=30)

    def resources(self, want: Promotion) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        days = given.get("backup_retention")
        kept = f" --backup-retention-period {days}" if days else ""
        return f"aws rds promote-read-replica --db-instance-identifier {given.get('instance')}{kept}"

    def permissions(self, want: Promotion) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        instance = arn(at, "rds", f"db:{want.instance}")
        return allowed(at, ("rds:DescribeDBInstances", instance), ("rds:PromoteReadReplica", instance))

    def plan(self, want: Promotion) -> PromotionPlan:
        found = _describe(account_of(self.connections, want), want)
        source = _source_of_a_ready_replica(found)
        backups = () if found.backup_retention else (f"{found.name} has no automated backups so far",)
        return PromotionPlan(
            summary=f"Promote {found.name}, which replicates {source}",
            changes=tuple(_changes(want, found)),
            warnings=(FOR_GOOD, *backups),
            source=source,
        )

    def run(self, want: Promotion, plan: PromotionPlan, key: str) -> Promoted:
        account = account_of(self.connections, want)
        found = _describe(account, want)
        changed = found.source is not None
        if changed:
            _refuse_another_source(found, plan)
            days = want.backup_retention or found.backup_retention
            kept = {"BackupRetentionPeriod": days} if days else {}
            account.call("rds", "promote_read_replica", DBInstanceIdentifier=want.instance, **kept)
        return _output(found, plan, changed=changed)

    def verify(self, want: Promotion, plan: PromotionPlan) -> Verdict:
        found = _describe(account_of(self.connections, want), want)
        if found.status.startswith(_LOST):
            return Verdict(state="failed", reason=found.state)
        settled = found.source is None and found.status == "available"
        return Verdict(state="ok" if settled else "waiting", reason=found.state)

    def probe(self, want: Promotion, plan: PromotionPlan, key: str) -> Probe:
        found = _describe(account_of(self.connections, want), want)
        if found.source is None:
            return Probe.DONE
        # A replica that is being promoted keeps its source to the end, but is not available meanwhile.
        return Probe.NOT_DONE if found.status == "available" else Probe.UNKNOWN

    def recover(self, want: Promotion, plan: PromotionPlan, key: str) -> Promoted:
        return _output(_describe(account_of(self.connections, want), want), plan, changed=True)


def _output(found: _Instance, plan: PromotionPlan, *, changed: bool) -> Promoted:
    return Promoted(
        instance=found.name,
        endpoint=found.endpoint,
        port=found.port,
        former_source=plan.source,
        changed=changed,
    )


def _describe(account: Account, want: OfInstance) -> _Instance:
    answer = account.call("rds", "describe_db_instances", DBInstanceIdentifier=want.instance)
    return read(_Instance, answer["DBInstances"][0])


def _source_of_a_ready_replica(found: _Instance) -> str:
    if found.cluster is not None:
        raise ActionFailed(
            f"{found.name} is a member of the cluster {found.cluster} and cannot be promoted by itself;"
            " nothing was changed. Use rds.failover.",
            ErrorClass.INVALID,
        )
    if found.source is None:
        raise ActionFailed(
            f"{found.name} replicates nothing: there is nothing to promote, and nothing was changed.",
            ErrorClass.INVALID,
        )
    if found.status != "available":
        raise ActionFailed(
            f"{found.name} is {found.status}, not available; nothing was changed. Wait until it is.",
            ErrorClass.CONFLICT,
        )
    return found.source


def _changes(want: Promotion, found: _Instance) -> list[Change]:
    changes = [Change(resource=want.resource, field="replica_source", before=found.source, after=None)]
    if want.backup_retention is not None:
        kept, days = found.backup_retention, want.backup_retention
        changes.append(Change(resource=want.resource, field="backup_retention", before=kept, after=days))
    return changes


def _refuse_another_source(found: _Instance, plan: PromotionPlan) -> None:
    if found.source != plan.source:
        raise ActionFailed(
            f"{found.name} replicates {found.source} now, not {plan.source}: somebody else changed it."
            " It was left alone; plan again.",
            ErrorClass.CONFLICT,
        )
