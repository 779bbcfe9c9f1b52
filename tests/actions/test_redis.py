"""redis.unlink_matching: not more than it may, and not where it cannot see everything."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from tests.actions.keyspace import Keyspace, serving_redis
from tests.actions.kube import CANARY
from tocsin.actions.redis import SAMPLE, Matching, UnlinkMatching
from tocsin.connections import Connections, RedisConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.playground.serving import free_port
from tocsin.playground.tls import PracticeCA


def on(url: str, user: str | None = None) -> UnlinkMatching:
    connection = RedisConnection(url=url, username=user, password=SecretStr(CANARY))
    return UnlinkMatching(Connections({"redis:main": connection}))


def want(pattern: str = "session:expired:*", max_keys: int = 10_000) -> Matching:
    return Matching(connection="redis:main", pattern=pattern, max_keys=max_keys, batch=7)


@pytest.fixture
def action(keyspace: Keyspace) -> UnlinkMatching:
    return on(keyspace.url)


def test_only_what_matches_is_removed(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 30)
    keyspace.fill("session:live:", 5)
    assert action.run(want(), action.plan(want()), "step-1").unlinked == 30
    assert keyspace.count("*") == 5


def test_no_more_than_max_keys_are_removed(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 30)
    output = action.run(want(max_keys=20), action.plan(want(max_keys=20)), "step-1")
    assert (output.unlinked, output.complete, keyspace.count("*")) == (20, False, 10)


def test_exactly_max_keys_are_everything(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 20)
    assert action.run(want(max_keys=20), action.plan(want(max_keys=20)), "step-1").complete


def test_keys_that_are_no_text_are_removed_too(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.client.set(b"session:expired:\xff\xfe", "x")
    assert action.run(want(), action.plan(want()), "step-1").unlinked == 1


@pytest.mark.parametrize("pattern", ["*", "se*", "s?ssion*", "[s]ession:*", "\\session*", "ab", ""])
def test_a_pattern_without_a_literal_beginning_is_refused(pattern: str) -> None:
    with pytest.raises(ValidationError):
        want(pattern)


@pytest.mark.parametrize(
    ("count", "about"), [(0, "none"), (7, "1 to 9"), (10, "10 to 99"), (1234, "1000 to 9999")]
)
def test_a_plan_counts_by_magnitude(
    action: UnlinkMatching, keyspace: Keyspace, count: int, about: str
) -> None:
    if count:
        keyspace.fill("session:expired:", count)
    assert action.plan(want()).changes[0].before == about


def test_a_few_keys_more_leave_an_approval_valid(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 30)
    before = action.plan(want()).digest
    keyspace.fill("session:expired:", 40)
    assert action.plan(want()).digest == before


def test_where_nothing_matches_there_is_nothing_to_do(action: UnlinkMatching, keyspace: Keyspace) -> None:
    assert action.plan(want()).noop


def test_of_many_keys_a_plan_looks_at_some(action: UnlinkMatching, keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 3 * SAMPLE)
    assert action.plan(want()).changes[0].before == "about 10000 to 99999"


def test_a_sample_without_a_match_does_not_say_that_there_is_none(
    action: UnlinkMatching, keyspace: Keyspace
) -> None:
    keyspace.fill("session:live:", 3 * SAMPLE)
    assert action.plan(want()).changes[0].before == "few, if any"


def test_a_node_of_a_cluster_is_refused(tmp_path: Path) -> None:
    cluster = serving_redis(tmp_path, "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    with cluster as node, pytest.raises(ActionFailed, match="node of a cluster") as caught:
        on(node.url).plan(want())
    assert caught.value.kind is ErrorClass.INVALID


def test_a_replica_removes_nothing(tmp_path: Path) -> None:
    with serving_redis(tmp_path) as server:
        server.fill("session:expired:", 3)
        action = on(server.url)
        plan = action.plan(want())
        server.client.replicaof("127.0.0.1", "9")
        with pytest.raises(ActionFailed, match="Point the connection to the primary"):
            action.run(want(), plan, "step-1")


def test_over_tls_our_own_authority_is_trusted(tmp_path: Path) -> None:
    ca, port = PracticeCA(tmp_path / "ca"), free_port()
    certificate = ca.server_certificate()
    files = ["--tls-cert-file", certificate.chain, "--tls-key-file", certificate.key]
    authority = ["--tls-ca-cert-file", ca.ca_pem, "--tls-auth-clients", "no"]
    with serving_redis(tmp_path, "--tls-port", *map(str, [port, *files, *authority])):
        connection = RedisConnection(url=f"rediss://127.0.0.1:{port}/0", password=SecretStr(CANARY))
        named = {"redis:main": connection}
        assert UnlinkMatching(Connections(named, str(ca.ca_pem))).plan(want()).noop
        with pytest.raises(ActionFailed, match="cannot be reached"):
            UnlinkMatching(Connections(named)).plan(want())


def test_the_rights_that_it_names_are_enough(keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 3)
    rights = on(keyspace.url).permissions(want())
    action = let_in(keyspace, "tocsin", [right.verb for right in rights], rights[0].resource)
    assert action.run(want(), action.plan(want()), "step-1").unlinked == 3


def test_a_user_without_the_right_is_denied(keyspace: Keyspace) -> None:
    keyspace.fill("session:expired:", 3)
    action = let_in(keyspace, "reader", ["+scan", "+info", "+dbsize"], "~*")
    with pytest.raises(ActionFailed, match="no permissions to run the 'unlink' command") as caught:
        action.run(want(), action.plan(want()), "step-1")
    assert caught.value.kind is ErrorClass.DENIED


def let_in(keyspace: Keyspace, user: str, commands: list[str], keys: str) -> UnlinkMatching:
    """Return the action of a user with these rights and no others."""
    keyspace.client.acl_setuser(
        user,
        enabled=True,
        passwords=[f"+{CANARY}"],
        keys=[keys.removeprefix("~")],
        commands=commands,
        reset=True,
    )
    return on(keyspace.url, user)


@pytest.mark.parametrize("url", ["http://x", "redis://", "redis://u:p@x", "redis://x/0?ssl_cert_reqs=none"])
def test_a_url_with_anything_else_in_it_is_no_connection(url: str) -> None:
    with pytest.raises(ValidationError):
        RedisConnection(url=url)
