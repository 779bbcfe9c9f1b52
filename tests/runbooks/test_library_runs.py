"""The runbooks that ship with Tocsin, run against real systems and their twins, by a real worker."""

import pytest

from tests.actions.kube import CANARY, Kube
from tests.actions.queries import Queries
from tests.actions.servers import Site
from tests.actions.twins.launchdarkly import FLAG, PROJECT, FlagTwin
from tests.runbooks.following import Follow, approve, publish, start
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
def organisation(kube: Kube, cloud: Cloud, site: Site, queries: Queries) -> str:
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
  "http:launchdarkly":
    {{ base_url: "{site.url}", headers: {{ Authorization: "{CANARY}" }}, allow_private: true }}
  "postgres:main": {{ dsn: "{queries.dsn()}" }}
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
    await publish(house, "scale-in-vain", TOO_MUCH)
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


async def test_a_flag_is_turned_off_after_approval(house: House, site: Site, follow: Follow) -> None:
    twin = FlagTwin(site)
    reason = "carts are lost since noon"
    run_id = await start(house, "feature-flag-off", project=PROJECT, flag=FLAG, reason=reason)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert (twin.on, twin.comments, state.outputs["was_on"]) == (False, [reason], True)


async def test_a_query_that_runs_for_too_long_is_ended_after_approval(
    house: House, queries: Queries, follow: Follow
) -> None:
    pid = queries.start()
    queries.grow_old(pid, 1)
    run_id = await start(house, "kill-long-queries", seconds=1)
    await approve(house, await follow(run_id, "awaiting_approval"))
    state = await follow(run_id, "succeeded")
    assert (state.outputs["terminated"], queries.alive(pid)) == ([pid], False)


async def test_where_no_query_runs_for_too_long_nobody_is_asked(house: House, follow: Follow) -> None:
    state = await follow(await start(house, "kill-long-queries"), "succeeded")
    assert (state.outputs["seen"], state.outputs["terminated"]) == ([], [])


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
    await publish(house, "drain-in-vain", DRAIN)
    state = await follow(await start(house, "drain-in-vain", node=node), "compensated")
    assert (state.steps["drain"].attempt, kube.around.schedulable(node)) == (2, True)
    assert f"The disruption budget {name}" in state.summary
