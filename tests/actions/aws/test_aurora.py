"""rds.failover where it refuses, is overtaken, and does not know."""

from typing import Any

import pytest

from tocsin.actions.aws.aurora import OUTAGE, FailOver, FailOverCluster
from tocsin.actions.base import Permission, Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import (
    ORDERS_CLUSTER,
    ORDERS_READER,
    ORDERS_WRITER,
    REGION,
    Cloud,
    practice_client,
)


@pytest.fixture
def rds(cloud: Cloud) -> Any:
    return practice_client(cloud.endpoint_url, "rds")


@pytest.fixture
def action(connections: Connections) -> FailOverCluster:
    return FailOverCluster(connections)


def want(target: str | None = None) -> FailOver:
    return FailOver(connection="aws:main", cluster=ORDERS_CLUSTER, target=target)


def test_the_plan_shows_the_writers_and_warns_of_the_outage(action: FailOverCluster) -> None:
    plan = action.plan(want())
    assert (plan.before, plan.target, plan.warnings) == (ORDERS_WRITER, ORDERS_READER, (OUTAGE,))


def test_the_writer_is_no_target(action: FailOverCluster) -> None:
    with pytest.raises(ActionFailed, match="already its writer"):
        action.plan(want(ORDERS_WRITER))


def test_a_stranger_is_no_target(action: FailOverCluster) -> None:
    with pytest.raises(ActionFailed, match="not a member of it"):
        action.plan(want("billing-1"))


def test_a_cluster_without_a_reader_is_refused(action: FailOverCluster, rds: Any) -> None:
    rds.delete_db_instance(DBInstanceIdentifier=ORDERS_READER, SkipFinalSnapshot=True)
    with pytest.raises(ActionFailed, match="no reader"):
        action.plan(want())


def test_a_reader_that_is_not_available_is_refused(action: FailOverCluster, rds: Any) -> None:
    rds.stop_db_instance(DBInstanceIdentifier=ORDERS_READER)
    with pytest.raises(ActionFailed, match="is stopped, not available") as caught:
        action.plan(want())
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_cluster_that_is_not_available_is_refused(action: FailOverCluster, rds: Any) -> None:
    rds.stop_db_cluster(DBClusterIdentifier=ORDERS_CLUSTER)
    with pytest.raises(ActionFailed, match="not available; nothing was changed"):
        action.plan(want())


def test_somebody_elses_failover_is_left_alone(action: FailOverCluster, rds: Any) -> None:
    add_reader(rds)
    plan = action.plan(want(ORDERS_READER))
    rds.failover_db_cluster(DBClusterIdentifier=ORDERS_CLUSTER, TargetDBInstanceIdentifier="orders-3")
    with pytest.raises(ActionFailed, match="somebody else failed it over") as caught:
        action.run(want(ORDERS_READER), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_third_writer_is_a_failed_verification(action: FailOverCluster, rds: Any) -> None:
    add_reader(rds)
    plan = action.plan(want(ORDERS_READER))
    rds.failover_db_cluster(DBClusterIdentifier=ORDERS_CLUSTER, TargetDBInstanceIdentifier="orders-3")
    assert action.verify(want(ORDERS_READER), plan).state == "failed"


def test_a_third_writer_leaves_the_probe_unknowing(action: FailOverCluster, rds: Any) -> None:
    add_reader(rds)
    plan = action.plan(want(ORDERS_READER))
    rds.failover_db_cluster(DBClusterIdentifier=ORDERS_CLUSTER, TargetDBInstanceIdentifier="orders-3")
    assert action.probe(want(ORDERS_READER), plan, "step-1") is Probe.UNKNOWN


def test_a_cluster_that_moves_leaves_the_probe_unknowing(action: FailOverCluster, rds: Any) -> None:
    plan = action.plan(want())
    rds.stop_db_cluster(DBClusterIdentifier=ORDERS_CLUSTER)
    assert action.probe(want(), plan, "step-1") is Probe.UNKNOWN


def test_before_the_failover_the_verification_waits(action: FailOverCluster) -> None:
    assert action.verify(want(), action.plan(want())).state == "waiting"


def test_the_rights_name_the_cluster(action: FailOverCluster) -> None:
    arn = f"arn:aws:rds:{REGION}:123456789012:cluster:{ORDERS_CLUSTER}"
    right = Permission(system="aws", verb="rds:FailoverDBCluster", resource=arn)
    assert right in action.permissions(want())


def add_reader(rds: Any) -> None:
    rds.create_db_instance(
        DBInstanceIdentifier="orders-3",
        DBClusterIdentifier=ORDERS_CLUSTER,
        DBInstanceClass="db.r6g.large",
        Engine="aurora-postgresql",
    )
