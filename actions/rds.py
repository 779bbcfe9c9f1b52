"""Amazon RDS: fail an Aurora cluster over to one of its readers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as NotReached
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.connections import AwsConnection, Connections
from tocsin.errors import ActionFailed, ErrorClass

OUTAGE = "writes fail for about 30 to 120 s, and every open connection to the writer breaks"

_IDENTIFIER = r"^[A-Za-z][A-Za-z0-9-]*$"
_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1})
_CODES = {
    "DBClusterNotFoundFault": ErrorClass.MISSING,
    "DBInstanceNotFound": ErrorClass.MISSING,
    "InvalidDBClusterStateFault": ErrorClass.CONFLICT,
    "InvalidDBInstanceState": ErrorClass.CONFLICT,
    "Throttling": ErrorClass.THROTTLED,
    "ThrottlingException": ErrorClass.THROTTLED,
    "RequestLimitExceeded": ErrorClass.THROTTLED,
    "AccessDenied": ErrorClass.DENIED,
    "AccessDeniedException": ErrorClass.DENIED,
    "UnauthorizedOperation": ErrorClass.DENIED,
    "InvalidClientTokenId": ErrorClass.DENIED,
    "SignatureDoesNotMatch": ErrorClass.DENIED,
    "ExpiredToken": ErrorClass.DENIED,
}


class FailOver(Frozen):
    """The cluster, and the reader that shall become its writer."""

    connection: str = Field(description="The account and region: aws:NAME of tocsin.yaml")
    cluster: str = Field(pattern=_IDENTIFIER, max_length=63)
    target: str | None = Field(
        default=None,
        pattern=_IDENTIFIER,
        max_length=63,
        description="The reader to promote; the one of the first failover tier when not given",
    )


class FailOverPlan(Plan):
    """The former writer and the next: what ``probe`` compares and ``undo`` needs."""

    before: str
    target: str


class FailedOver(Frozen):
    """Who writes now, as far as AWS has accepted it; ``verify`` waits until it is so."""

    cluster: str
    former_writer: str
    writer: str
    changed: bool
    """False when it was so already."""


class _Member(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = Field(validation_alias="DBInstanceIdentifier")
    writes: bool = Field(validation_alias="IsClusterWriter")
    tier: int = Field(default=15, validation_alias="PromotionTier")


class _Cluster(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str = Field(validation_alias="DBClusterIdentifier")
    status: str = Field(validation_alias="Status")
    members: tuple[_Member, ...] = Field(default=(), validation_alias="DBClusterMembers")

    @property
    def writer(self) -> str:
        return next((member.name for member in self.members if member.writes), "nobody")

    @property
    def readers(self) -> list[str]:
        readers = [member for member in self.members if not member.writes]
        return [member.name for member in sorted(readers, key=lambda one: (one.tier, one.name))]


class FailOverCluster(Action[FailOver, FailOverPlan, FailedOver]):
    """Make a reader the writer of an Aurora cluster. Undo fails back to the former writer."""

    name = "rds.failover"
    risk = Risk.HIGH
    effect = Effect.ONCE
    settle = timedelta(minutes=10)

    def resources(self, want: FailOver) -> list[str]:
        return [_resource(want)]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        target = f" --target-db-instance-identifier {given['target']}" if given.get("target") else ""
        return f"aws rds failover-db-cluster --db-cluster-identifier {given.get('cluster')}{target}"

    def permissions(self, want: FailOver) -> list[Permission]:
        connection = self.connections.get(want.connection, AwsConnection)
        where = f"arn:aws:rds:{connection.region}:{connection.account or '*'}"
        cluster, instances = f"{where}:cluster:{want.cluster}", f"{where}:db:*"
        rights = [
            ("rds:DescribeDBClusters", cluster),
            ("rds:DescribeDBInstances", instances),
            ("rds:FailoverDBCluster", cluster),
            ("rds:FailoverDBCluster", instances),
        ]
        guard = [("sts:GetCallerIdentity", "*")] if connection.account else []
        return [Permission(system="aws", verb=verb, resource=resource) for verb, resource in rights + guard]

    def plan(self, want: FailOver) -> FailOverPlan:
        rds = _rds(self.connections, want)
        found = _describe(rds, want)
        _refuse_unless_available(found)
        target = _chosen(want, found)
        _refuse_unless_ready(rds, want, target)
        change = Change(resource=_resource(want), field="writer", before=found.writer, after=target)
        return FailOverPlan(
            summary=f"Fail cluster {want.cluster} over from {found.writer} to {target}",
            changes=(change,),
            warnings=(OUTAGE,),
            before=found.writer,
            target=target,
        )

    def run(self, want: FailOver, plan: FailOverPlan, key: str) -> FailedOver:
        changed = _move(_rds(self.connections, want), want, origin=plan.before, goal=plan.target)
        return FailedOver(
            cluster=want.cluster, former_writer=plan.before, writer=plan.target, changed=changed
        )

    def verify(self, want: FailOver, plan: FailOverPlan) -> Verdict:
        found = _describe(_rds(self.connections, want), want)
        reason = f"the writer is {found.writer} and the cluster is {found.status}"
        if found.writer == plan.target and found.status == "available":
            return Verdict(state="ok", reason=reason)
        expected = found.writer in (plan.before, plan.target)
        return Verdict(state="waiting" if expected else "failed", reason=reason)

    def undo(self, want: FailOver, plan: FailOverPlan) -> None:
        _move(_rds(self.connections, want), want, origin=plan.target, goal=plan.before)

    def probe(self, want: FailOver, plan: FailOverPlan, key: str) -> Probe:
        found = _describe(_rds(self.connections, want), want)
        if found.writer == plan.target:
            return Probe.DONE
        if found.writer == plan.before and found.status == "available":
            return Probe.NOT_DONE
        return Probe.UNKNOWN


def _move(rds: Any, want: FailOver, *, origin: str, goal: str) -> bool:
    """Fail over unless ``goal`` writes already; raise CONFLICT when ``origin`` does not."""
    found = _describe(rds, want)
    if found.writer == goal:
        return False
    _refuse_unless_available(found)
    if found.writer != origin:
        raise ActionFailed(
            f"the writer of {want.cluster} is {found.writer} now, not {origin}: somebody else failed it over."
            " It was left alone; plan again.",
            ErrorClass.CONFLICT,
        )
    with _told(want.connection):
        rds.failover_db_cluster(DBClusterIdentifier=want.cluster, TargetDBInstanceIdentifier=goal)
    return True


def _resource(want: FailOver) -> str:
    return f"{want.connection}/rds/{want.cluster}"


def _describe(rds: Any, want: FailOver) -> _Cluster:
    with _told(want.connection):
        answer = rds.describe_db_clusters(DBClusterIdentifier=want.cluster)
    return _Cluster.model_validate(answer["DBClusters"][0])


def _refuse_unless_available(found: _Cluster) -> None:
    if found.status != "available":
        raise ActionFailed(
            f"cluster {found.name} is {found.status}, not available; nothing was changed. Wait until it is.",
            ErrorClass.CONFLICT,
        )


def _chosen(want: FailOver, found: _Cluster) -> str:
    if not found.readers:
        raise ActionFailed(
            f"cluster {found.name} has no reader to fail over to; nothing was changed. Add a reader first.",
            ErrorClass.INVALID,
        )
    if want.target is None:
        return found.readers[0]
    if want.target not in found.readers:
        role = "already its writer" if want.target == found.writer else "not a member of it"
        raise ActionFailed(
            f"{want.target} cannot take cluster {found.name} over: it is {role}; nothing was changed."
            f" Its readers are {', '.join(found.readers)}.",
            ErrorClass.INVALID,
        )
    return want.target


def _refuse_unless_ready(rds: Any, want: FailOver, target: str) -> None:
    with _told(want.connection):
        answer = rds.describe_db_instances(DBInstanceIdentifier=target)
    status = answer["DBInstances"][0]["DBInstanceStatus"]
    if status != "available":
        raise ActionFailed(
            f"{target} is {status}, not available; nothing was changed. Choose another reader or wait.",
            ErrorClass.CONFLICT,
        )


def _rds(connections: Connections, want: FailOver) -> Any:
    """Return an RDS client, once its credentials are known to belong to the connection's account."""
    connection = connections.get(want.connection, AwsConnection)
    with _told(want.connection):
        if connection.account:
            sts = _client("sts", connection, connections.ca_bundle)
            _refuse_other_account(want, connection.account, sts.get_caller_identity()["Account"])
        return _client("rds", connection, connections.ca_bundle)


def _refuse_other_account(want: FailOver, expected: str, found: str) -> None:
    if found != expected:
        raise ActionFailed(
            f"the credentials of {want.connection} belong to account {found}, not {expected}; nothing was"
            " changed. Correct the credentials, or the account in tocsin.yaml.",
            ErrorClass.DENIED,
        )


@lru_cache(maxsize=32)
def _client(service: str, connection: AwsConnection, ca_bundle: str | None) -> Any:
    """Return a client; boto3 builds its classes at run time, so they have no type. The conductor retries."""
    key, secret = connection.access_key_id, connection.secret_access_key
    session = boto3.Session(
        profile_name=connection.profile,
        region_name=connection.region,
        aws_access_key_id=key.get_secret_value() if key else None,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
    )
    return session.client(service, endpoint_url=connection.endpoint_url, verify=ca_bundle, config=_CONFIG)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Raise every failure of the client as ActionFailed."""
    try:
        yield
    except ClientError as error:
        kind = _kind(error)
        code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
        raise ActionFailed(f"{name} answered {code}: {said}", kind) from None
    except NotReached as error:
        raise ActionFailed(
            f"{name} cannot be reached ({type(error).__name__}); nothing was changed.", ErrorClass.TRANSIENT
        ) from None
    except HTTPClientError as error:
        raise ActionFailed(
            f"{name} took the request and did not answer ({type(error).__name__});"
            " whether it happened is not known.",
            ErrorClass.TIMEOUT,
        ) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise ActionFailed(
            f"{name} has no credentials; nothing was changed. Give them to the service or in tocsin.yaml.",
            ErrorClass.DENIED,
        ) from None
    except BotoCoreError as error:
        raise ActionFailed(f"{name} cannot be used: {error}", ErrorClass.INVALID) from None


def _kind(error: ClientError) -> ErrorClass:
    code = error.response["Error"]["Code"]
    if code in _CODES:
        return _CODES[code]
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 500)
    return ErrorClass.TRANSIENT if status >= 500 else ErrorClass.INVALID
