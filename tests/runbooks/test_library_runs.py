"""The runbooks that ship with Tocsin, run against a real cluster and a cloud, by a real worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.actions.kube import Kube
from tocsin.events import SYSTEM, Actor
from tocsin.events.run import StepUndone
from tocsin.main import House
from tocsin.playground.cloud import REGION, Cloud, practice_client
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.state import RunState
from tocsin.serve import work

ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")

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

DRAIN = """
schema: runbook/v1
name: drain-in-vain
title: Drain a node that a budget holds
steps:
  - id: drain
    uses: k8s.drain
    with: { connection: "k8s:main", node: "${{ inputs.node }}" }
    retry: { max: 1, base: 1s, on: [throttled] }
inputs:
  node: { type: string, required: true }
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


Follow = Callable[[str, str], Awaitable[RunState]]


@pytest.fixture
async def follow(house: House) -> AsyncIterator[Follow]:
    """Wait until a run has a status, while a worker works."""
    stop = asyncio.Event()
    worker = asyncio.create_task(work(house, stop))

    async def until(run_id: str, status: str) -> RunState:
        async with asyncio.timeout(60):
            while (state := await read(house, run_id)).status != status:
                assert not state.over, f"{state.status}: {state.summary}"
                await asyncio.sleep(0.1)
        return state

    yield until
    stop.set()
    await worker


async def read(house: House, run_id: str) -> RunState:
    async with house.database.transaction() as session:
        return await house.runs.read(session, ANA, run_id)


async def publish(house: House, text: str, name: str) -> None:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, text, f"{name}.yaml")
        await house.revisions.publish(session, SYSTEM, name, digest)


async def start(house: House, runbook: str, **inputs: str | int) -> str:
    async with house.database.transaction() as session:
        return (await house.runs.start(session, ANA, RunRequest(runbook=runbook, inputs=dict(inputs)))).id


async def approve(house: House, state: RunState) -> None:
    [request] = [step.request for step in state.steps.values() if step.status == "awaiting_approval"]
    assert request is not None
    async with house.database.transaction() as session:
        await house.runs.approve(session, BO, state.id, request.digest)


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
    await publish(house, TOO_MUCH, "scale-in-vain")
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


async def test_a_scale_of_what_an_autoscaler_sets_is_refused_before_anybody_is_asked(
    house: House, kube: Kube, follow: Follow
) -> None:
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5)
    state = await follow(await start(house, "scale-deployment", deployment=name, replicas=4), "failed")
    assert (kube.replicas(name), "the runbook scale-autoscaler" in state.summary) == (2, True)


async def test_moving_the_bounds_of_an_autoscaler_brings_the_replicas(
    house: House, kube: Kube, follow: Follow
) -> None:
    name = kube.deploy()
    kube.around.autoscale(name, 2, 5)
    run_id = await start(house, "scale-autoscaler", autoscaler=name, min=4)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert (kube.replicas(name), kube.around.bounds(name), state.outputs["before"]) == (4, (4, 5), "2 to 5")


async def test_a_restart_replaces_every_pod(house: House, kube: Kube, follow: Follow) -> None:
    name = kube.deploy()
    before = kube.around.pods_of(name)
    run_id = await start(house, "restart-deployment", deployment=name)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert not before.keys() & kube.around.pods_of(name).keys()
    assert state.outputs["image"] == kube.image(name)


async def test_a_drain_moves_the_pods_to_other_nodes(house: House, kube: Kube, follow: Follow) -> None:
    name, node = kube.deploy_apart()
    run_id = await start(house, "drain-node", node=node)
    await approve(house, await follow(run_id, "awaiting_approval"))
    await follow(run_id, "succeeded")
    kube.settle(name)
    assert node not in kube.around.pods_of(name).values()
    assert not kube.around.schedulable(node)


async def test_a_drain_that_a_budget_holds_lets_the_node_take_pods_again(
    house: House, kube: Kube, follow: Follow
) -> None:
    name, node = kube.deploy_apart()
    kube.around.budget(name, least=2)
    await publish(house, DRAIN, "drain-in-vain")
    state = await follow(await start(house, "drain-in-vain", node=node), "compensated")
    assert (state.steps["drain"].attempt, kube.around.schedulable(node)) == (2, True)
    assert f"The disruption budget {name}" in state.summary
