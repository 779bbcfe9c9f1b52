"""rds.describe and rds.promote_replica: what they refuse, and what nobody can know."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, STUBBED
from tocsin.actions.aws.rds import FOR_GOOD, DescribeInstance, OfInstance, PromoteReplica, Promotion
from tocsin.actions.base import Permission, Probe
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import ORDERS_WRITER, REGION, Cloud, practice_client
from tocsin.playground.estate import REPLICA, REPLICA_SOURCE, build_replicated_database

SERVICE = "rds"
PROMOTION = Promotion(connection="aws:main", instance=REPLICA)


@pytest.fixture
def rds(cloud: Cloud) -> Any:
    build_replicated_database(cloud.endpoint_url)
    return practice_client(cloud.endpoint_url, "rds")


@pytest.fixture
def promote(connections: Connections) -> PromoteReplica:
    return PromoteReplica(connections)


def described(connections: Connections, instance: str) -> dict[str, Any]:
    action, want = DescribeInstance(connections), OfInstance(connection="aws:main", instance=instance)
    return action.run(want, action.plan(want), "").model_dump()


def shows(stubbed: Stubber, status: str, source: str | None) -> None:
    """Let AWS show the replica in a state that moto never has."""
    instance = {"DBInstanceIdentifier": REPLICA, "DBInstanceStatus": status, "Engine": "postgres"}
    if source is not None:
        instance["ReadReplicaSourceDBInstanceIdentifier"] = source
    stubbed.add_response(
        "describe_db_instances", {"DBInstances": [instance]}, {"DBInstanceIdentifier": REPLICA}
    )


@pytest.mark.usefixtures("rds")
def test_a_replica_shows_what_it_follows_and_where_it_answers(connections: Connections) -> None:
    seen = described(connections, REPLICA)
    assert (seen["status"], seen["replica_source"], seen["backup_retention"], seen["port"]) == (
        "available",
        REPLICA_SOURCE,
        7,
        5432,
    )
    assert seen["endpoint"].startswith(f"{REPLICA}.")


@pytest.mark.usefixtures("rds")
def test_a_source_shows_its_replicas_and_follows_nobody(connections: Connections) -> None:
    seen = described(connections, REPLICA_SOURCE)
    assert (seen["replica_source"], seen["replicas"]) == (None, (REPLICA,))


def test_a_member_of_a_cluster_names_it(connections: Connections) -> None:
    assert described(connections, ORDERS_WRITER)["cluster"] == "orders"


@pytest.mark.usefixtures("rds")
def test_the_plan_names_the_source_and_that_there_is_no_way_back(promote: PromoteReplica) -> None:
    plan = promote.plan(PROMOTION)
    assert (plan.source, plan.warnings) == (REPLICA_SOURCE, (FOR_GOOD,))


def test_a_replica_without_backups_is_a_warning(promote: PromoteReplica, rds: Any) -> None:
    rds.modify_db_instance(DBInstanceIdentifier=REPLICA, BackupRetentionPeriod=0)
    assert promote.plan(PROMOTION).warnings[1:] == (f"{REPLICA} has no automated backups so far",)


@pytest.mark.usefixtures("rds")
def test_what_replicates_nothing_is_refused(promote: PromoteReplica) -> None:
    with pytest.raises(ActionFailed, match="replicates nothing"):
        promote.plan(PROMOTION.model_copy(update={"instance": REPLICA_SOURCE}))


def test_a_member_of_a_cluster_is_refused(promote: PromoteReplica) -> None:
    with pytest.raises(ActionFailed, match=r"member of the cluster orders.*Use rds.failover"):
        promote.plan(PROMOTION.model_copy(update={"instance": ORDERS_WRITER}))


def test_a_replica_that_is_being_backed_up_is_refused_by_stub(stubbed: Stubber) -> None:
    shows(stubbed, "backing-up", REPLICA_SOURCE)
    with pytest.raises(ActionFailed, match="is backing-up, not available") as caught:
        PromoteReplica(STUBBED).plan(PROMOTION)
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.usefixtures("rds")
def test_a_replica_of_another_source_than_planned_is_left_alone(promote: PromoteReplica) -> None:
    plan = promote.plan(PROMOTION).model_copy(update={"source": "archive"})
    with pytest.raises(ActionFailed, match="replicates billing now, not archive"):
        promote.run(PROMOTION, plan, "step-1")


def test_what_somebody_else_promoted_is_not_promoted_again(promote: PromoteReplica, rds: Any) -> None:
    plan = promote.plan(PROMOTION)
    rds.promote_read_replica(DBInstanceIdentifier=REPLICA)
    assert not promote.run(PROMOTION, plan, "step-1").changed


def test_its_backups_are_kept_as_long_as_was_asked(
    promote: PromoteReplica, connections: Connections, rds: Any
) -> None:
    want = PROMOTION.model_copy(update={"backup_retention": 14})
    promote.run(want, promote.plan(want), "step-1")
    assert described(connections, REPLICA)["backup_retention"] == 14


@pytest.mark.usefixtures("rds")
def test_before_the_promotion_the_verification_waits(promote: PromoteReplica) -> None:
    assert promote.verify(PROMOTION, promote.plan(PROMOTION)).state == "waiting"


@pytest.mark.parametrize(
    ("status", "source", "state"),
    [
        ("modifying", REPLICA_SOURCE, "waiting"),
        ("rebooting", None, "waiting"),
        ("incompatible-parameters", None, "failed"),
    ],
)
def test_a_status_that_moto_never_shows_is_verified_by_stub(
    stubbed: Stubber, promote: PromoteReplica, rds: Any, status: str, source: str | None, state: str
) -> None:
    plan = promote.plan(PROMOTION)
    shows(stubbed, status, source)
    assert PromoteReplica(STUBBED).verify(PROMOTION, plan).state == state


def test_a_promotion_under_way_that_moto_never_shows_leaves_the_probe_unknowing_by_stub(
    stubbed: Stubber, promote: PromoteReplica, rds: Any
) -> None:
    plan = promote.plan(PROMOTION)
    shows(stubbed, "modifying", REPLICA_SOURCE)
    assert PromoteReplica(STUBBED).probe(PROMOTION, plan, "step-1") is Probe.UNKNOWN


def test_the_rights_name_the_instance(promote: PromoteReplica) -> None:
    arn = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{REPLICA}"
    right = Permission(system="aws", verb="rds:PromoteReadReplica", resource=arn)
    assert right in promote.permissions(PROMOTION)
