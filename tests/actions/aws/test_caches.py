"""elasticache.failover: from the primary that was seen, to a replica, once."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.caches import FEW, OUTAGE, CacheNamed, CachePlan, FailOverCache
from tocsin.actions.base import Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.trials import CACHE, build_cache

SERVICE = "elasticache"
WANT = CacheNamed(connection="aws:main", group=CACHE)
ONE, TWO = "sessions-001", "sessions-002"
PLAN = CachePlan(summary="", primary=ONE)


def test_the_plan_names_the_primary_and_warns(connections: Connections, cloud: Cloud) -> None:
    build_cache(cloud.endpoint_url)
    plan = FailOverCache(connections).plan(WANT)
    assert plan.summary == "Fail sessions/0001 over from sessions-001"
    assert plan.warnings == (OUTAGE, FEW)


def test_a_group_without_a_replica_is_refused(connections: Connections, cloud: Cloud) -> None:
    build_cache(cloud.endpoint_url, replicas=0)
    with pytest.raises(ActionFailed, match="has 1 nodes, and its automatic failover is disabled") as caught:
        FailOverCache(connections).plan(WANT)
    assert caught.value.kind is ErrorClass.INVALID


def test_another_shard_is_missing(connections: Connections, cloud: Cloud) -> None:
    build_cache(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="no shard 0002 of sessions"):
        FailOverCache(connections).plan(CacheNamed(connection="aws:main", group=CACHE, shard="0002"))


def test_a_group_that_is_being_changed_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "modifying", ONE)
    with pytest.raises(ActionFailed, match="sessions is modifying") as caught:
        FailOverCache(STUBBED).plan(WANT)
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_group_in_cluster_mode_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "available", None)
    with pytest.raises(ActionFailed, match="does not show which node is the primary"):
        FailOverCache(STUBBED).plan(WANT)


@pytest.mark.parametrize(
    ("status", "primary", "state", "probe"),
    [
        ("available", ONE, "waiting", Probe.NOT_DONE),
        ("modifying", ONE, "waiting", Probe.UNKNOWN),
        ("modifying", TWO, "waiting", Probe.DONE),
        ("available", TWO, "ok", Probe.DONE),
    ],
)
def test_how_far_a_failover_is_by_the_service_model(
    stubbed: Stubber, status: str, primary: str, state: str, probe: Probe
) -> None:
    for _ in range(2):
        shows(stubbed, status, primary)
    assert FailOverCache(STUBBED).verify(WANT, PLAN).state == state
    assert FailOverCache(STUBBED).probe(WANT, PLAN, "step-1") is probe


def shows(stubbed: Stubber, status: str, primary: str | None) -> None:
    roles: dict[str, str] = {ONE: "replica", TWO: "replica"} | ({primary: "primary"} if primary else {})
    nodes = [{"CacheClusterId": name, "CurrentRole": role} for name, role in roles.items()]
    shard: dict[str, Any] = {"NodeGroupId": "0001", "Status": status, "NodeGroupMembers": nodes}
    group = {"Status": status, "AutomaticFailover": "enabled", "NodeGroups": [shard]}
    stubbed.add_response("describe_replication_groups", {"ReplicationGroups": [group]})
