"""Amazon S3: how far the replication of a bucket is."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, partition, read
from tocsin.actions.aws.verbs import Named, OnAws
from tocsin.actions.base import Effect, Frozen, Plan, Risk
from tocsin.connections import AwsConnection

_WINDOW = timedelta(minutes=15)


class BucketNamed(Named):
    """A bucket that is replicated."""

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", description="The source")

    @property
    def path(self) -> str:
        return f"s3/{self.bucket}"


class RuleStatus(Frozen):
    """One rule of the replication."""

    rule: str
    destination: str
    """Name of the bucket"""
    enabled: bool
    delete_markers: bool
    """Whether a deletion is replicated, too"""
    pending_bytes: float | None
    """Null where nobody counts it: the rule has no metrics, or there was nothing in 15 minutes"""
    pending_operations: float | None
    latency: float | None
    """Seconds that the newest object waits, at worst"""


class ReplicationSeen(Frozen):
    """The replication of a bucket. Unknown is null, and never 0."""

    bucket: str
    versioned: bool
    """A bucket that is not versioned any more replicates nothing"""
    rules: tuple[RuleStatus, ...]


class _Rule(Answer):
    name: str = Field(default="", validation_alias="ID")
    status: str = Field(validation_alias="Status")
    destination: str = Field(validation_alias=AliasPath("Destination", "Bucket"))
    deletions: str = Field(
        default="Disabled", validation_alias=AliasPath("DeleteMarkerReplication", "Status")
    )


class ShowReplication(OnAws[BucketNamed, Plan, ReplicationSeen]):
    """Look how far the replication of a bucket is, rule by rule."""

    name = "s3.replication_status"
    risk = Risk.READ
    effect = Effect.READ

    def resources(self, want: BucketNamed) -> list[str]:
        return []

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws s3api get-bucket-replication --bucket {given.get('bucket')}"

    def rights(self, at: AwsConnection, want: BucketNamed) -> Iterable[tuple[str, str]]:
        bucket = f"arn:{partition(at.region)}:s3:::{want.bucket}"
        return (
            ("s3:GetReplicationConfiguration", bucket),
            ("s3:GetBucketVersioning", bucket),
            ("cloudwatch:GetMetricStatistics", "*"),
        )

    def plan(self, want: BucketNamed) -> Plan:
        _rules(account_of(self.connections, want), want)
        return Plan(summary=f"Look at the replication of {want.bucket}")

    def run(self, want: BucketNamed, plan: Plan, key: str) -> ReplicationSeen:
        account = account_of(self.connections, want)
        versioning = account.call("s3", "get_bucket_versioning", Bucket=want.bucket)
        rules = tuple(_seen(account, want, one) for one in _rules(account, want))
        versioned = versioning.get("Status") == "Enabled"
        return ReplicationSeen(bucket=want.bucket, versioned=versioned, rules=rules)


def _rules(account: Account, want: BucketNamed) -> list[_Rule]:
    """Read the rules. Raises MISSING when there is no such bucket, or it is not replicated."""
    answer = account.call("s3", "get_bucket_replication", Bucket=want.bucket)
    return [read(_Rule, one) for one in answer["ReplicationConfiguration"]["Rules"]]


def _seen(account: Account, want: BucketNamed, rule: _Rule) -> RuleStatus:
    destination = rule.destination.rpartition(":")[2]
    dimensions = [
        {"Name": "SourceBucket", "Value": want.bucket},
        {"Name": "DestinationBucket", "Value": destination},
        {"Name": "RuleId", "Value": rule.name},
    ]
    return RuleStatus(
        rule=rule.name,
        destination=destination,
        enabled=rule.status == "Enabled",
        delete_markers=rule.deletions == "Enabled",
        pending_bytes=_newest(account, "BytesPendingReplication", dimensions),
        pending_operations=_newest(account, "OperationsPendingReplication", dimensions),
        latency=_newest(account, "ReplicationLatency", dimensions),
    )


def _newest(account: Account, metric: str, dimensions: list[dict[str, str]]) -> float | None:
    now = datetime.now(UTC)
    answer = account.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace="AWS/S3",
        MetricName=metric,
        Dimensions=dimensions,
        StartTime=now - _WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    points: list[dict[str, Any]] = answer["Datapoints"]
    newest = max(points, key=lambda one: one["Timestamp"], default=None)
    return None if newest is None else float(newest["Maximum"])
