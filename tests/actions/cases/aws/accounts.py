"""The accounts that the AWS actions are tried with: moto's, another one, and one that nobody reaches."""

from collections.abc import Callable
from typing import Any

from pydantic import JsonValue, SecretStr

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.kube import CANARY
from tocsin.actions.aws.client import InAccount
from tocsin.connections import AwsConnection, Connections
from tocsin.playground.cloud import ACCESS_KEY_ID, REGION, practice_client
from tocsin.playground.estate import AUTOMATION, DOCUMENTS

ACCOUNT = "123456789012"
"""Moto's."""


def connection(url: str, account: str | None = ACCOUNT) -> AwsConnection:
    return AwsConnection(
        region=REGION,
        account=account,
        documents=(*DOCUMENTS, AUTOMATION),
        endpoint_url=url,
        access_key_id=SecretStr(ACCESS_KEY_ID),
        secret_access_key=SecretStr(CANARY),
    )


NOWHERE = connection(CLOSED, account=None)
STUBBED = Connections({"aws:main": NOWHERE})
"""For answers that a Stubber gives: a call that it does not expect reaches nobody."""


def service(worlds: Worlds, name: str) -> Any:
    return practice_client(worlds.empty_cloud.endpoint_url, name)


def case_of(
    worlds: Worlds,
    want: InAccount,
    *,
    missing: dict[str, JsonValue],
    state: Callable[[], JsonValue],
    effects: Callable[[], JsonValue] | None = None,
) -> Case:
    url = worlds.empty_cloud.endpoint_url
    return Case(
        connections=connections_of(connection(url), connection(url, "999999999999"), NOWHERE),
        want=want,
        missing=want.model_copy(update=missing),
        state=state,
        effects=effects or state,
    )
