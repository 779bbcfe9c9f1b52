"""Amazon CloudWatch: read one statistic of a metric."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import Field, JsonValue

from tocsin.actions.aws.client import Answer, InAccount, account_of, allowed, read
from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import AwsConnection
from tocsin.errors import ActionFailed, ErrorClass

MINUTE = 60
"""Seconds that one data point stands for."""
HALF_A_DAY = 43_200
"""CloudWatch gives at most 1,440 data points in one answer."""

Statistic = Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum"]


class MetricWanted(InAccount):
    """A metric, and how much of the time up to now counts."""

    namespace: str = Field(min_length=1, max_length=255, description="`AWS/RDS`, or one of your own")
    metric: str = Field(min_length=1, max_length=255)
    dimensions: dict[str, str] = Field(
        default={}, max_length=30, description="All of them: another set is another metric"
    )
    stat: Statistic = "Average"
    window: int = Field(
        default=300,
        ge=MINUTE,
        le=HALF_A_DAY,
        multiple_of=MINUTE,
        description="Seconds up to now: `'5m' | duration`",
    )

    @property
    def short(self) -> str:
        """Return the metric's name with its dimensions, for sentences."""
        named = ", ".join(f"{name}={value}" for name, value in sorted(self.dimensions.items()))
        return f"{self.namespace} {self.metric}" + (f" of {named}" if named else "")


class MetricSeen(Frozen):
    """One number over the whole window. It never stands for nothing: no data is a failure."""

    value: float
    unit: str
    """As CloudWatch names it: ``Seconds``, ``Percent``, ``None``…"""
    points: int
    """How many minutes of the window have data; the newest one may still be filling."""
    newest: datetime
    """When the newest of these minutes began."""


class _Point(Answer):
    at: datetime = Field(validation_alias="Timestamp")
    unit: str = Field(default="None", validation_alias="Unit")
    maximum: float = Field(validation_alias="Maximum")
    minimum: float = Field(validation_alias="Minimum")
    count: float = Field(validation_alias="SampleCount")
    total: float = Field(validation_alias="Sum")


_COMBINED: Mapping[Statistic, Callable[[Sequence[_Point]], float]] = {
    # Not the mean of the minutes' means: a minute with more samples counts for more.
    "Average": lambda points: sum(one.total for one in points) / sum(one.count for one in points),
    "Maximum": lambda points: max(one.maximum for one in points),
    "Minimum": lambda points: min(one.minimum for one in points),
    "SampleCount": lambda points: sum(one.count for one in points),
    "Sum": lambda points: sum(one.total for one in points),
}


class ReadMetric(Action[MetricWanted, Plan, MetricSeen]):
    """Read one statistic of a metric over the last minutes or hours. No data is a failure, never 0."""

    name = "cloudwatch.metric"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        named = given.get("dimensions")
        pairs = [
            f"Name={key},Value={value}" for key, value in (named if isinstance(named, dict) else {}).items()
        ]
        words = ["--namespace", given.get("namespace"), "--metric-name", given.get("metric")]
        words += ["--dimensions", *pairs] if pairs else []
        words += ["--statistics", given.get("stat", "Average"), "--period", MINUTE]
        asked = " ".join(shlex.quote(str(word)) for word in words)
        return f"aws cloudwatch get-metric-statistics {asked} --start-time <from> --end-time <to>"

    def permissions(self, want: MetricWanted) -> list[Permission]:
        at = self.connections.get(want.connection, AwsConnection)
        return allowed(at, ("cloudwatch:GetMetricStatistics", "*"))  # granted for all metrics or for none

    def plan(self, want: MetricWanted) -> Plan:
        account_of(self.connections, want)
        return Plan(summary=f"Read the {want.stat} of {want.short} over the last {want.window} s")

    def run(self, want: MetricWanted, plan: Plan, key: str) -> MetricSeen:
        points = self._points(want)
        if not points:
            raise ActionFailed(
                f"no data: {want.short} has no data point in the last {want.window} s, which is not 0."
                " Correct the metric's name and dimensions, or take a longer window.",
                ErrorClass.MISSING,
            )
        newest = max(points, key=lambda one: one.at)
        return MetricSeen(
            value=_COMBINED[want.stat](points), unit=newest.unit, points=len(points), newest=newest.at
        )

    def _points(self, want: MetricWanted) -> list[_Point]:
        """Return the window minute by minute: CloudWatch would cut longer periods where it likes."""
        now = datetime.now(UTC)
        answer = account_of(self.connections, want).call(
            "cloudwatch",
            "get_metric_statistics",
            Namespace=want.namespace,
            MetricName=want.metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in want.dimensions.items()],
            StartTime=now - timedelta(seconds=want.window),
            EndTime=now,
            Period=MINUTE,
            Statistics=["Maximum", "Minimum", "SampleCount", "Sum"],
        )
        found = [read(_Point, one) for one in answer["Datapoints"]]
        return [one for one in found if one.count > 0]
