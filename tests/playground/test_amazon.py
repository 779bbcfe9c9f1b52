"""What is put right of moto: each of these fails on moto 5.2.5 as it is."""

import json
from typing import Any

import pytest

from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import (
    CHECKOUT,
    REPLICA,
    REPLICA_SOURCE,
    SHOP,
    build_machine,
    build_replicated_database,
    build_service,
)


@pytest.fixture
def machine(cloud: Cloud) -> str:
    return build_machine(cloud.endpoint_url)


@pytest.fixture
def ssm(cloud: Cloud) -> Any:
    return practice_client(cloud.endpoint_url, "ssm")


def test_a_promoted_replica_follows_nobody(cloud: Cloud) -> None:
    build_replicated_database(cloud.endpoint_url)
    rds = practice_client(cloud.endpoint_url, "rds")
    rds.promote_read_replica(DBInstanceIdentifier=REPLICA)
    shown = {one["DBInstanceIdentifier"]: one for one in rds.describe_db_instances()["DBInstances"]}
    assert "ReadReplicaSourceDBInstanceIdentifier" not in shown[REPLICA]
    assert shown[REPLICA_SOURCE]["ReadReplicaDBInstanceIdentifiers"] == []


def test_a_service_runs_its_tasks(cloud: Cloud) -> None:
    build_service(cloud.endpoint_url)
    ecs = practice_client(cloud.endpoint_url, "ecs")
    [shown] = ecs.describe_services(cluster=SHOP, services=[CHECKOUT])["services"]
    assert (shown["runningCount"], shown["deployments"][0]["rolloutState"]) == (2, "COMPLETED")


def test_ssm_knows_the_agent_of_an_instance(ssm: Any, machine: str) -> None:
    filters = [{"Key": "InstanceIds", "Values": [machine, "i-0123456789abcdef0"]}]
    shown = ssm.describe_instance_information(Filters=filters)["InstanceInformationList"]
    assert [(one["InstanceId"], one["PingStatus"]) for one in shown] == [(machine, "Online")]


def test_a_clean_up_makes_the_disk_emptier(ssm: Any, machine: str) -> None:
    before = run(ssm, machine, "Tocsin-DiskUsage")
    run(ssm, machine, "Tocsin-DiskCleanup")
    after = run(ssm, machine, "Tocsin-DiskUsage")
    assert (before["used_percent"], after["used_percent"]) == (91, 61)


def run(ssm: Any, machine: str, document: str) -> Any:
    command = ssm.send_command(DocumentName=document, InstanceIds=[machine])["Command"]["CommandId"]
    answer = ssm.get_command_invocation(CommandId=command, InstanceId=machine)
    return json.loads(answer["StandardOutputContent"])
