"""cloudwatch.metric: one number over a window, and never one for nothing."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.cloudwatch import MetricSeen, MetricWanted, ReadMetric, Statistic
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client

SERVICE = "cloudwatch"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def put(cloud: Cloud, minutes_ago: int, *values: float, of: str = "orders") -> None:
    """Put samples of one minute."""
    at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    dimension = [{"Name": "db", "Value": of}]
    data = [
        {"MetricName": "Writes", "Dimensions": dimension, "Timestamp": at, "Value": value, "Unit": "Count"}
        for value in values
    ]
    practice_client(cloud.endpoint_url, "cloudwatch").put_metric_data(Namespace="App", MetricData=data)


def look(
    connections: Connections,
    stat: Statistic = "Average",
    window: int = 300,
    dimensions: Mapping[str, str] = {"db": "orders"},
) -> MetricSeen:
    want = MetricWanted(
        connection="aws:main",
        namespace="App",
        metric="Writes",
        dimensions=dict(dimensions),
        stat=stat,
        window=window,
    )
    action = ReadMetric(connections)
    return action.run(want, action.plan(want), "")


@pytest.mark.parametrize(
    ("stat", "value"), [("Average", 3), ("Maximum", 8), ("Minimum", 1), ("SampleCount", 4), ("Sum", 12)]
)
def test_a_statistic_is_of_the_whole_window(
    connections: Connections, cloud: Cloud, stat: Statistic, value: float
) -> None:
    put(cloud, 4, 8)
    put(cloud, 2, 1, 1, 2)
    seen = look(connections, stat)
    assert (seen.value, seen.unit, seen.points) == (value, "Count", 2)


def test_a_metric_without_data_is_a_failure_and_not_zero(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match="no data: App Writes of db=orders has no data point") as caught:
        look(connections, "Sum")
    assert caught.value.kind is ErrorClass.MISSING


def test_data_older_than_the_window_does_not_count(connections: Connections, cloud: Cloud) -> None:
    put(cloud, 10, 5)
    with pytest.raises(ActionFailed, match="in the last 300 s"):
        look(connections)


def test_zero_is_a_value_like_any_other(connections: Connections, cloud: Cloud) -> None:
    put(cloud, 2, 0)
    assert look(connections, "Sum").value == 0


def test_the_metric_of_another_dimension_does_not_count(connections: Connections, cloud: Cloud) -> None:
    put(cloud, 2, 5, of="billing")
    with pytest.raises(ActionFailed, match="no data"):
        look(connections)


def test_a_plan_does_not_ask_for_data_yet(connections: Connections) -> None:
    want = MetricWanted(connection="aws:main", namespace="App", metric="Writes")
    assert ReadMetric(connections).plan(want).summary == "Read the Average of App Writes over the last 300 s"


def test_minutes_that_cloudwatch_counted_by_itself_weigh_as_their_samples_by_stub(stubbed: Stubber) -> None:
    busy = point(NOON, total=90, count=9)
    quiet = point(NOON + timedelta(minutes=1), total=0, count=1)
    answer_with(stubbed, busy, quiet)
    assert look(STUBBED, "Average").value == 9


def test_a_minute_without_a_sample_is_no_data_by_stub(stubbed: Stubber) -> None:
    answer_with(stubbed, point(NOON, total=0, count=0))
    with pytest.raises(ActionFailed, match="no data"):
        look(STUBBED, "SampleCount")


def test_half_a_day_is_as_much_as_one_answer_holds() -> None:
    with pytest.raises(ValueError, match="less than or equal to 43200"):
        MetricWanted(connection="aws:main", namespace="App", metric="Writes", window=86_400)


def point(at: datetime, *, total: float, count: float) -> dict[str, Any]:
    sides = {"Maximum": total, "Minimum": 0.0}
    return {"Timestamp": at, "Unit": "Count", "SampleCount": count, "Sum": total, **sides}


def answer_with(stubbed: Stubber, *points: dict[str, Any]) -> None:
    expected = {
        "Namespace": "App",
        "MetricName": "Writes",
        "Dimensions": [{"Name": "db", "Value": "orders"}],
        "StartTime": ANY,
        "EndTime": ANY,
        "Period": 60,
        "Statistics": ["Maximum", "Minimum", "SampleCount", "Sum"],
    }
    stubbed.add_response("get_metric_statistics", {"Datapoints": list(points)}, expected)
