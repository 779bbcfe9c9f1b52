"""The runbooks for AWS that ship with Tocsin, run against a practice cloud by a real worker."""

import pytest

from tests.runbooks.following import Follow, approve, start
from tocsin.errors import Invalid
from tocsin.main import House
from tocsin.playground.cloud import (
    ORDERS_CLUSTER,
    ORDERS_READER,
    ORDERS_WRITER,
    REGION,
    Cloud,
    practice_client,
)
from tocsin.playground.estate import (
    CHECKOUT,
    DOCUMENTS,
    RECORD,
    RECORD_VALUE,
    SHOP,
    ZONE,
    build_machine,
    build_service,
    build_zone,
)
from tocsin.runbooks.state import RunState


@pytest.fixture
def organisation(cloud: Cloud) -> str:
    return f"""
teams: {{ sre: {{ members: [ana@acme.example, bo@acme.example] }} }}
access: {{ responder: ["group:sre"] }}
connections:
  "aws:main":
    region: {REGION}
    endpoint_url: "{cloud.endpoint_url}"
    access_key_id: practice
    secret_access_key: practice
    documents: [{", ".join(DOCUMENTS)}]
"""


def deployments(cloud: Cloud) -> list[str]:
    ecs = practice_client(cloud.endpoint_url, "ecs")
    [service] = ecs.describe_services(cluster=SHOP, services=[CHECKOUT])["services"]
    return [str(one["id"]) for one in service["deployments"]]


def writer(cloud: Cloud) -> str:
    [orders] = practice_client(cloud.endpoint_url, "rds").describe_db_clusters()["DBClusters"]
    [name] = [one["DBInstanceIdentifier"] for one in orders["DBClusterMembers"] if one["IsClusterWriter"]]
    return str(name)


def value_of(cloud: Cloud, zone: str) -> str:
    found = practice_client(cloud.endpoint_url, "route53").list_resource_record_sets(HostedZoneId=zone)
    [record] = [one for one in found["ResourceRecordSets"] if one["Type"] == "CNAME"]
    return str(record["ResourceRecords"][0]["Value"])


async def fail_over(house: House, record: str = RECORD) -> str:
    given = {"cluster": ORDERS_CLUSTER, "target": ORDERS_READER, "zone": ZONE, "record": record}
    return await start(house, "rds-failover-dns", reason="the writer does not answer", **given)


async def test_a_redeployment_replaces_the_tasks_after_approval(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    build_service(cloud.endpoint_url)
    before = deployments(cloud)
    run_id = await start(house, "ecs-redeploy", cluster=SHOP, service=CHECKOUT)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert deployments(cloud) == [state.outputs["deployment"]] != before


async def test_a_failover_takes_the_dns_record_along(house: House, cloud: Cloud, follow: Follow) -> None:
    zone = build_zone(cloud.endpoint_url)
    run_id = await fail_over(house)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert (writer(cloud), value_of(cloud, zone)) == (ORDERS_READER, state.outputs["endpoint"])
    assert state.outputs["former_values"] == [RECORD_VALUE]


async def test_the_dns_change_is_planned_before_the_failover_is_approved(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    zone = build_zone(cloud.endpoint_url)
    state = await follow(await fail_over(house), "awaiting_approval")
    assert summary_of(state, "dns").startswith(f"Set {RECORD} CNAME from {RECORD_VALUE} (TTL 300) to")
    assert (writer(cloud), value_of(cloud, zone)) == (ORDERS_WRITER, RECORD_VALUE)


async def test_a_record_that_cannot_be_set_stops_the_failover_before_it_begins(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    build_zone(cloud.endpoint_url)
    state = await follow(await fail_over(house, record="orders.elsewhere.example"), "failed")
    assert "is not in the zone" in state.summary
    assert writer(cloud) == ORDERS_WRITER


async def test_a_full_disk_is_measured_cleaned_and_measured_again(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    run_id = await start(house, "disk-cleanup", instance=build_machine(cloud.endpoint_url))
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert state.outputs == {"used_before": 91, "used_after": 61, "freed_bytes": 30_000_000_000}


async def test_a_disk_that_is_not_full_is_left_alone(house: House, cloud: Cloud, follow: Follow) -> None:
    instance = build_machine(cloud.endpoint_url)
    state = await follow(await start(house, "disk-cleanup", instance=instance, full=95), "succeeded")
    assert (state.step("clean").status, state.outputs["freed_bytes"]) == ("skipped", 0)


async def test_an_instance_that_is_not_tagged_for_it_is_left_alone(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    instance = build_machine(cloud.endpoint_url)
    tag = [{"Key": "auto-remediate"}]
    practice_client(cloud.endpoint_url, "ec2").delete_tags(Resources=[instance], Tags=tag)
    state = await follow(await start(house, "disk-cleanup", instance=instance), "failed")
    commands = practice_client(cloud.endpoint_url, "ssm").list_commands()["Commands"]
    assert ("lacks auto-remediate=true" in state.summary, commands) == (True, [])


async def test_what_is_no_instance_id_starts_nothing(house: House) -> None:
    with pytest.raises(Invalid, match="`instance` must match"):
        await start(house, "disk-cleanup", instance="i-0; id")


def summary_of(state: RunState, step: str) -> str:
    return str(state.step(step).plan["summary"])
