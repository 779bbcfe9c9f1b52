"""tcp.check: what a port does, and where nobody may knock."""

import socket

import pytest

from tests.actions.servers import Site
from tocsin.actions.tcp import Knock, KnockAtPort, Knocked
from tocsin.connections import Connections, TcpConnection
from tocsin.errors import ActionFailed, ErrorClass

CLOSED = 9


def connection(*hosts: str, ports: tuple[int, ...], allow_private: bool = True) -> TcpConnection:
    return TcpConnection(hosts=hosts, ports=ports, allow_private=allow_private)


@pytest.fixture
def action(site: Site) -> KnockAtPort:
    ports = (site.port, CLOSED)
    public = connection("localhost", "*.shop.example", ports=ports, allow_private=False)
    main = connection("127.0.0.1", "localhost", ports=ports)
    return KnockAtPort(Connections({"tcp:main": main, "tcp:public": public}))


def knock(action: KnockAtPort, port: int, host: str = "127.0.0.1", **how: object) -> Knocked:
    want = Knock.model_validate({"connection": "tcp:main", "host": host, "port": port, **how})
    return action.run(want, action.plan(want), "")


def test_a_port_that_accepts_is_open(action: KnockAtPort, site: Site) -> None:
    found = knock(action, site.port)
    assert (found.state, found.address) == ("open", "127.0.0.1")


def test_nothing_is_sent(action: KnockAtPort, site: Site) -> None:
    knock(action, site.port)
    assert site.seen == []


def test_a_port_that_refuses_is_a_failure_that_may_pass(action: KnockAtPort) -> None:
    with pytest.raises(ActionFailed, match="refuses connections; expected open") as caught:
        knock(action, CLOSED)
    assert caught.value.kind is ErrorClass.TRANSIENT


def test_a_port_that_shall_be_closed_may_refuse(action: KnockAtPort) -> None:
    assert knock(action, CLOSED, expect=["refused", "silent"]).state == "refused"


def test_a_port_that_shall_be_closed_must_not_accept(action: KnockAtPort, site: Site) -> None:
    with pytest.raises(ActionFailed, match="accepts connections; expected refused or silent") as caught:
        knock(action, site.port, expect=["refused", "silent"])
    assert caught.value.retryable


def test_a_port_that_says_nothing_is_silent(action: KnockAtPort, monkeypatch: pytest.MonkeyPatch) -> None:
    def dropped(*_: object) -> socket.socket:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", dropped)
    with pytest.raises(ActionFailed, match="does not answer within 3 s") as caught:
        knock(action, CLOSED)
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_one_open_address_is_enough(action: KnockAtPort, site: Site) -> None:
    found = knock(action, site.port, host="localhost")  # where this is ::1 too, nobody listens there
    assert (found.state, found.address) == ("open", "127.0.0.1")


@pytest.mark.parametrize(
    ("host", "port"), [("127.0.0.1", 22), ("127.0.0.2", CLOSED), ("evil.example", CLOSED)]
)
def test_a_place_that_the_connection_does_not_name_is_denied(
    action: KnockAtPort, host: str, port: int
) -> None:
    with pytest.raises(ActionFailed, match="does not allow") as caught:
        knock(action, port, host=host)
    assert caught.value.kind is ErrorClass.DENIED


@pytest.mark.parametrize("host", ["shop.example", "evilshop.example", "db.shop.example.evil.example"])
def test_a_pattern_allows_only_names_beneath_it(action: KnockAtPort, host: str) -> None:
    with pytest.raises(ActionFailed, match="does not allow"):
        knock(action, CLOSED, host=host, connection="tcp:public")


def test_a_private_address_is_refused_when_planning(action: KnockAtPort, site: Site) -> None:
    with pytest.raises(ActionFailed, match="not a public address") as caught:
        knock(action, CLOSED, host="localhost", connection="tcp:public")
    assert (caught.value.kind, site.connections) == (ErrorClass.INVALID, 0)


def test_metadata_of_a_cloud_is_never_knocked_at() -> None:
    action = KnockAtPort(Connections({"tcp:main": connection("169.254.169.254", ports=(80,))}))
    with pytest.raises(ActionFailed, match=r"169\.254\.169\.254"):
        knock(action, 80, host="169.254.169.254")
