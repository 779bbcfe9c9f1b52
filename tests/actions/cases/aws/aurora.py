"""An Aurora cluster, and a global database."""

from pydantic import JsonValue

from tests.actions.cases.aws.accounts import case_of, service
from tests.actions.cases.worlds import Case, Worlds
from tocsin.actions.aws.aurora import FailOver
from tocsin.actions.aws.global_databases import FailoverWanted, GlobalWanted
from tocsin.playground.cloud import ORDERS_CLUSTER, build_orders_database
from tocsin.playground.estate import LEDGER, build_global_database


def failover(worlds: Worlds) -> Case:
    def members() -> JsonValue:
        [found] = service(worlds, "rds").describe_db_clusters(DBClusterIdentifier=ORDERS_CLUSTER)[
            "DBClusters"
        ]
        return {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in found["DBClusterMembers"]}

    build_orders_database(worlds.empty_cloud.endpoint_url)
    want = FailOver(connection="aws:main", cluster=ORDERS_CLUSTER)
    return case_of(worlds, want, missing={"cluster": "nowhere"}, state=members)


def global_switchover(worlds: Worlds) -> Case:
    _, target = build_global_database(worlds.empty_cloud.endpoint_url)
    return _global(worlds, GlobalWanted(connection="aws:main", database=LEDGER, target=target))


def global_failover(worlds: Worlds) -> Case:
    _, target = build_global_database(worlds.empty_cloud.endpoint_url)
    want = FailoverWanted(connection="aws:main", database=LEDGER, target=target, accept_data_loss=True)
    return _global(worlds, want)


def _global(worlds: Worlds, want: GlobalWanted) -> Case:
    def writers() -> JsonValue:
        rds = service(worlds, "rds")
        [found] = rds.describe_global_clusters(GlobalClusterIdentifier=LEDGER)["GlobalClusters"]
        return [one["DBClusterArn"] for one in found["GlobalClusterMembers"] if one["IsWriter"]]

    return case_of(worlds, want, missing={"database": "nowhere"}, state=writers)
