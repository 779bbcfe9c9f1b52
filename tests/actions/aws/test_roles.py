"""A connection's role: assumed for one run, and with the name of whoever asked for it."""

from typing import Any

import pytest
from botocore.stub import Stubber

from tests.actions.cases.aws.accounts import ACCOUNT, NOWHERE, connection
from tocsin.actions.aws.client import InAccount, account_of, allowed, client_of
from tocsin.actions.aws.roles import request_of
from tocsin.actions.caller import Caller, called_for
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.cloud import Cloud

ROLE = f"arn:aws:iam::{ACCOUNT}:role/tocsin-changes"
ANA = Caller(run="r-42", person="ana@acme.example")
WANT = InAccount(connection="aws:main")


def in_role(at: AwsConnection) -> AwsConnection:
    return at.model_copy(update={"role": ROLE})


def who(cloud: Cloud) -> str:
    """Return the identity with which calls are made."""
    connections = Connections({"aws:main": in_role(connection(cloud.endpoint_url))})
    arn: str = account_of(connections, WANT).call("sts", "get_caller_identity")["Arn"]
    return arn


def test_calls_are_made_in_the_role_and_for_the_run(cloud: Cloud) -> None:
    with called_for(ANA):
        assert who(cloud).endswith(":assumed-role/tocsin-changes/tocsin-r-42")


def test_another_run_has_a_session_of_its_own(cloud: Cloud) -> None:
    with called_for(ANA):
        who(cloud)
    with called_for(Caller(run="r-43", person="bo@acme.example")):
        assert who(cloud).endswith("/tocsin-r-43")


def test_outside_of_a_run_the_session_says_so(cloud: Cloud) -> None:
    assert who(cloud).endswith("/tocsin-none")


def test_a_role_of_another_account_is_found_out(cloud: Cloud) -> None:
    elsewhere = connection(cloud.endpoint_url).model_copy(
        update={"role": "arn:aws:iam::999999999999:role/tocsin-changes"}
    )
    with pytest.raises(ActionFailed, match=f"belong to account 999999999999, not {ACCOUNT}") as caught:
        account_of(Connections({"aws:main": elsewhere}), WANT)
    assert caught.value.kind is ErrorClass.DENIED


def test_the_session_names_the_person_and_the_run() -> None:
    asked = request_of(in_role(NOWHERE), ANA)
    assert (asked["RoleArn"], asked["SourceIdentity"]) == (ROLE, "ana@acme.example")
    assert {one["Key"]: one["Value"] for one in asked["Tags"]} == {
        "tocsin:run": "r-42",
        "tocsin:person": "ana@acme.example",
    }


@pytest.mark.parametrize(
    ("person", "identity"),
    [("Ana Müller", "Ana-M-ller"), ("x", "x-"), ("a" * 100, "a" * 64), ("slack:U0ANA", "slack-U0ANA")],
)
def test_a_name_that_aws_would_not_take_is_written_as_it_does(person: str, identity: str) -> None:
    assert request_of(in_role(NOWHERE), Caller(run="r-1", person=person))["SourceIdentity"] == identity


def test_a_role_that_does_not_trust_us_is_denied_by_the_service_model() -> None:
    at = in_role(NOWHERE)
    expected: dict[str, Any] = request_of(at, ANA)
    with Stubber(client_of("sts", at, None)) as denied, called_for(ANA):
        denied.add_client_error("assume_role", "AccessDenied", "No.", 403, expected_params=expected)
        with pytest.raises(ActionFailed, match="AccessDenied") as caught:
            account_of(Connections({"aws:main": at}), WANT).call("rds", "describe_db_instances")
    assert caught.value.kind is ErrorClass.DENIED


def test_the_rights_to_the_role_are_told() -> None:
    rights = allowed(in_role(NOWHERE), ("ecs:DescribeServices", "*"))
    assert [(one.verb, one.resource) for one in rights[1:]] == [
        (f"sts:{verb}", ROLE) for verb in ("AssumeRole", "SetSourceIdentity", "TagSession")
    ]


def test_a_role_is_an_arn() -> None:
    with pytest.raises(ValueError, match="role"):
        AwsConnection(region="eu-central-1", role="tocsin-changes")
