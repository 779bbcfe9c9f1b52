"""dns.resolve: what one resolver says, and what several say together."""

from collections.abc import Iterator

import dns.rcode
import pytest

from tests.actions.nameserver import TTL, Nameserver, naming
from tocsin.actions.dns import Lookup, Resolved, ResolveName
from tocsin.connections import Connections, DnsConnection
from tocsin.errors import ActionFailed, ErrorClass

HOST = "db.shop.example"


@pytest.fixture
def other() -> Iterator[Nameserver]:
    """A second name server, which may lag behind."""
    with naming() as nameserver:
        yield nameserver


@pytest.fixture
def connections(nameserver: Nameserver, other: Nameserver) -> Connections:
    both = DnsConnection(resolvers=(nameserver.address, other.address))
    one = DnsConnection(resolvers=(nameserver.address,))
    return Connections({"dns:main": one, "dns:both": both, "dns:system": DnsConnection()})


def resolve(connections: Connections, **how: str) -> Resolved:
    action, want = ResolveName(connections), Lookup.model_validate({"host": HOST, **how})
    return action.run(want, action.plan(want), "")


def refusal(connections: Connections, **how: str) -> ActionFailed:
    with pytest.raises(ActionFailed) as caught:
        resolve(connections, **how)
    return caught.value


@pytest.mark.parametrize(
    ("kind", "records", "answers"),
    [
        ("A", ["192.0.2.2", "192.0.2.1"], ("192.0.2.1", "192.0.2.2")),
        ("AAAA", ["2001:DB8::1"], ("2001:db8::1",)),
        ("CNAME", ["Orders-2.AWS.example."], ("orders-2.aws.example",)),
        ("MX", ["10 Mail.shop.example."], ("10 mail.shop.example",)),
        ("TXT", ['"v=1; " "Case stays"'], ("v=1; Case stays",)),
    ],
)
def test_records_are_told_as_people_write_them(
    connections: Connections, nameserver: Nameserver, kind: str, records: list[str], answers: tuple[str, ...]
) -> None:
    nameserver.has(HOST, kind, *records)
    assert resolve(connections, type=kind).answers == answers


def test_aliases_are_followed_and_told(connections: Connections, nameserver: Nameserver) -> None:
    nameserver.has(HOST, "CNAME", "orders-2.aws.example.")
    nameserver.has("orders-2.aws.example", "A", "192.0.2.7")
    found = resolve(connections)
    assert (found.answers, found.resolvers[0].aliases) == (("192.0.2.7",), ("orders-2.aws.example",))


def test_the_time_to_live_is_told(connections: Connections, nameserver: Nameserver) -> None:
    nameserver.has(HOST, "A", "192.0.2.1")
    assert resolve(connections).ttl == TTL


def test_resolvers_that_say_the_same_agree(
    connections: Connections, nameserver: Nameserver, other: Nameserver
) -> None:
    nameserver.has(HOST, "A", "192.0.2.1")
    other.has(HOST, "A", "192.0.2.1")
    found = resolve(connections, connection="dns:both")
    assert (found.agreed, found.answers) == (True, ("192.0.2.1",))


def test_an_answer_counts_only_when_every_resolver_gives_it(
    connections: Connections, nameserver: Nameserver, other: Nameserver
) -> None:
    nameserver.has(HOST, "A", "192.0.2.1", "192.0.2.2")
    other.has(HOST, "A", "192.0.2.2", "192.0.2.3")
    found = resolve(connections, connection="dns:both")
    assert (found.agreed, found.answers) == (False, ("192.0.2.2",))


def test_a_resolver_that_does_not_know_the_name_yet_is_seen(
    connections: Connections, nameserver: Nameserver, other: Nameserver
) -> None:
    nameserver.has(HOST, "A", "192.0.2.1")
    found = resolve(connections, connection="dns:both")
    assert [one.status for one in found.resolvers] == ["found", "no such name"]
    assert (found.agreed, found.answers) == (False, ())


def test_a_name_without_such_a_record_is_missing(connections: Connections, nameserver: Nameserver) -> None:
    nameserver.has(HOST, "A", "192.0.2.1")
    failed = refusal(connections, type="AAAA")
    assert ("no such record" in str(failed), failed.kind) == (True, ErrorClass.MISSING)


def test_a_name_that_nobody_knows_is_missing(connections: Connections) -> None:
    failed = refusal(connections)
    assert ("no such name" in str(failed), failed.kind) == (True, ErrorClass.MISSING)


def test_one_resolver_in_trouble_is_no_answer(
    connections: Connections, nameserver: Nameserver, other: Nameserver
) -> None:
    nameserver.has(HOST, "A", "192.0.2.1")
    other.troubles[f"{HOST}."] = dns.rcode.SERVFAIL
    failed = refusal(connections, connection="dns:both")
    assert (other.address in str(failed), "SERVFAIL" in str(failed), failed.retryable) == (True, True, True)


def test_without_resolvers_the_systems_are_asked(connections: Connections) -> None:
    assert ResolveName(connections).plan(Lookup(connection="dns:system", host=HOST)).summary == (
        f"Ask system for A of {HOST}"
    )


@pytest.mark.parametrize("host", ["", "a b", "-x/y", "a..b", "x" * 64, "a.b;rm"])
def test_what_is_no_name_is_no_input(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        Lookup(host=host)


@pytest.mark.parametrize("address", ["10.0.0.2", "10.0.0.2:5353", "[2001:db8::53]", "[2001:db8::53]:53"])
def test_a_resolver_is_an_address_with_or_without_a_port(address: str) -> None:
    assert DnsConnection(resolvers=(address,)).resolvers == (address,)


@pytest.mark.parametrize(
    "address", ["", "ns.example", "::1", "10.0.0.2:0", "10.0.0.2:70000", "10.0.0.2/24", "u@10.0.0.2"]
)
def test_a_resolver_is_nothing_else(address: str) -> None:
    with pytest.raises(ValueError, match="is not an address"):
        DnsConnection(resolvers=(address,))
