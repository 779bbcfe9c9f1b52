"""rds.modify and rds.snapshot: at once, once, and never while RDS is at it."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.rds_modify import (
    NO_BACKUPS,
    OUTAGE,
    ModifyInstance,
    Settings,
    SettingsWanted,
    SnapshotWanted,
    TakeSnapshot,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import ORDERS_CLUSTER, ORDERS_WRITER, Cloud, practice_client
from tocsin.playground.estate import REPLICA_SOURCE, build_replicated_database

SERVICE = "rds"
LARGE = Settings(instance_class="db.m6g.large", multi_az=False, backup_retention=7)
XLARGE = LARGE.model_copy(update={"instance_class": "db.m6g.xlarge"})
PLAN = DesiredPlan[Settings](summary="", before=LARGE, after=XLARGE)


@pytest.fixture
def action(connections: Connections, cloud: Cloud) -> ModifyInstance:
    build_replicated_database(cloud.endpoint_url)
    return ModifyInstance(connections)


def want(**more: Any) -> SettingsWanted:
    return SettingsWanted.model_validate({"connection": "aws:main", "instance": REPLICA_SOURCE, **more})


def test_the_plan_names_what_changes_and_warns(action: ModifyInstance) -> None:
    plan = action.plan(want(instance_class="db.m6g.xlarge", backup_retention=0))
    words = "instance class db.m6g.large to db.m6g.xlarge, backup retention 7 to 0"
    assert plan.summary == f"Change billing: {words}"
    assert plan.warnings == (OUTAGE, NO_BACKUPS)


def test_a_class_that_aws_does_not_have_is_refused(action: ModifyInstance) -> None:
    with pytest.raises(ActionFailed, match=r"AWS has no db\.x1\.huge for postgres") as caught:
        action.plan(want(instance_class="db.x1.huge"))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_standby_of_a_cluster_is_the_clusters(connections: Connections, cloud: Cloud) -> None:
    with pytest.raises(ActionFailed, match="belongs to the cluster orders"):
        ModifyInstance(connections).plan(want(instance=ORDERS_WRITER, multi_az=True))


def test_an_instance_that_is_stopped_is_refused(action: ModifyInstance, cloud: Cloud) -> None:
    practice_client(cloud.endpoint_url, "rds").stop_db_instance(DBInstanceIdentifier=REPLICA_SOURCE)
    with pytest.raises(ActionFailed, match="is stopped, not available") as caught:
        action.plan(want(multi_az=True))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_nothing_to_change_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="nothing to change"):
        want()


def test_what_rds_has_accepted_is_not_asked_for_again_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "available", {"DBInstanceClass": "db.m6g.xlarge"})
    asked = want(instance_class="db.m6g.xlarge")
    assert not ModifyInstance(STUBBED).run(asked, PLAN, "step-1").changed


@pytest.mark.parametrize(
    ("status", "pending", "state"),
    [
        ("available", {"DBInstanceClass": "db.m6g.xlarge"}, "waiting"),
        ("modifying", {"DBInstanceClass": "db.m6g.xlarge"}, "waiting"),
    ],
)
def test_what_is_still_to_come_is_waited_for_by_the_service_model(
    stubbed: Stubber, status: str, pending: dict[str, str], state: str
) -> None:
    for _ in range(2):
        shows(stubbed, status, pending)
    assert ModifyInstance(STUBBED).verify(want(instance_class="db.m6g.xlarge"), PLAN).state == state


def test_a_snapshot_of_a_cluster_is_taken_once(connections: Connections, cloud: Cloud) -> None:
    action, asked = TakeSnapshot(connections), SnapshotWanted(connection="aws:main", cluster=ORDERS_CLUSTER)
    plan = action.plan(asked)
    taken = [action.run(asked, plan, "step-1") for _ in range(2)]
    rds = practice_client(cloud.endpoint_url, "rds")
    asked_for = {"DBClusterIdentifier": ORDERS_CLUSTER, "SnapshotType": "manual"}
    found = rds.describe_db_cluster_snapshots(**asked_for)["DBClusterSnapshots"]
    assert [one["DBClusterSnapshotIdentifier"] for one in found] == [taken[0].snapshot]


def test_a_member_of_a_cluster_has_no_snapshot_of_its_own(connections: Connections, cloud: Cloud) -> None:
    with pytest.raises(ActionFailed, match="belongs to the cluster orders"):
        TakeSnapshot(connections).plan(SnapshotWanted(connection="aws:main", instance=ORDERS_WRITER))


def test_either_an_instance_or_a_cluster_is_named() -> None:
    with pytest.raises(ValueError, match="either an instance or a cluster"):
        SnapshotWanted(connection="aws:main")


@pytest.mark.parametrize(
    ("status", "state"), [("creating", "waiting"), ("available", "ok"), ("failed", "failed")]
)
def test_a_snapshot_is_waited_for_by_the_service_model(stubbed: Stubber, status: str, state: str) -> None:
    ours = {"DBSnapshotIdentifier": "billing-tocsin-1", "Status": status}
    theirs = {"DBSnapshotIdentifier": "by-hand", "Status": "failed"}
    stubbed.add_response("describe_db_snapshots", {"DBSnapshots": [ours, theirs]})
    asked, plan = SnapshotWanted(connection="aws:main", instance="billing"), PLAN
    assert TakeSnapshot(STUBBED).verify(asked, plan).state == state


def shows(stubbed: Stubber, status: str, pending: dict[str, str]) -> None:
    found = {
        "DBInstanceIdentifier": REPLICA_SOURCE,
        "DBInstanceStatus": status,
        "Engine": "postgres",
        "EngineVersion": "17.2",
        "DBInstanceClass": "db.m6g.large",
        "BackupRetentionPeriod": 7,
        "PendingModifiedValues": pending,
    }
    stubbed.add_response("describe_db_instances", {"DBInstances": [found]})
