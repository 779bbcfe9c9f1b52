"""The runbooks that ship with Tocsin, run against a real cluster and a cloud, by a real worker."""

import pytest

from tests.actions.kube import Kube
from tests.runbooks.following import Follow, approve, start
from tocsin.events import SYSTEM
from tocsin.events.run import StepUndone
from tocsin.main import House
from tocsin.playground.cloud import REGION, Cloud, practice_client

TOO_MUCH = """
schema: runbook/v1
name: scale-in-vain
title: Scale to what can never be verified
steps:
  - id: scale
    uses: k8s.scale
    with: { connection: "k8s:main", namespace: shop, deployment: "${{ inputs.deployment }}", replicas: 4 }
    verify: { assert: "value.replicas == 5", interval: 1s, deadline: 2s }
inputs:
  deployment: { type: string, required: true }
on_failure: { compensate: true }
"""


@pytest.fixture
def organisation(kube: Kube, cloud: Cloud) -> str:
    return f"""
services: {{ checkout: {{ name: Checkout API, pagerduty: [PCHKOUT] }} }}
teams: {{ sre: {{ members: [ana@acme.example, bo@acme.example] }} }}
access: {{ responder: ["group:sre"] }}
connections:
  "k8s:main": {{ kubeconfig: "{kube.kubeconfig}", context: admin }}
  "aws:main":
    region: {REGION}
    endpoint_url: "{cloud.endpoint_url}"
    access_key_id: practice
    secret_access_key: practice
"""


async def test_a_rollback_returns_a_stuck_deployment_to_its_last_good_revision(
    house: House, kube: Kube, follow: Follow
) -> None:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-2.0")
    run_id = await start(house, "rollback-deployment", deployment=name)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert (kube.image(name), state.outputs["image_before"]) == (
        "registry.example/checkout:1.0",
        "registry.example/checkout:bad-2.0",
    )


async def test_a_scale_sets_the_replica_count_and_verifies_it(
    house: House, kube: Kube, follow: Follow
) -> None:
    name = kube.deploy()
    run_id = await start(house, "scale-deployment", deployment=name, replicas=4)
    await approve(house, await follow(run_id, "awaiting_approval"))
    await follow(run_id, "succeeded")
    assert kube.replicas(name) == 4


async def test_a_failed_verification_undoes_what_was_done_and_says_so(
    house: House, kube: Kube, follow: Follow
) -> None:
    name = kube.deploy()
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, TOO_MUCH, "scale-in-vain.yaml")
        await house.revisions.publish(session, SYSTEM, "scale-in-vain", digest)
    state = await follow(await start(house, "scale-in-vain", deployment=name), "compensated")
    async with house.database.transaction() as session:
        entries = await house.log.read(session, f"run/{state.id}")
    assert kube.replicas(name) == 2
    assert StepUndone(step="scale") in [entry.event for entry in entries]
    assert "undone: scale" in state.summary


async def test_a_failover_promotes_the_reader_after_approval(
    house: House, cloud: Cloud, follow: Follow
) -> None:
    reason = "the writer does not answer"
    run_id = await start(house, "rds-failover", cluster="orders", reason=reason, account="aws:main")
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    [orders] = practice_client(cloud.endpoint_url, "rds").describe_db_clusters()["DBClusters"]
    writers = [one["DBInstanceIdentifier"] for one in orders["DBClusterMembers"] if one["IsClusterWriter"]]
    assert (writers, state.outputs["former_writer"]) == (["orders-2"], "orders-1")


async def test_nothing_is_changed_while_nobody_has_approved(house: House, kube: Kube, follow: Follow) -> None:
    name = kube.deploy()
    run_id = await start(house, "scale-deployment", deployment=name, replicas=4)
    await follow(run_id, "awaiting_approval")
    assert kube.replicas(name) == 2
