import socket

import pytest

from tocsin.playground.cloud import Cloud, build_orders_database, practice_client
from tocsin.playground.serving import ServerDidNotStart


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    running_cloud.reset()
    return running_cloud


def writers(cloud: Cloud) -> list[str]:
    clusters = practice_client(cloud.endpoint_url, "rds").describe_db_clusters()["DBClusters"]
    members = [member for cluster in clusters for member in cluster["DBClusterMembers"]]
    return [member["DBInstanceIdentifier"] for member in members if member["IsClusterWriter"]]


def test_the_orders_database_has_one_writer_and_one_reader(cloud: Cloud) -> None:
    build_orders_database(cloud.endpoint_url)

    members = practice_client(cloud.endpoint_url, "rds").describe_db_clusters()["DBClusters"][0][
        "DBClusterMembers"
    ]

    assert {member["DBInstanceIdentifier"]: member["IsClusterWriter"] for member in members} == {
        "orders-1": True,
        "orders-2": False,
    }


def test_a_failover_to_the_reader_makes_it_the_only_writer(cloud: Cloud) -> None:
    build_orders_database(cloud.endpoint_url)

    practice_client(cloud.endpoint_url, "rds").failover_db_cluster(
        DBClusterIdentifier="orders", TargetDBInstanceIdentifier="orders-2"
    )

    assert writers(cloud) == ["orders-2"]


def test_a_failover_without_a_target_moves_the_writer(cloud: Cloud) -> None:
    build_orders_database(cloud.endpoint_url)

    practice_client(cloud.endpoint_url, "rds").failover_db_cluster(DBClusterIdentifier="orders")

    assert writers(cloud) == ["orders-2"]


def test_a_reset_empties_the_cloud(cloud: Cloud) -> None:
    build_orders_database(cloud.endpoint_url)

    cloud.reset()

    assert writers(cloud) == []


def test_a_cloud_that_cannot_start_says_why() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))

        with pytest.raises(ServerDidNotStart, match="in use"):
            Cloud(taken.getsockname()[1]).start()


def test_foreign_ca_and_proxy_variables_do_not_matter(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "from-somewhere-real")

    build_orders_database(cloud.endpoint_url)

    assert writers(cloud) == ["orders-1"]
