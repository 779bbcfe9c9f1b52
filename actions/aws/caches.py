"""Amazon ElastiCache: fail a replication group over to one of its replicas."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, arn, read
from tocsin.actions.aws.verbs import Named, OnAws, busy, no_such, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

OUTAGE = "writes fail for some seconds up to a minute, and what was not yet replicated is lost"
FEW = "ElastiCache allows 15 such failovers in 24 hours"


class CacheNamed(Named):
    """A replication group, and one of its shards."""

    group: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=40, description="The replication group")
    shard: str = Field(default="0001", pattern=r"^[0-9]{1,4}$", description="The node group's id")

    @property
    def path(self) -> str:
        return f"elasticache/{self.group}/{self.shard}"


class CachePlan(Plan):
    """The primary when it was planned: ``probe`` looks whether it still is."""

    primary: str


class CacheFailedOver(Frozen):
    """The failover, as far as it was accepted; ``verify`` waits until another node is the primary."""

    group: str
    former_primary: str


class _Node(Answer):
    name: str = Field(validation_alias="CacheClusterId")
    role: str = Field(default="", validation_alias="CurrentRole")


class _Shard(Answer):
    id: str = Field(validation_alias="NodeGroupId")
    status: str = Field(validation_alias="Status")
    nodes: tuple[_Node, ...] = Field(default=(), validation_alias="NodeGroupMembers")

    @property
    def primary(self) -> str:
        """Return the primary; ``unknown`` in cluster mode, where ElastiCache does not say it."""
        return next((one.name for one in self.nodes if one.role == "primary"), "unknown")


class _Group(Answer):
    status: str = Field(validation_alias="Status")
    automatic: str = Field(default="disabled", validation_alias="AutomaticFailover")
    shards: tuple[_Shard, ...] = Field(default=(), validation_alias="NodeGroups")


class FailOverCache(OnAws[CacheNamed, CachePlan, CacheFailedOver]):
    """Fail a shard over to the replica that ElastiCache chooses. There is no undo: nobody can choose.

    Not for groups in cluster mode: they do not show which node is the primary.
    """

    name = "elasticache.failover"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=15)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        at = f"--replication-group-id {given.get('group')} --node-group-id {given.get('shard', '0001')}"
        return f"aws elasticache test-failover {at}"

    def rights(self, at: AwsConnection, want: CacheNamed) -> Iterable[tuple[str, str]]:
        group = arn(at, "elasticache", f"replicationgroup:{want.group}")
        return ("elasticache:DescribeReplicationGroups", group), ("elasticache:TestFailover", group)

    def plan(self, want: CacheNamed) -> CachePlan:
        group, shard = _shard(account_of(self.connections, want), want)
        if group.automatic != "enabled" or len(shard.nodes) < 2:
            raise refused(
                f"{want.short} has {len(shard.nodes)} nodes, and its automatic failover is {group.automatic}",
                "It needs a replica, and automatic failover.",
            )
        if shard.primary == "unknown":
            raise refused(f"{want.group} does not show which node is the primary", "Do it by hand.")
        if group.status != "available" or shard.status != "available":
            raise busy(f"{want.group} is {group.status}, and its shard {shard.status}", "Wait until it is.")
        change = Change(
            resource=want.resource, field="primary", before=shard.primary, after="another of its nodes"
        )
        return CachePlan(
            summary=f"Fail {want.short} over from {shard.primary}",
            changes=(change,),
            warnings=(OUTAGE, FEW),
            primary=shard.primary,
        )

    def run(self, want: CacheNamed, plan: CachePlan, key: str) -> CacheFailedOver:
        account = account_of(self.connections, want)
        _, shard = _shard(account, want)
        if shard.primary == plan.primary:
            account.call(
                "elasticache", "test_failover", ReplicationGroupId=want.group, NodeGroupId=want.shard
            )
        return CacheFailedOver(group=want.group, former_primary=plan.primary)

    def verify(self, want: CacheNamed, plan: CachePlan) -> Verdict:
        group, shard = _shard(account_of(self.connections, want), want)
        reason = f"the primary of {want.short} is {shard.primary}, and the group is {group.status}"
        done = shard.primary not in (plan.primary, "unknown") and group.status == "available"
        return Verdict(state="ok" if done else "waiting", reason=reason)

    def probe(self, want: CacheNamed, plan: CachePlan, key: str) -> Probe:
        group, shard = _shard(account_of(self.connections, want), want)
        if shard.primary not in (plan.primary, "unknown"):
            return Probe.DONE
        return Probe.NOT_DONE if group.status == shard.status == "available" else Probe.UNKNOWN

    def recover(self, want: CacheNamed, plan: CachePlan, key: str) -> CacheFailedOver:
        return CacheFailedOver(group=want.group, former_primary=plan.primary)


def _shard(account: Account, want: CacheNamed) -> tuple[_Group, _Shard]:
    answer = account.call("elasticache", "describe_replication_groups", ReplicationGroupId=want.group)
    group = read(_Group, answer["ReplicationGroups"][0])
    for one in group.shards:
        if one.id == want.shard:
            return group, one
    raise no_such(f"shard {want.shard} of {want.group}")
