"""s3.replication_status: unknown is null, and never 0."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.actions.aws.replication import BucketNamed, ReplicationSeen, ShowReplication
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.trials import BUCKET, COPY, RULE, build_replication


@pytest.fixture(autouse=True)
def bucket(cloud: Cloud) -> None:
    build_replication(cloud.endpoint_url)


def look(connections: Connections) -> ReplicationSeen:
    action, want = ShowReplication(connections), BucketNamed(connection="aws:main", bucket=BUCKET)
    return action.run(want, action.plan(want), "")


def test_a_rule_shows_where_it_leads(connections: Connections) -> None:
    seen = look(connections)
    [rule] = seen.rules
    assert (seen.versioned, rule.rule, rule.destination, rule.enabled) == (True, RULE, COPY, True)
    assert not rule.delete_markers


def test_what_nobody_counts_is_unknown(connections: Connections) -> None:
    [rule] = look(connections).rules
    assert (rule.pending_bytes, rule.pending_operations, rule.latency) == (None, None, None)


def test_the_newest_count_is_shown(connections: Connections, cloud: Cloud) -> None:
    named = {"SourceBucket": BUCKET, "DestinationBucket": COPY, "RuleId": RULE}
    data = [
        {
            "MetricName": "BytesPendingReplication",
            "Dimensions": [{"Name": name, "Value": value} for name, value in named.items()],
            "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes),
            "Value": value,
        }
        for minutes, value in ((8, 900.0), (3, 40.0))
    ]
    practice_client(cloud.endpoint_url, "cloudwatch").put_metric_data(Namespace="AWS/S3", MetricData=data)
    assert look(connections).rules[0].pending_bytes == 40


def test_a_bucket_that_is_not_versioned_any_more_shows_it(connections: Connections, cloud: Cloud) -> None:
    s3 = practice_client(cloud.endpoint_url, "s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    assert not look(connections).versioned


def test_a_bucket_that_is_not_replicated_is_missing(connections: Connections) -> None:
    action = ShowReplication(connections)
    with pytest.raises(ActionFailed, match="ReplicationConfigurationNotFound") as caught:
        action.plan(BucketNamed(connection="aws:main", bucket=COPY))
    assert caught.value.kind is ErrorClass.MISSING
