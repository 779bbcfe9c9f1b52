"""What every AWS action stands on: the guard of the account, the names in policies, and waiting."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, NOWHERE, STUBBED, connection
from tocsin.actions.aws import client
from tocsin.actions.aws.client import Answer, InAccount, account_of, allowed, arn, read, wait_for
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass

SERVICE = "rds"
WANT = InAccount(connection="aws:main")
FOREVER = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAUSE", timedelta(0))


def call() -> None:
    account_of(STUBBED, WANT).call("rds", "describe_db_instances")


def test_credentials_of_another_account_are_refused(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match=f"belong to account {ACCOUNT}, not 999999999999") as caught:
        account_of(connections, InAccount(connection="aws:other"))
    assert caught.value.kind is ErrorClass.DENIED


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        ("DBInstanceNotFound", 404, ErrorClass.MISSING),
        ("InvalidDBInstanceState", 400, ErrorClass.CONFLICT),
        ("ThrottlingException", 400, ErrorClass.THROTTLED),
        ("UnauthorizedOperation", 403, ErrorClass.DENIED),
        ("InternalFailure", 500, ErrorClass.TRANSIENT),
        ("ValidationError", 400, ErrorClass.INVALID),
    ],
)
def test_an_error_of_aws_has_its_class(stubbed: Stubber, code: str, status: int, kind: ErrorClass) -> None:
    stubbed.add_client_error("describe_db_instances", code, "No.", http_status_code=status)
    with pytest.raises(ActionFailed, match=f"aws:main answered {code}: No.") as caught:
        call()
    assert caught.value.kind is kind


def test_an_answer_that_is_not_what_aws_promises_is_said_plainly() -> None:
    class _Instance(Answer):
        status: str

    with pytest.raises(ActionFailed, match="AWS sent a Instance without a usable status"):
        read(_Instance, {"status": None})


def test_a_call_is_tried_once_and_never_for_long() -> None:
    config: Any = client.client_of("rds", NOWHERE, None).meta.config
    assert (config.retries["total_max_attempts"], config.connect_timeout, config.read_timeout) == (1, 5, 20)


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("eu-central-1", f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/shop"),
        ("cn-north-1", f"arn:aws-cn:ecs:cn-north-1:{ACCOUNT}:cluster/shop"),
        ("nowhere-1", f"arn:aws:ecs:nowhere-1:{ACCOUNT}:cluster/shop"),
    ],
)
def test_a_resource_is_named_in_its_partition(region: str, name: str) -> None:
    assert arn(AwsConnection(region=region, account=ACCOUNT), "ecs", "cluster/shop") == name


def test_the_guard_of_the_account_needs_a_right_of_its_own() -> None:
    rights = allowed(connection("http://127.0.0.1"), ("ecs:DescribeServices", "*"))
    assert [right.verb for right in rights] == ["ecs:DescribeServices", "sts:GetCallerIdentity"]


def test_waiting_ends_with_what_is_seen() -> None:
    looks = iter([None, None, "it"])
    assert wait_for(lambda: next(looks), FOREVER) == "it"


def test_waiting_ends_in_time() -> None:
    assert wait_for(lambda: None, timedelta(0)) is None


def test_a_look_that_fails_for_a_moment_does_not_end_the_waiting() -> None:
    looks: Iterator[ActionFailed | str] = iter([ActionFailed("busy", ErrorClass.THROTTLED), "it"])

    def look() -> str:
        seen = next(looks)
        if isinstance(seen, ActionFailed):
            raise seen
        return seen

    assert wait_for(look, FOREVER) == "it"


def test_a_look_that_can_never_work_ends_the_waiting() -> None:
    def look() -> str:
        raise ActionFailed("no", ErrorClass.DENIED)

    with pytest.raises(ActionFailed, match="no"):
        wait_for(look, FOREVER)
