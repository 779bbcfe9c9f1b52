"""A read replica, in the cloud whose promotions are put right."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.rds import OfInstance, Promotion
from tocsin.playground.estate import REPLICA, build_replicated_database


def _replicated(worlds: Worlds, want: OfInstance) -> Case:
    def replica() -> JsonValue:
        [found] = service(worlds, "rds").describe_db_instances(DBInstanceIdentifier=REPLICA)["DBInstances"]
        return [found.get("ReadReplicaSourceDBInstanceIdentifier"), found["BackupRetentionPeriod"]]

    build_replicated_database(worlds.cloud.endpoint_url)
    return case_of(worlds, want, missing={"instance": "nowhere"}, state=replica)


def describe(worlds: Worlds) -> Case:
    return _replicated(worlds, OfInstance(connection="aws:main", instance=REPLICA))


def promote(worlds: Worlds) -> Case:
    return _replicated(worlds, Promotion(connection="aws:main", instance=REPLICA, backup_retention=14))
