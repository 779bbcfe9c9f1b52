"""dynamodb.capacity: a table and its indexes, both ways of paying, and who else sets it."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.dynamodb import (
    FEW_DECREASES,
    FEW_SWITCHES,
    Capacity,
    CapacityWanted,
    SetCapacity,
    Throughput,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.serverless import INDEX, TABLE, build_table

SERVICE = "dynamodb"
MORE = Throughput(read=20, write=10)
FULL = Capacity(billing="provisioned", units=MORE, indexes={})
PLAN = DesiredPlan[Capacity](summary="", before=FULL, after=FULL)


@pytest.fixture
def action(connections: Connections, cloud: Cloud) -> SetCapacity:
    build_table(cloud.endpoint_url)
    return SetCapacity(connections)


def want(**more: Any) -> CapacityWanted:
    return CapacityWanted.model_validate({"connection": "aws:main", "table": TABLE, **more})


def test_the_plan_shows_the_units(action: SetCapacity) -> None:
    plan = action.plan(want(units=MORE))
    wanted = "Give the table carts 20 reads and 10 writes a second instead of 10 reads and 5 writes a second"
    assert plan.summary == wanted
    assert plan.warnings == (FEW_DECREASES,)


def test_what_is_not_named_stays(action: SetCapacity) -> None:
    plan = action.plan(want(indexes={INDEX: MORE}))
    assert plan.after.units == Throughput(read=10, write=5)


def test_a_table_goes_on_demand_and_back_with_its_indexes(action: SetCapacity, cloud: Cloud) -> None:
    asked = want(billing="on_demand")
    plan = action.plan(asked)
    assert plan.warnings == (FEW_SWITCHES,)
    action.run(asked, plan, "step-1")
    dynamodb = practice_client(cloud.endpoint_url, "dynamodb")
    found = dynamodb.describe_table(TableName=TABLE)["Table"]
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_an_unknown_index_is_refused(action: SetCapacity) -> None:
    with pytest.raises(ActionFailed, match="carts has no index by-name"):
        action.plan(want(indexes={"by-name": MORE}))


@pytest.mark.parametrize(
    ("resource", "dimension", "wanted"),
    [
        (f"table/{TABLE}", "table", {"units": MORE}),
        (f"table/{TABLE}/index/{INDEX}", "index", {"indexes": {INDEX: MORE}}),
    ],
)
def test_a_capacity_that_an_autoscaler_sets_is_refused(
    action: SetCapacity, cloud: Cloud, resource: str, dimension: str, wanted: dict[str, Any]
) -> None:
    practice_client(cloud.endpoint_url, "application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb",
        ResourceId=resource,
        ScalableDimension=f"dynamodb:{dimension}:ReadCapacityUnits",
        MinCapacity=5,
        MaxCapacity=50,
    )
    with pytest.raises(ActionFailed, match=f"sets the read capacity of {resource}") as caught:
        action.plan(want(**wanted))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"billing": "on_demand", "units": MORE}, "on_demand takes neither"),
        ({"units": {"read": 0, "write": 1}}, "at least 1"),
    ],
)
def test_what_dynamodb_could_not_do_is_refused_at_once(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        want(**given)


def test_a_table_that_is_being_changed_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        shows(stubbed, "UPDATING")
    with pytest.raises(ActionFailed, match="is being changed") as caught:
        SetCapacity(STUBBED).plan(want(units=MORE))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_table_is_waited_for_until_it_is_active_by_the_service_model(stubbed: Stubber) -> None:
    for _ in range(2):
        shows(stubbed, "UPDATING")
    assert SetCapacity(STUBBED).verify(want(units=MORE), PLAN).state == "waiting"


def shows(stubbed: Stubber, status: str) -> None:
    units = {"ReadCapacityUnits": 20, "WriteCapacityUnits": 10}
    stubbed.add_response("describe_table", {"Table": {"TableStatus": status, "ProvisionedThroughput": units}})
