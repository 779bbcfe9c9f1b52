"""Amazon RDS: change what an instance is, and take a snapshot."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, JsonValue, model_validator

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.desired import Desired
from tocsin.actions.aws.verbs import Named, OnAws, busy, no_such, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

OUTAGE = "the instance is away for minutes while its class changes, or for 60 to 120 s with Multi-AZ"
NO_BACKUPS = "0 days delete its automated backups, and end point-in-time recovery"

_IDENTIFIER = r"^[A-Za-z][A-Za-z0-9-]*$"


class SettingsWanted(Named):
    """An instance, and what of it shall change; what is not given stays as it is."""

    instance: str = Field(pattern=_IDENTIFIER, max_length=63)
    instance_class: str | None = Field(default=None, pattern=r"^db\.[a-z0-9.-]+$", max_length=64)
    multi_az: bool | None = Field(default=None, description="Keep a standby in another zone")
    backup_retention: int | None = Field(
        default=None, ge=0, le=35, description="Days that automated backups are kept; 0 keeps none"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.instance_class is None and self.multi_az is None and self.backup_retention is None:
            raise ValueError("nothing to change: give instance_class, multi_az or backup_retention")
        return self

    @property
    def path(self) -> str:
        return f"rds/{self.instance}"


class Settings(Frozen):
    """What an instance is, or is becoming."""

    instance_class: str
    multi_az: bool
    backup_retention: int
    """Days"""


class _Instance(Answer):
    status: str = Field(validation_alias="DBInstanceStatus")
    engine: str = Field(validation_alias="Engine")
    version: str = Field(validation_alias="EngineVersion")
    instance_class: str = Field(validation_alias="DBInstanceClass")
    multi_az: bool = Field(default=False, validation_alias="MultiAZ")
    backup_retention: int = Field(default=0, validation_alias="BackupRetentionPeriod")
    cluster: str | None = Field(default=None, validation_alias="DBClusterIdentifier")
    pending: dict[str, JsonValue] = Field(default={}, validation_alias="PendingModifiedValues")


class ModifyInstance(Desired[SettingsWanted, Settings]):
    """Change an instance's class, standby or backups, at once. Undo changes them back.

    Its storage is not among them: it never shrinks.
    """

    name = "rds.modify"
    risk = Risk.HIGH
    settle = timedelta(minutes=45)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        words = f"aws rds modify-db-instance --db-instance-identifier {given.get('instance')}"
        if given.get("instance_class") is not None:
            words += f" --db-instance-class {given['instance_class']}"
        if given.get("multi_az") is not None:
            words += " --multi-az" if given["multi_az"] else " --no-multi-az"
        if given.get("backup_retention") is not None:
            words += f" --backup-retention-period {given['backup_retention']}"
        return f"{words} --apply-immediately"

    def rights(self, at: AwsConnection, want: SettingsWanted) -> Iterable[tuple[str, str]]:
        instance = arn(at, "rds", f"db:{want.instance}")
        classes = ("rds:DescribeOrderableDBInstanceOptions", "*")
        return ("rds:DescribeDBInstances", instance), ("rds:ModifyDBInstance", instance), classes

    def look(self, account: Account, want: SettingsWanted) -> Settings:
        found = _instance(account, want.instance)
        names = {
            "instance_class": "DBInstanceClass",
            "multi_az": "MultiAZ",
            "backup_retention": "BackupRetentionPeriod",
        }
        # What RDS has accepted and not done yet counts: it would be asked for twice.
        return Settings.model_validate(
            {name: found.pending.get(key, getattr(found, name)) for name, key in names.items()}
        )

    def goal(self, account: Account, want: SettingsWanted, now: Settings) -> Settings:
        found = _instance(account, want.instance)
        if found.cluster is not None and (want.multi_az is not None or want.backup_retention is not None):
            raise refused(
                f"{want.instance} belongs to the cluster {found.cluster}, which keeps standby and backups",
                "Change only its class here.",
            )
        if found.status != "available":
            raise busy(f"{want.instance} is {found.status}, not available", "Wait until it is.")
        wanted = want.model_dump(include=set(Settings.model_fields), exclude_none=True)
        goal = now.model_copy(update=wanted)
        if goal.instance_class != now.instance_class:
            _refuse_unless_sold(account, found, goal.instance_class)
        return goal

    def warn(self, account: Account, want: SettingsWanted, now: Settings, goal: Settings) -> Iterable[str]:
        if goal.instance_class != now.instance_class:
            yield OUTAGE
        if goal.backup_retention == 0 < now.backup_retention:
            yield NO_BACKUPS

    def told(self, want: SettingsWanted, now: Settings, goal: Settings) -> str:
        before, after = now.model_dump(), goal.model_dump()
        moved = [
            f"{name.replace('_', ' ')} {before[name]} to {after[name]}"
            for name in before
            if before[name] != after[name]
        ]
        return f"Change {want.instance}: {', '.join(moved) or 'nothing'}"

    def put(self, account: Account, want: SettingsWanted, now: Settings, goal: Settings) -> None:
        names = {
            "DBInstanceClass": (now.instance_class, goal.instance_class),
            "MultiAZ": (now.multi_az, goal.multi_az),
            "BackupRetentionPeriod": (now.backup_retention, goal.backup_retention),
        }
        given: dict[str, Any] = {key: after for key, (before, after) in names.items() if before != after}
        account.call(
            "rds", "modify_db_instance", DBInstanceIdentifier=want.instance, ApplyImmediately=True, **given
        )

    def settled(self, account: Account, want: SettingsWanted, goal: Settings) -> Verdict:
        found = _instance(account, want.instance)
        reason = f"{want.instance} is {found.status}, and {', '.join(found.pending) or 'nothing'} is to come"
        done = found.status == "available" and not found.pending
        return Verdict(state="ok" if done else "waiting", reason=reason)


class SnapshotWanted(Named):
    """An instance or a cluster: one of them."""

    instance: str | None = Field(default=None, pattern=_IDENTIFIER, max_length=63)
    cluster: str | None = Field(default=None, pattern=_IDENTIFIER, max_length=63)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.instance is None) == (self.cluster is None):
            raise ValueError("give either an instance or a cluster")
        return self

    @property
    def database(self) -> str:
        """Return the name of whichever it is."""
        return self.instance or self.cluster or ""

    @property
    def path(self) -> str:
        return f"rds/{self.database}"


class SnapshotTaken(Frozen):
    """The snapshot, as far as RDS has accepted it; ``verify`` waits until it is available."""

    snapshot: str
    """Its name, which follows from the step: asked for twice, there is one"""
    database: str


class TakeSnapshot(OnAws[SnapshotWanted, Plan, SnapshotTaken]):
    """Take a snapshot of an instance or a cluster. There is no undo: it stays, and costs."""

    name = "rds.snapshot"
    risk = Risk.LOW
    effect = Effect.KEYED
    settle = timedelta(hours=1)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        kind = "db-cluster" if given.get("cluster") else "db"
        name, of = (
            (given.get("cluster"), "cluster") if given.get("cluster") else (given.get("instance"), "instance")
        )
        return (
            f"aws rds create-{kind}-snapshot --{kind}-snapshot-identifier <name> --db-{of}-identifier {name}"
        )

    def rights(self, at: AwsConnection, want: SnapshotWanted) -> Iterable[tuple[str, str]]:
        cluster = want.cluster is not None
        kind, of = ("DBClusterSnapshot", "cluster") if cluster else ("DBSnapshot", "db")
        database = arn(at, "rds", f"{of}:{want.database}")
        snapshots = arn(
            at, "rds", f"{'cluster-snapshot' if cluster else 'snapshot'}:{want.database}-tocsin-*"
        )
        describes = "rds:DescribeDBClusters" if cluster else "rds:DescribeDBInstances"
        return (
            (describes, database),
            (f"rds:Describe{kind}s", database),
            (f"rds:Create{kind}", database),
            (f"rds:Create{kind}", snapshots),
        )

    def plan(self, want: SnapshotWanted) -> Plan:
        account = account_of(self.connections, want)
        status = _status(account, want)
        if status != "available":
            raise busy(f"{want.database} is {status}, not available", "Wait until it is.")
        change = Change(resource=want.resource, field="snapshot", before=None, after="a new one")
        return Plan(summary=f"Take a snapshot of {want.database}", changes=(change,))

    def run(self, want: SnapshotWanted, plan: Plan, key: str) -> SnapshotTaken:
        account, name = account_of(self.connections, want), _named(want, key)
        if not any(one == name for one, _ in _snapshots(account, want)):
            kind, of = ("db_cluster_snapshot", "Cluster") if want.cluster else ("db_snapshot", "Instance")
            named = {"DBClusterSnapshotIdentifier" if want.cluster else "DBSnapshotIdentifier": name}
            account.call("rds", f"create_{kind}", **named, **{f"DB{of}Identifier": want.database})
        return SnapshotTaken(snapshot=name, database=want.database)

    def verify(self, want: SnapshotWanted, plan: Plan) -> Verdict:
        """Look at the newest of our snapshots: whichever step took it, the database had to be free for it."""
        found = _snapshots(account_of(self.connections, want), want)
        states = [f"{name} is {status}" for name, status in found if status != "available"]
        if any(status == "failed" for _, status in found):
            return Verdict(state="failed", reason=", ".join(states))
        done = found and not states
        return Verdict(state="ok" if done else "waiting", reason=", ".join(states) or "all are available")

    def probe(self, want: SnapshotWanted, plan: Plan, key: str) -> Probe:
        found = _snapshots(account_of(self.connections, want), want)
        return Probe.DONE if any(name == _named(want, key) for name, _ in found) else Probe.NOT_DONE

    def recover(self, want: SnapshotWanted, plan: Plan, key: str) -> SnapshotTaken:
        return SnapshotTaken(snapshot=_named(want, key), database=want.database)


def _named(want: SnapshotWanted, key: str) -> str:
    return f"{want.database}-tocsin-{hashlib.sha256(key.encode()).hexdigest()[:16]}".lower()


def _snapshots(account: Account, want: SnapshotWanted) -> list[tuple[str, str]]:
    """Return name and status of every snapshot of the database that a step took."""
    kind, part = ("db_cluster_snapshots", "Cluster") if want.cluster else ("db_snapshots", "")
    asked = {f"DB{part or 'Instance'}Identifier": want.database, "SnapshotType": "manual"}
    answer = account.call("rds", f"describe_{kind}", **asked)
    found = [(one[f"DB{part}SnapshotIdentifier"], one["Status"]) for one in answer[f"DB{part}Snapshots"]]
    return [one for one in found if "-tocsin-" in one[0]]


def _status(account: Account, want: SnapshotWanted) -> str:
    if want.instance is not None:
        found = _instance(account, want.instance)
        if found.cluster is not None:
            raise refused(
                f"{want.instance} belongs to the cluster {found.cluster}", "Name that as `cluster`."
            )
        return found.status
    answer = account.call("rds", "describe_db_clusters", DBClusterIdentifier=want.cluster)
    status: str = answer["DBClusters"][0]["Status"]
    return status


def _instance(account: Account, name: str) -> _Instance:
    found = account.call("rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"]
    if not found:
        raise no_such(f"database instance {name}")
    return read(_Instance, found[0])


def _refuse_unless_sold(account: Account, found: _Instance, wanted: str) -> None:
    answer = account.call(
        "rds",
        "describe_orderable_db_instance_options",
        Engine=found.engine,
        EngineVersion=found.version,
        DBInstanceClass=wanted,
    )
    if not any(one["DBInstanceClass"] == wanted for one in answer["OrderableDBInstanceOptions"]):
        raise ActionFailed(
            f"AWS has no {wanted} for {found.engine} {found.version} in this region; nothing was changed."
            " Choose another class: `aws rds describe-orderable-db-instance-options`.",
            ErrorClass.INVALID,
        )
