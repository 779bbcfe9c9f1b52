"""ebs.grow and ebs.snapshot: what EBS allows, and what is taken once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.desired import DesiredPlan
from tocsin.actions.aws.volumes import (
    FILE_SYSTEM,
    FOR_GOOD,
    STEP,
    GrowVolume,
    Size,
    SizeWanted,
    SnapshotWanted,
    TakeSnapshot,
)
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.estate import build_volume

SERVICE = "ec2"
ONE = "vol-0aaaaaaaaaaaaaaaa"
PLAN = DesiredPlan[Size](summary="", before=Size(size=100), after=Size(size=200))


@pytest.fixture
def volume(cloud: Cloud) -> str:
    return build_volume(cloud.endpoint_url)


def want(volume: str, size: int = 200) -> SizeWanted:
    return SizeWanted(connection="aws:main", volume=volume, size=size)


def test_the_plan_shows_the_sizes_and_warns(connections: Connections, volume: str) -> None:
    plan = GrowVolume(connections).plan(want(volume))
    assert plan.summary == f"Grow the volume {volume} from 100 to 200 GiB"
    assert plan.warnings == (FOR_GOOD, FILE_SYSTEM)


def test_a_volume_never_shrinks(connections: Connections, volume: str) -> None:
    with pytest.raises(ActionFailed, match="has 100 GiB, and no volume can shrink") as caught:
        GrowVolume(connections).plan(want(volume, 50))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_second_change_soon_after_is_warned_of(connections: Connections, volume: str) -> None:
    action = GrowVolume(connections)
    action.run(want(volume), action.plan(want(volume)), "step-1")
    assert "EBS may want six hours between two changes" in str(action.plan(want(volume, 300)).warnings)


def test_a_volume_that_is_being_changed_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, "modifying")
    changing(stubbed, "modifying")
    with pytest.raises(ActionFailed, match="is modifying, 10 % done, to 200 GiB") as caught:
        GrowVolume(STUBBED).plan(want(ONE, 300))
    assert caught.value.kind is ErrorClass.CONFLICT


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("modifying", "waiting"), ("optimizing", "ok")],
)
def test_the_room_is_there_once_ebs_only_optimizes_by_the_service_model(
    stubbed: Stubber, state: str, verdict: str
) -> None:
    shows(stubbed, state)
    changing(stubbed, state)
    assert GrowVolume(STUBBED).verify(want(ONE), PLAN).state == verdict


def test_a_snapshot_bears_its_step(connections: Connections, volume: str, cloud: Cloud) -> None:
    action, asked = TakeSnapshot(connections), SnapshotWanted(connection="aws:main", volume=volume)
    taken = action.run(asked, action.plan(asked), "step-1")
    ec2 = practice_client(cloud.endpoint_url, "ec2")
    [found] = ec2.describe_snapshots(SnapshotIds=[taken.snapshot])["Snapshots"]
    assert found["Tags"] == [{"Key": STEP, "Value": "step-1"}]


def test_another_step_takes_another_snapshot(connections: Connections, volume: str) -> None:
    action, asked = TakeSnapshot(connections), SnapshotWanted(connection="aws:main", volume=volume)
    plan = action.plan(asked)
    first, second = action.run(asked, plan, "step-1"), action.run(asked, plan, "step-2")
    assert first.snapshot != second.snapshot


def shows(stubbed: Stubber, state: str) -> None:
    volume = {"VolumeId": ONE, "State": "in-use", "Size": 100}
    stubbed.add_response("describe_volumes", {"Volumes": [volume]})
    changing(stubbed, state)


def changing(stubbed: Stubber, state: str) -> None:
    change: dict[str, Any] = {
        "VolumeId": ONE,
        "ModificationState": state,
        "TargetSize": 200,
        "Progress": 10,
        "StartTime": datetime.now(UTC),
    }
    stubbed.add_response("describe_volumes_modifications", {"VolumesModifications": [change]})
