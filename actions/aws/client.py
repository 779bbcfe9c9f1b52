"""One account of AWS in one region: surely the right one, every call bounded, every error with a class."""

import time
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from threading import Lock
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, UnknownRegionError
from pydantic import BaseModel, ConfigDict, Field

from tocsin.actions.answers import ReadT, parsed
from tocsin.actions.aws.failures import told
from tocsin.actions.aws.roles import session_in_role
from tocsin.actions.base import Frozen, Permission
from tocsin.actions.caller import caller
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass

PAUSE = timedelta(seconds=2)
"""Between two looks at something that takes its time."""

_MAKING = Lock()
"""A session makes one client at a time: boto3's are not made for several threads."""

# One attempt: the conductor retries, and knows what may be tried again.
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})


class InAccount(Frozen):
    """What the inputs of every action here begin with."""

    connection: str = Field(description="The account and region: aws:NAME of tocsin.yaml")


class Answer(BaseModel):
    """Base of what is read from AWS's answers."""

    model_config = ConfigDict(extra="ignore", frozen=True)


SeenT = TypeVar("SeenT")


class Account:
    """What one connection can call. Raises ``ActionFailed``, and nothing else."""

    def __init__(self, name: str, connection: AwsConnection, ca_bundle: str | None) -> None:
        self._name = name
        self._connection = connection
        self._ca_bundle = ca_bundle

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:
        """Return AWS's answer to one call: ``call("rds", "describe_db_instances", …)``."""
        with told(self._name):
            client = self._client(service)
            answer: dict[str, Any] = getattr(client, operation)(**request)
        return answer

    def rehearse(self, service: str, operation: str, /, **request: Any) -> None:
        """Let AWS check one call of EC2 without doing it; raise ActionFailed where it would refuse."""
        with told(self._name):
            client = self._client(service)
            try:
                getattr(client, operation)(DryRun=True, **request)
            except ClientError as error:
                if error.response["Error"]["Code"] != "DryRunOperation":  # which says: it would have worked
                    raise

    def _client(self, service: str) -> Any:
        """Return a client, in the connection's role where it has one."""
        own = client_of if self._connection.role is None else _client_in_role
        return own(service, self._connection, self._ca_bundle)


def account_of(connections: Connections, want: InAccount) -> Account:
    """Return the account of ``want``, once its credentials are known to belong to it."""
    connection = connections.get(want.connection, AwsConnection)
    account = Account(want.connection, connection, connections.ca_bundle)
    if connection.account is not None:
        found = account.call("sts", "get_caller_identity")["Account"]
        if found != connection.account:
            raise ActionFailed(
                f"the credentials of {want.connection} belong to account {found}, not {connection.account};"
                " nothing was changed. Correct the credentials, or the account in tocsin.yaml.",
                ErrorClass.DENIED,
            )
    return account


def read(model: type[ReadT], item: object) -> ReadT:
    """Return a part of an answer, parsed; raise ActionFailed when it is not what AWS's model says."""
    return parsed(model, item, "AWS")


def wait_for(look: Callable[[], SeenT | None], limit: timedelta) -> SeenT | None:
    """Look until there is something, and return it; None when there was nothing within ``limit``.

    Only for what an action must know before it can say what it did. A look that fails for a moment saw
    nothing: what is waited for has been accepted already, and the failure is not its own.
    """
    deadline = time.monotonic() + limit.total_seconds()
    while True:
        try:
            seen = look()
        except ActionFailed as error:
            if not error.retryable:
                raise
            seen = None
        if seen is not None or time.monotonic() >= deadline:
            return seen
        time.sleep(PAUSE.total_seconds())


def allowed(connection: AwsConnection, *rights: tuple[str, str]) -> list[Permission]:
    """Return the rights to each IAM action and resource, with what the guard of the account needs."""
    guard = [("sts:GetCallerIdentity", "*")] if connection.account else []
    if connection.role is not None:
        guard += [
            (f"sts:{verb}", connection.role) for verb in ("AssumeRole", "SetSourceIdentity", "TagSession")
        ]
    return [Permission(system="aws", verb=verb, resource=name) for verb, name in (*rights, *guard)]


def arn(connection: AwsConnection, service: str, resource: str) -> str:
    """Return the name of a resource of the connection's region, for policies."""
    account = connection.account or "*"
    return f"arn:{partition(connection.region)}:{service}:{connection.region}:{account}:{resource}"


def role_arn(connection: AwsConnection, name: str = "*") -> str:
    """Return the name of a role of the connection's account, for policies."""
    return f"arn:{partition(connection.region)}:iam::{connection.account or '*'}:role/{name}"


@lru_cache(maxsize=64)
def partition(region: str) -> str:
    """Return the partition of a region: ``aws``, or ``aws-cn`` and the like; ``aws`` for an unknown one."""
    try:
        found: str = boto3.Session(region_name=region).get_partition_for_region(region)
    except UnknownRegionError:
        return "aws"
    return found


@lru_cache(maxsize=256)
def client_of(service: str, connection: AwsConnection, ca_bundle: str | None) -> Any:
    """Return a client; boto3 builds its classes at run time, so they have no type."""
    return _client_of(_session_of(connection), service, connection, ca_bundle)


@lru_cache(maxsize=64)
def _session_of(connection: AwsConnection) -> boto3.Session:
    """Return the connection's session, which keeps what boto3 has read of AWS's models."""
    key, secret = connection.access_key_id, connection.secret_access_key
    return boto3.Session(
        profile_name=connection.profile,
        region_name=connection.region,
        aws_access_key_id=key.get_secret_value() if key else None,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
    )


def _client_in_role(service: str, connection: AwsConnection, ca_bundle: str | None) -> Any:
    session = session_in_role(client_of("sts", connection, ca_bundle), connection, caller())
    return _client_of(session, service, connection, ca_bundle)


@lru_cache(maxsize=256)
def _client_of(session: boto3.Session, service: str, connection: AwsConnection, ca_bundle: str | None) -> Any:
    with _MAKING:
        return session.client(service, endpoint_url=connection.endpoint_url, verify=ca_bundle, config=_CONFIG)
