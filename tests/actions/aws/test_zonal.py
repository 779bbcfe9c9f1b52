"""arc.zonal_shift: for a while, away from one zone, and never from the last."""

from typing import Any

import pytest

from tocsin.actions.aws.zonal import ShiftWanted, ShiftZone
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.amazon.shifts import ZONES
from tocsin.playground.balancer import build_balancer
from tocsin.playground.cloud import Cloud, practice_client


@pytest.fixture
def target(cloud: Cloud) -> str:
    return build_balancer(cloud.endpoint_url).arn


@pytest.fixture
def shifts(cloud: Cloud) -> Any:
    return practice_client(cloud.endpoint_url, "arc-zonal-shift")


@pytest.fixture
def action(connections: Connections) -> ShiftZone:
    return ShiftZone(connections)


def want(target: str, away_from: str = ZONES[0], expires_in: int = 7200) -> ShiftWanted:
    return ShiftWanted(connection="aws:main", target=target, away_from=away_from, expires_in=expires_in)


def test_the_plan_names_the_zones_that_are_left(action: ShiftZone, target: str) -> None:
    plan = action.plan(want(target))
    assert plan.summary.endswith("away from euc1-az1 for 120 minutes")
    assert plan.warnings == ("euc1-az2, euc1-az3 must carry everything",)


def test_a_shift_ends_by_itself(action: ShiftZone, target: str, shifts: Any) -> None:
    asked = want(target)
    action.run(asked, action.plan(asked), "step-1")
    [found] = shifts.list_zonal_shifts(resourceIdentifier=target)["items"]
    assert (found["expiryTime"] - found["startTime"]).total_seconds() == 7200


def test_there_is_no_shift_without_an_end() -> None:
    with pytest.raises(ValueError, match="expires_in"):
        ShiftWanted.model_validate(
            {"connection": "aws:main", "target": "arn:aws:eks:x", "away_from": ZONES[0]}
        )


def test_a_second_shift_is_refused(action: ShiftZone, target: str) -> None:
    first = want(target)
    action.run(first, action.plan(first), "step-1")
    with pytest.raises(ActionFailed, match="is shifted away from euc1-az1 already") as caught:
        action.plan(want(target, ZONES[1]))
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_zone_that_the_resource_is_not_in_is_refused(action: ShiftZone, target: str) -> None:
    with pytest.raises(ActionFailed, match="is in euc1-az1, euc1-az2, euc1-az3"):
        action.plan(want(target, "euw1-az1"))


def test_undo_after_the_expiry_is_no_change(action: ShiftZone, target: str, shifts: Any) -> None:
    asked = want(target)
    plan = action.plan(asked)
    action.run(asked, plan, "step-1")
    [found] = shifts.list_zonal_shifts(resourceIdentifier=target)["items"]
    shifts.cancel_zonal_shift(zonalShiftId=found["zonalShiftId"])
    action.undo(asked, plan)
    assert shifts.list_zonal_shifts(resourceIdentifier=target)["items"] == []
