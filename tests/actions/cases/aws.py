"""AWS actions, in moto's cloud."""

from collections.abc import Callable

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tocsin.actions.rds import FailOver
from tocsin.connections import AwsConnection
from tocsin.playground.cloud import ACCESS_KEY_ID, ORDERS_CLUSTER, REGION, practice_client


def failover(worlds: Worlds) -> Case:
    def connection(url: str, account: str | None) -> AwsConnection:
        secret = SecretStr(CANARY)
        key = SecretStr(ACCESS_KEY_ID)
        return AwsConnection(
            region=REGION, account=account, endpoint_url=url, access_key_id=key, secret_access_key=secret
        )

    def members() -> JsonValue:
        rds = practice_client(worlds.cloud.endpoint_url, "rds")
        found = rds.describe_db_clusters(DBClusterIdentifier=ORDERS_CLUSTER)["DBClusters"][0][
            "DBClusterMembers"
        ]
        return {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in found}

    url = worlds.cloud.endpoint_url
    want = FailOver(connection="aws:main", cluster=ORDERS_CLUSTER)
    return Case(
        connections=connections_of(
            connection(url, "123456789012"), connection(url, "999999999999"), connection(CLOSED, None)
        ),
        want=want,
        missing=want.model_copy(update={"cluster": "nowhere"}),
        state=members,
        effects=members,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"rds.failover": failover}
