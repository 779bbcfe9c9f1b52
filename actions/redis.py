"""Redis: remove the keys that match a pattern, without stopping the server for it.

https://redis.io/docs/latest/commands/scan/ and https://redis.io/docs/latest/commands/unlink/
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import redis
from pydantic import Field, JsonValue
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as NotReached
from redis.exceptions import TimeoutError as NotAnswered
from redis.retry import Retry

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import Connections, RedisConnection
from tocsin.errors import ActionFailed, ErrorClass

SAMPLE = 10_000
"""Keys that a plan looks at, about; a scan goes by pages."""

_PAGE = 1000


class Matching(Frozen):
    """Which keys, and how many of them."""

    connection: str = Field(description="The server: redis:NAME of tocsin.yaml")
    pattern: str = Field(
        pattern=r"^[^*?\[\\]{3}",
        max_length=512,
        description="Glob; begins with three characters or more that stand for themselves",
    )
    max_keys: int = Field(default=10_000, ge=1, le=1_000_000, description="Of one attempt")
    batch: int = Field(default=500, ge=1, le=_PAGE, description="Keys of one command")


class Unlinked(Frozen):
    """What was removed."""

    unlinked: int
    complete: bool
    """False when `max_keys` ended it, with the rest of the keys not looked at."""


class UnlinkMatching(Action[Matching, Plan, Unlinked]):
    """Remove the keys that match a pattern, in batches that do not block the server."""

    name = "redis.unlink_matching"
    risk = Risk.DESTRUCTIVE
    effect = Effect.IDEMPOTENT

    def resources(self, want: Matching) -> list[str]:
        return [f"{want.connection}/{want.pattern}"]

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"redis-cli --scan --pattern '{given.get('pattern')}' | xargs -n 500 redis-cli unlink"

    def permissions(self, want: Matching) -> list[Permission]:
        commands = ("+select", "+info", "+dbsize", "+scan", "+unlink")
        return [Permission(system="redis", verb=verb, resource=f"~{want.pattern}") for verb in commands]

    def plan(self, want: Matching) -> Plan:
        with _client(self.connections, want) as client:
            _refuse_a_cluster(client, want)
            about = _estimate(client, want)
        change = Change(
            resource=f"{want.connection}/{want.pattern}", field="keys", before=about, after="none"
        )
        return Plan(
            summary=f"Remove keys that match {want.pattern}: {about}, at most {want.max_keys}",
            changes=(change,),
            warnings=("what is removed is gone",),
        )

    def run(self, want: Matching, plan: Plan, key: str) -> Unlinked:
        with _client(self.connections, want) as client:
            matching = client.scan_iter(match=want.pattern, count=_PAGE)
            chosen = islice(matching, want.max_keys)
            removed = sum(client.unlink(*keys) for keys in _batches(chosen, want.batch))
            return Unlinked(unlinked=removed, complete=next(matching, None) is None)


def _batches(keys: Iterator[bytes], size: int) -> Iterator[list[bytes]]:
    while batch := list(islice(keys, size)):
        yield batch


def _estimate(client: redis.Redis, want: Matching) -> str:
    """Return about how many keys match, by magnitude: an exact count would void every approval."""
    cursor, found = 0, 0
    for _ in range(SAMPLE // _PAGE):
        cursor, keys = client.scan(cursor, match=want.pattern, count=_PAGE)
        found += len(keys)
        if cursor == 0:
            return _magnitude(found)
    if found == 0:
        return "few, if any"
    return f"about {_magnitude(found * client.dbsize() // SAMPLE)}"


def _magnitude(count: int) -> str:
    if count == 0:
        return "none"
    low = 10 ** (len(str(count)) - 1)
    return f"{low} to {10 * low - 1}"


def _refuse_a_cluster(client: redis.Redis, want: Matching) -> None:
    if client.info("cluster").get("cluster_enabled"):
        raise ActionFailed(
            f"{want.connection} is a node of a cluster and knows only its own keys; nothing was removed."
            " Clusters are not supported.",
            ErrorClass.INVALID,
        )


@contextmanager
def _client(connections: Connections, want: Matching) -> Iterator[redis.Redis]:
    """Yield a client; raise every failure of it as ActionFailed. The conductor retries."""
    connection = connections.get(want.connection, RedisConnection)
    secure = connection.url.startswith("rediss:") and connections.ca_bundle is not None
    client = redis.Redis.from_url(
        connection.url,
        username=connection.username,
        password=connection.password.get_secret_value() if connection.password else None,
        socket_connect_timeout=5,
        socket_timeout=20,
        retry=Retry(NoBackoff(), 0),
        **({"ssl_ca_certs": connections.ca_bundle} if secure else {}),
    )
    with _told(want.connection), client:
        yield client


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except (AuthenticationError, AuthorizationError):
        raise ActionFailed(f"{name} refuses our user or password.", ErrorClass.DENIED) from None
    except NoPermissionError as error:
        raise ActionFailed(f"{name} answered: {error}", ErrorClass.DENIED) from None
    except NotAnswered:
        raise ActionFailed(
            f"{name} did not answer in time; how many keys were removed is not known.", ErrorClass.TIMEOUT
        ) from None
    except NotReached as error:
        raise ActionFailed(
            f"{name} cannot be reached, or is not ready ({type(error).__name__}).", ErrorClass.TRANSIENT
        ) from None
    except ReadOnlyError:
        raise ActionFailed(
            f"{name} is a replica and removes nothing. Point the connection to the primary.",
            ErrorClass.INVALID,
        ) from None
    except ResponseError as error:
        missing = "DB index is out of range" in str(error)
        raise ActionFailed(
            f"{name} answered: {error}", ErrorClass.MISSING if missing else ErrorClass.INVALID
        ) from None
    except RedisError as error:
        raise ActionFailed(f"{name} cannot be used ({type(error).__name__}).", ErrorClass.INVALID) from None
