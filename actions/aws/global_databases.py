"""Amazon Aurora global databases: move the writing to another region, as planned or in need."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Generic, Literal, TypeVar

from pydantic import AliasPath, Field, JsonValue

from tocsin.actions.aws.client import Account, Answer, account_of, partition, read
from tocsin.actions.aws.verbs import Named, OnAws, busy, refused
from tocsin.actions.base import Change, Effect, Frozen, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection

OUTAGE = "writes fail until the other region has taken over, usually for one to two minutes"
LOSS = (
    "DATA IS LOST: what the former region wrote and the other one has not got is gone for good, and nobody"
    " can tell which writes those are"
)
FENCE = "nothing stops the former region from taking writes, if it lives: keep the application away from it"
NO_LAG = "how far behind the target is, is not known from this connection's region"

_WINDOW = timedelta(minutes=10)


class GlobalWanted(Named):
    """A global database, and the region that shall write."""

    database: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=63, description="The global cluster")
    target: str = Field(
        pattern=r"^arn:[a-z-]+:rds:[a-z0-9-]+:[0-9]{12}:cluster:[A-Za-z0-9-]+$",
        description="The ARN of its member that shall write",
    )

    @property
    def path(self) -> str:
        return f"rds/global/{self.database}"


class FailoverWanted(GlobalWanted):
    """The same, where the writing region is lost."""

    accept_data_loss: Literal[True] = Field(description="Must be `true`: whoever writes the runbook says so")


class GlobalPlan(Plan):
    """The member that wrote when it was planned."""

    former: str


class GlobalMoved(Frozen):
    """Who writes, as far as AWS has accepted it; ``verify`` waits until it is so."""

    writer: str
    """ARN of the cluster"""
    former_writer: str
    changed: bool
    """False when it was so already."""


class _Member(Answer):
    arn: str = Field(validation_alias="DBClusterArn")
    writes: bool = Field(default=False, validation_alias="IsWriter")
    synchronized: str = Field(default="connected", validation_alias="SynchronizationStatus")


class _Global(Answer):
    status: str = Field(validation_alias="Status")
    members: tuple[_Member, ...] = Field(default=(), validation_alias="GlobalClusterMembers")
    moving: str | None = Field(default=None, validation_alias=AliasPath("FailoverState", "Status"))

    @property
    def writer(self) -> str:
        return next((one.arn for one in self.members if one.writes), "nobody")

    @property
    def is_settled(self) -> bool:
        return self.status == "available" and self.moving is None


WantT = TypeVar("WantT", bound=GlobalWanted)


class _Move(OnAws[WantT, GlobalPlan, GlobalMoved], Generic[WantT]):
    effect = Effect.ONCE
    settle = timedelta(minutes=30)
    operation: ClassVar[str]
    verb: ClassVar[str]
    """How the plan's summary begins."""
    warnings: ClassVar[tuple[str, ...]]

    def rights(self, at: AwsConnection, want: WantT) -> Iterable[tuple[str, str]]:
        owner = at.account or "*"
        named = f"arn:{partition(at.region)}:rds::{owner}:global-cluster:{want.database}"
        verb = "".join(word.capitalize() for word in self.operation.split("_"))
        return (
            ("rds:DescribeGlobalClusters", named),
            (f"rds:{verb}", named),
            (f"rds:{verb}", want.target),
            ("cloudwatch:ListMetrics", "*"),
            ("cloudwatch:GetMetricStatistics", "*"),
        )

    def plan(self, want: WantT) -> GlobalPlan:
        account = account_of(self.connections, want)
        found = _describe(account, want)
        self.refuse(want, found)
        before, after = _region(found.writer), _region(want.target)
        change = Change(resource=want.resource, field="writer", before=found.writer, after=want.target)
        lag = _lag(account, want)
        return GlobalPlan(
            summary=f"{self.verb} {want.database} from {before} to {after}",
            changes=(change,),
            warnings=(*self.warnings, f"the target was {lag:.0f} ms behind" if lag is not None else NO_LAG),
            former=found.writer,
        )

    def refuse(self, want: WantT, found: _Global) -> None:
        member = next((one for one in found.members if one.arn == want.target), None)
        if member is None:
            listed = ", ".join(one.arn for one in found.members)
            raise refused(f"{want.target} is no member of {want.database}", f"Its members are {listed}.")
        if member.writes:
            raise refused(f"{want.target} writes already", "There is nothing to do.")
        if found.moving is not None:
            raise busy(f"{want.database} is being moved: {found.moving}")

    def run(self, want: WantT, plan: GlobalPlan, key: str) -> GlobalMoved:
        account = account_of(self.connections, want)
        changed = self.move(account, want, origin=plan.former, goal=want.target)
        return GlobalMoved(writer=want.target, former_writer=plan.former, changed=changed)

    def move(self, account: Account, want: WantT, *, origin: str, goal: str) -> bool:
        found = _describe(account, want)
        if found.writer == goal or found.moving is not None:
            return False
        if found.writer != origin:
            raise busy(f"{found.writer} writes {want.database} now: somebody else moved it", "Plan again.")
        account.call("rds", self.operation, **self.request(want, goal))
        return True

    def request(self, want: WantT, goal: str) -> dict[str, str | bool]:
        return {"GlobalClusterIdentifier": want.database, "TargetDbClusterIdentifier": goal}

    def verify(self, want: WantT, plan: GlobalPlan) -> Verdict:
        found = _describe(account_of(self.connections, want), want)
        moving = f", {found.moving}" if found.moving else ""
        reason = f"{_region(found.writer)} writes {want.database}, which is {found.status}{moving}"
        if found.writer == want.target and found.is_settled:
            return Verdict(state="ok", reason=reason)
        expected = found.writer in (plan.former, want.target)
        return Verdict(state="waiting" if expected else "failed", reason=reason)

    def probe(self, want: WantT, plan: GlobalPlan, key: str) -> Probe:
        found = _describe(account_of(self.connections, want), want)
        if found.writer == want.target:
            return Probe.DONE
        return Probe.NOT_DONE if found.writer == plan.former and found.is_settled else Probe.UNKNOWN

    def recover(self, want: WantT, plan: GlobalPlan, key: str) -> GlobalMoved:
        return GlobalMoved(writer=want.target, former_writer=plan.former, changed=True)


class SwitchOver(_Move[GlobalWanted]):
    """Let another region write; both are healthy, and nothing is lost. Undo moves the writing back."""

    name = "aurora.global_switchover"
    risk = Risk.HIGH
    operation = "switchover_global_cluster"
    verb = "Switch"
    warnings = (OUTAGE,)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws rds switchover-global-cluster {_at(given)}"

    def refuse(self, want: GlobalWanted, found: _Global) -> None:
        super().refuse(want, found)
        if found.status != "available":
            raise busy(f"{want.database} is {found.status}, not available", "Wait until it is.")
        for one in found.members:
            if one.arn == want.target and one.synchronized != "connected":
                raise busy(f"{one.arn} is {one.synchronized}, not connected", "Wait until it is.")

    def undo(self, want: GlobalWanted, plan: GlobalPlan) -> None:
        self.move(account_of(self.connections, want), want, origin=want.target, goal=plan.former)


class FailOver(_Move[FailoverWanted]):
    """Let another region write though the writing one is lost, AND LOSE WHAT IT HAD NOT GOT. No way back.

    While the writing region lives, aurora.global_switchover loses nothing.
    """

    name = "aurora.global_failover"
    risk = Risk.DESTRUCTIVE
    operation = "failover_global_cluster"
    verb = "FAIL OVER, WITH LOSS OF DATA,"
    warnings = (LOSS, FENCE)

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"aws rds failover-global-cluster {_at(given)} --allow-data-loss"

    def request(self, want: FailoverWanted, goal: str) -> dict[str, str | bool]:
        return {**super().request(want, goal), "AllowDataLoss": True}


def _at(given: Mapping[str, JsonValue]) -> str:
    return (
        f"--global-cluster-identifier {given.get('database')} --target-db-cluster-identifier"
        f" {given.get('target')}"
    )


def _describe(account: Account, want: GlobalWanted) -> _Global:
    answer = account.call("rds", "describe_global_clusters", GlobalClusterIdentifier=want.database)
    return read(_Global, answer["GlobalClusters"][0])


def _region(arn: str) -> str:
    return arn.split(":")[3] if arn.startswith("arn:") else arn


def _lag(account: Account, want: GlobalWanted) -> float | None:
    """Return how many milliseconds the target was behind, at worst, in the last ten minutes.

    Its own region tells; None where the connection is of another one, or there is no data.
    """
    cluster = [{"Name": "DBClusterIdentifier", "Value": want.target.rpartition(":")[2]}]
    metric = {"Namespace": "AWS/RDS", "MetricName": "AuroraGlobalDBReplicationLag"}
    known = account.call("cloudwatch", "list_metrics", **metric, Dimensions=cluster)["Metrics"]
    if not known:
        return None
    now = datetime.now(UTC)
    points = account.call(
        "cloudwatch",
        "get_metric_statistics",
        **metric,
        Dimensions=known[0]["Dimensions"],
        StartTime=now - _WINDOW,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    return max((float(one["Maximum"]) for one in points), default=None)
