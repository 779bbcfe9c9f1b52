"""The lag of a replica."""

from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.cloudwatch import MetricWanted
from tocsin.playground.estate import REPLICA

LAG = {"Namespace": "AWS/RDS", "MetricName": "ReplicaLag"}
OF_REPLICA = [{"Name": "DBInstanceIdentifier", "Value": REPLICA}]


def metric(worlds: Worlds) -> Case:
    cloudwatch = service(worlds, "cloudwatch")
    datum = {"MetricName": "ReplicaLag", "Dimensions": OF_REPLICA, "Unit": "Seconds", "Value": 2.0}
    earlier = datetime.now(UTC) - timedelta(minutes=2)
    cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[{**datum, "Timestamp": earlier}])

    def samples() -> JsonValue:
        now = datetime.now(UTC)
        answer = cloudwatch.get_metric_statistics(
            **LAG,
            Dimensions=OF_REPLICA,
            StartTime=now - timedelta(hours=1),
            EndTime=now,
            Period=3600,
            Statistics=["Sum"],
        )
        return [float(one["Sum"]) for one in answer["Datapoints"]]

    want = MetricWanted(
        connection="aws:main",
        namespace="AWS/RDS",
        metric="ReplicaLag",
        dimensions={"DBInstanceIdentifier": REPLICA},
        stat="Maximum",
    )
    return case_of(worlds, want, missing={"metric": "Nothing"}, state=samples)
