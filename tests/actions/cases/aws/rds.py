"""An instance and its read replica, in the cloud whose promotions are put right."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.rds import OfInstance, Promotion
from tocsin.actions.aws.rds_modify import SettingsWanted, SnapshotWanted
from tocsin.playground.estate import REPLICA, REPLICA_SOURCE, build_replicated_database


def _replicated(worlds: Worlds, want: OfInstance) -> Case:
    def replica() -> JsonValue:
        [found] = service(worlds, "rds").describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"]
        return [found.get("ReadReplicaSourceDBInstanceIdentifier"), found["BackupRetentionPeriod"]]

    build_replicated_database(worlds.empty_cloud.endpoint_url)
    return case_of(worlds, want, missing={"instance": "nowhere"}, state=replica)


def describe(worlds: Worlds) -> Case:
    return _replicated(worlds, OfInstance(connection="aws:main", instance=REPLICA))


def promote(worlds: Worlds) -> Case:
    return _replicated(worlds, Promotion(connection="aws:main", instance=REPLICA, backup_retention=14))


def modify(worlds: Worlds) -> Case:
    build_replicated_database(worlds.empty_cloud.endpoint_url)

    def settings() -> JsonValue:
        answer = service(worlds, "rds").describe_db_instances(DBInstanceIdentifier=REPLICA_SOURCE)
        [found] = answer["DBInstances"]
        return [found["DBInstanceClass"], found["MultiAZ"], found["BackupRetentionPeriod"]]

    want = SettingsWanted(
        connection="aws:main",
        instance=REPLICA_SOURCE,
        instance_class="db.m6g.xlarge",
        multi_az=True,
        backup_retention=14,
    )
    return case_of(worlds, want, missing={"instance": "nowhere"}, state=settings)


def snapshot(worlds: Worlds) -> Case:
    build_replicated_database(worlds.empty_cloud.endpoint_url)

    def snapshots() -> JsonValue:
        answer = service(worlds, "rds").describe_db_snapshots(DBInstanceIdentifier=REPLICA_SOURCE)
        return [one["DBSnapshotIdentifier"] for one in answer["DBSnapshots"]]

    want = SnapshotWanted(connection="aws:main", instance=REPLICA_SOURCE)
    return case_of(worlds, want, missing={"instance": "nowhere"}, state=snapshots)
