"""aurora.global_switchover and aurora.global_failover: what is lost, and who writes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.global_databases import (
    LOSS,
    NO_LAG,
    OUTAGE,
    FailOver,
    FailoverWanted,
    GlobalPlan,
    GlobalWanted,
    SwitchOver,
)
from tocsin.actions.base import Probe, Risk
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import LEDGER, build_global_database

SERVICE = "rds"
HERE = "arn:aws:rds:eu-central-1:123456789012:cluster:ledger-here"
THERE = "arn:aws:rds:eu-west-1:123456789012:cluster:ledger-there"
WANT = GlobalWanted(connection="aws:main", database=LEDGER, target=THERE)
PLAN = GlobalPlan(summary="", former=HERE)


def switch(target: str) -> GlobalWanted:
    return GlobalWanted(connection="aws:main", database=LEDGER, target=target)


def fail_over(target: str) -> FailoverWanted:
    return FailoverWanted(connection="aws:main", database=LEDGER, target=target, accept_data_loss=True)


def test_a_switchover_names_both_regions(connections: Connections, cloud: Cloud) -> None:
    _, target = build_global_database(cloud.endpoint_url)
    plan = SwitchOver(connections).plan(switch(target))
    assert plan.summary == "Switch ledger from eu-central-1 to eu-west-1"
    assert plan.warnings == (OUTAGE, NO_LAG)


def test_a_failover_says_loudly_what_is_lost(connections: Connections, cloud: Cloud) -> None:
    _, target = build_global_database(cloud.endpoint_url)
    plan = FailOver(connections).plan(fail_over(target))
    assert plan.summary == "FAIL OVER, WITH LOSS OF DATA, ledger from eu-central-1 to eu-west-1"
    assert plan.warnings[0] == LOSS


def test_a_failover_is_destructive_and_has_no_undo() -> None:
    assert (FailOver.risk, FailOver.undoable()) == (Risk.DESTRUCTIVE, False)


def test_whoever_writes_the_runbook_accepts_the_loss() -> None:
    with pytest.raises(ValueError, match="accept_data_loss"):
        FailoverWanted.model_validate({**WANT.model_dump(), "accept_data_loss": False})


def test_how_far_the_target_is_behind_is_told(connections: Connections, cloud: Cloud) -> None:
    _, target = build_global_database(cloud.endpoint_url)
    datum = {
        "MetricName": "AuroraGlobalDBReplicationLag",
        "Dimensions": [
            {"Name": "DBClusterIdentifier", "Value": target.rpartition(":")[2]},
            {"Name": "SourceRegion", "Value": "eu-central-1"},
        ],
        "Timestamp": datetime.now(UTC) - timedelta(minutes=2),
        "Value": 850.0,
    }
    cloudwatch = practice_client(cloud.endpoint_url, "cloudwatch")
    cloudwatch.put_metric_data(Namespace="AWS/RDS", MetricData=[datum])
    assert "the target was 850 ms behind" in FailOver(connections).plan(fail_over(target)).warnings


def test_the_writer_is_no_target(connections: Connections, cloud: Cloud) -> None:
    writer, _ = build_global_database(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="writes already") as caught:
        SwitchOver(connections).plan(switch(writer))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_stranger_is_no_target(connections: Connections, cloud: Cloud) -> None:
    build_global_database(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="is no member of ledger"):
        SwitchOver(connections).plan(WANT)


def test_a_member_that_is_not_connected_is_not_switched_to_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, HERE, synchronized="pending-resync")
    with pytest.raises(ActionFailed, match="is pending-resync, not connected") as caught:
        SwitchOver(STUBBED).plan(WANT)
    assert caught.value.kind is ErrorClass.CONFLICT


def test_only_a_failover_asks_for_the_loss_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, HERE)
    asked = {"GlobalClusterIdentifier": LEDGER, "TargetDbClusterIdentifier": THERE}
    stubbed.add_response("failover_global_cluster", {}, {**asked, "AllowDataLoss": True})
    assert FailOver(STUBBED).run(fail_over(THERE), PLAN, "step-1").changed


def test_a_move_that_has_begun_is_not_asked_for_again_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, HERE, moving="failing-over")
    assert not SwitchOver(STUBBED).run(WANT, PLAN, "step-1").changed


@pytest.mark.parametrize(
    ("writer", "moving", "state", "probe"),
    [
        (HERE, None, "waiting", Probe.NOT_DONE),
        (HERE, "pending", "waiting", Probe.UNKNOWN),
        (THERE, "failing-over", "waiting", Probe.DONE),
        (THERE, None, "ok", Probe.DONE),
        (f"{HERE}-2", None, "failed", Probe.UNKNOWN),
    ],
)
def test_a_move_that_takes_time_is_judged_by_the_service_model(
    stubbed: Stubber, writer: str, moving: str | None, state: str, probe: Probe
) -> None:
    for _ in range(2):
        shows(stubbed, writer, moving=moving)
    assert SwitchOver(STUBBED).verify(WANT, PLAN).state == state
    assert SwitchOver(STUBBED).probe(WANT, PLAN, "step-1") is probe


def shows(
    stubbed: Stubber, writer: str, *, moving: str | None = None, synchronized: str = "connected"
) -> None:
    members = [
        {"DBClusterArn": arn, "IsWriter": arn == writer, "SynchronizationStatus": synchronized}
        for arn in {HERE, THERE, writer}
    ]
    found: dict[str, Any] = {"Status": "available", "GlobalClusterMembers": members}
    if moving is not None:
        found["FailoverState"] = {"Status": moving}
    stubbed.add_response(
        "describe_global_clusters", {"GlobalClusters": [found]}, {"GlobalClusterIdentifier": LEDGER}
    )
