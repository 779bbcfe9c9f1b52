"""iam.deactivate_key: the right key, and not our own."""

from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import STUBBED
from tocsin.actions.aws.keys import SESSIONS, DeactivateKey, KeyNamed
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud
from tocsin.playground.watch import USER, build_key

SERVICE = "iam"


def want(key: str, user: str = USER) -> KeyNamed:
    return KeyNamed(connection="aws:main", user=user, key_id=key)


def test_sessions_live_on_and_the_plan_says_so(connections: Connections, cloud: Cloud) -> None:
    assert SESSIONS in DeactivateKey(connections).plan(want(build_key(cloud.endpoint_url))).warnings


def test_a_key_of_somebody_else_is_missing(connections: Connections, cloud: Cloud) -> None:
    build_key(cloud.endpoint_url)
    with pytest.raises(ActionFailed, match="no access key AKIAIOSFODNN7EXAMPLE of deployer") as caught:
        DeactivateKey(connections).plan(want("AKIAIOSFODNN7EXAMPLE"))
    assert caught.value.kind is ErrorClass.MISSING


def test_the_key_of_the_connection_itself_is_refused(connections: Connections, cloud: Cloud) -> None:
    key = build_key(cloud.endpoint_url)
    at = connections.get("aws:main", AwsConnection)
    own = AwsConnection.model_validate(
        {"region": at.region, "endpoint_url": at.endpoint_url, "access_key_id": key, "secret_access_key": "x"}
    )
    with pytest.raises(ActionFailed, match="the key of this connection itself"):
        DeactivateKey(Connections({"aws:main": own})).plan(want(key))


def test_when_it_was_used_last_is_told_by_the_service_model(stubbed: Stubber) -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    listed = {"UserName": USER, "AccessKeyId": key, "Status": "Active"}
    stubbed.add_response("list_access_keys", {"AccessKeyMetadata": [listed]}, {"UserName": USER})
    used = {
        "LastUsedDate": datetime(2026, 11, 22, 10, tzinfo=UTC),
        "ServiceName": "s3",
        "Region": "eu-central-1",
    }
    stubbed.add_response("get_access_key_last_used", {"AccessKeyLastUsed": used}, {"AccessKeyId": key})
    [first, _] = DeactivateKey(STUBBED).plan(want(key)).warnings
    assert first == "it was used last at 2026-11-22 10:00 UTC, for s3 in eu-central-1"
