"""secretsmanager.rotate: only what has a rotation, one at a time, and no value anywhere."""

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.rotation import RELOAD, RotateSecret, RotationPlan, SecretNamed
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud, practice_client
from tocsin.playground.watch import SECRET, build_secret

SERVICE = "secretsmanager"
WANT = SecretNamed(connection="aws:main", secret=SECRET)
ONE, TWO = "1" * 32, "2" * 32
PLAN = RotationPlan(summary="", former=ONE)


def test_the_plan_says_who_has_to_read_it_again(connections: Connections, cloud: Cloud) -> None:
    build_secret(cloud.endpoint_url, "practice-only")
    assert RotateSecret(connections).plan(WANT).warnings == (RELOAD,)


def test_a_secret_without_a_rotation_is_refused(connections: Connections, cloud: Cloud) -> None:
    secrets = practice_client(cloud.endpoint_url, "secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString="practice-only")
    with pytest.raises(ActionFailed, match="shop/database has no rotation") as caught:
        RotateSecret(connections).plan(WANT)
    assert caught.value.kind is ErrorClass.INVALID


def test_a_rotation_that_is_stuck_is_refused_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, {ONE: ["AWSCURRENT"], TWO: ["AWSPENDING"]})
    with pytest.raises(ActionFailed, match=f"{TWO} is AWSPENDING") as caught:
        RotateSecret(STUBBED).plan(WANT)
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_rotation_that_left_its_stage_is_no_obstacle_by_the_service_model(stubbed: Stubber) -> None:
    shows(stubbed, {ONE: ["AWSCURRENT", "AWSPENDING"]})
    assert RotateSecret(STUBBED).plan(WANT).former == ONE


@pytest.mark.parametrize(
    ("stages", "state"),
    [
        ({ONE: ["AWSCURRENT"], TWO: ["AWSPENDING"]}, "waiting"),
        ({ONE: ["AWSPREVIOUS"], TWO: ["AWSCURRENT"]}, "ok"),
    ],
)
def test_a_rotation_has_ended_with_another_current_version_by_the_service_model(
    stubbed: Stubber, stages: dict[str, list[str]], state: str
) -> None:
    shows(stubbed, stages)
    assert RotateSecret(STUBBED).verify(WANT, PLAN).state == state


def shows(stubbed: Stubber, stages: dict[str, list[str]]) -> None:
    found = {"Name": SECRET, "RotationEnabled": True, "VersionIdsToStages": stages}
    stubbed.add_response("describe_secret", found, {"SecretId": SECRET})
