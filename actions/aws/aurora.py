"""Amazon Aurora: fail a cluster over to one of its readers."""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, InAccount, account_of, allowed, arn, read
from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

OUTAGE = "writes fail for about 30 to 120 s, and every open connection to the writer breaks"

_IDENTIFIER = r"^[A-Za-z][A-Za-z0-9-]*$"


class FailOver(InAccount):
    """The cluster, and the reader that shall become its writer."""

    cluster: str = Field(pattern=_IDENTIFIER, max_length=63)
    target: str | None = Field(
        default=None,
        pattern=_IDENTIFIER,
        max_length=63,
        description="The reader to promote; the one of the first failover tier when not given",
    )

    @property
    def resource(self) -> str:
        """Return the canonical name, which is the lock key."""
        return f"{self.connection}/rds/{self.cluster}"


class FailOverPlan(Plan):
    """The former writer and the next: what ``probe`` compares and ``undo`` needs."""

    before: str
    target: str


class FailedOver(Frozen):
    """Who writes now, as far as AWS has accepted it; ``verify`` waits until it is so."""

    cluster: str
    former_writer: str
    writer: str
    changed: bool
    """False when it was so already."""


class _Member(Answer):
    name: str = Field(validation_alias="DBInstanceIdentifier")
    writes: bool = Field(validation_alias="IsClusterWriter")
    tier: int = Field(default=15, validation_alias="PromotionTier")


class _Cluster(Answer):
    name: str = Field(validation_alias="DBClusterIdentifier")
    status: str = Field(validation_alias="Status")
    members: tuple[_Member, ...] = Field(default=(), validation_alias="DBClusterMembers")

    @property
    def writer(self) -> str:
        return next((member.name for member in self.members if member.writes), "nobody")

    @property
    def readers(self) -> list[str]:
        readers = [member for member in self.members if not member.writes]
        return [member.name for member in sorted(readers, key=lambda one: (one.tier, one.name))]


class FailOverCluster(Action[FailOver, FailOverPlan, FailedOver]):
    """Make a reader the writer of an Aurora cluster. Undo fails back to the former writer."""

    name = "rds.failover"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=10)

    def resources(self, want: FailOver) -> list[str]:
        return [want.resource]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        target = f" --target-db-instance-identifier {given['target']}" if given.get("target") else ""
        return f"aws rds failover-db-cluster --db-cluster-identifier {given.get('cluster')}{target}"

    def permissions(self, want: FailOver) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        cluster, instances = arn(at, "rds", f"cluster:{want.cluster}"), arn(at, "rds", "db:*")
        return allowed(
            at,
            ("rds:DescribeDBClusters", cluster),
            ("rds:DescribeDBInstances", instances),
            ("rds:FailoverDBCluster", cluster),
            ("rds:FailoverDBCluster", instances),
        )

    def plan(self, want: FailOver) -> FailOverPlan:
        account = account_of(self.connections, want)
        found = _describe(account, want)
        _refuse_unless_available(found)
        target = _chosen(want, found)
        _refuse_unless_ready(account, target)
        change = Change(resource=want.resource, field="writer", before=found.writer, after=target)
        return FailOverPlan(
            summary=f"Fail cluster {want.cluster} over from {found.writer} to {target}",
            changes=(change,),
            warnings=(OUTAGE,),
            before=found.writer,
            target=target,
        )

    def run(self, want: FailOver, plan: FailOverPlan, key: str) -> FailedOver:
        account = account_of(self.connections, want)
        changed = _move(account, want, origin=plan.before, goal=plan.target)
        return _output(want, plan, changed=changed)

    def verify(self, want: FailOver, plan: FailOverPlan) -> Verdict:
        found = _describe(account_of(self.connections, want), want)
        reason = f"the writer is {found.writer} and the cluster is {found.status}"
        if found.writer == plan.target and found.status == "available":
            return Verdict(state="ok", reason=reason)
        expected = found.writer in (plan.before, plan.target)
        return Verdict(state="waiting" if expected else "failed", reason=reason)

    def undo(self, want: FailOver, plan: FailOverPlan) -> None:
        _move(account_of(self.connections, want), want, origin=plan.target, goal=plan.before)

    def probe(self, want: FailOver, plan: FailOverPlan, key: str) -> Probe:
        found = _describe(account_of(self.connections, want), want)
        if found.writer == plan.target:
            return Probe.DONE
        if found.writer == plan.before and found.status == "available":
            return Probe.NOT_DONE
        return Probe.UNKNOWN

    def recover(self, want: FailOver, plan: FailOverPlan, key: str) -> FailedOver:
        return _output(want, plan, changed=True)


def _output(want: FailOver, plan: FailOverPlan, *, changed: bool) -> FailedOver:
    return FailedOver(cluster=want.cluster, former_writer=plan.before, writer=plan.target, changed=changed)


def _move(account: Account, want: FailOver, *, origin: str, goal: str) -> bool:
    """Fail over unless ``goal`` writes already; raise CONFLICT when ``origin`` does not."""
    found = _describe(account, want)
    if found.writer == goal:
        return False
    _refuse_unless_available(found)
    if found.writer != origin:
        raise ActionFailed(
            f"the writer of {want.cluster} is {found.writer} now, not {origin}: somebody else failed it over."
            " It was left alone; plan again.",
            ErrorClass.CONFLICT,
        )
    account.call(
        "rds", "failover_db_cluster", DBClusterIdentifier=want.cluster, TargetDBInstanceIdentifier=goal
    )
    return True


def _describe(account: Account, want: FailOver) -> _Cluster:
    answer = account.call("rds", "describe_db_clusters", DBClusterIdentifier=want.cluster)
    return read(_Cluster, answer["DBClusters"][0])


def _refuse_unless_available(found: _Cluster) -> None:
    if found.status != "available":
        raise ActionFailed(
            f"cluster {found.name} is {found.status}, not available; nothing was changed. Wait until it is.",
            ErrorClass.CONFLICT,
        )


def _chosen(want: FailOver, found: _Cluster) -> str:
    if not found.readers:
        raise ActionFailed(
            f"cluster {found.name} has no reader to fail over to; nothing was changed. Add a reader first.",
            ErrorClass.INVALID,
        )
    if want.target is None:
        return found.readers[0]
    if want.target not in found.readers:
        role = "already its writer" if want.target == found.writer else "not a member of it"
        raise ActionFailed(
            f"{want.target} cannot take cluster {found.name} over: it is {role}; nothing was changed."
            f" Its readers are {', '.join(found.readers)}.",
            ErrorClass.INVALID,
        )
    return want.target


def _refuse_unless_ready(account: Account, target: str) -> None:
    answer = account.call("rds", "describe_db_instances", DBInstanceIdentifier=target)
    status = answer["DBInstances"][0]["DBInstanceStatus"]
    if status != "available":
        raise ActionFailed(
            f"{target} is {status}, not available; nothing was changed. Choose another reader or wait.",
            ErrorClass.CONFLICT,
        )
