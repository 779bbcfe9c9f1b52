"""An Aurora cluster."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.aurora import FailOver
from tocsin.playground.cloud import ORDERS_CLUSTER


def failover(worlds: Worlds) -> Case:
    def members() -> JsonValue:
        [found] = service(worlds, "rds").describe_db_clusters(DBClusterIdentifier=ORDERS_CLUSTER)[
            "DBClusters"
        ]
        return {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in found["DBClusterMembers"]}

    want = FailOver(connection="aws:main", cluster=ORDERS_CLUSTER)
    return case_of(worlds, want, missing={"cluster": "nowhere"}, state=members)
