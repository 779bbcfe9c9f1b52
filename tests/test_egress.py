"""The egress guard, against real servers, real addresses and the tricks that are known."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx2
import pytest
import trustme
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.actions.servers import Answer, Site, serving
from tocsin.egress import (
    MAX_BODY,
    Egress,
    EgressRefused,
    NoSuchHost,
    Outgoing,
    allowed,
    refuse_path,
    system_addresses,
)
from tocsin.playground.tls import ServerCertificate

GET = Outgoing("GET", "/")


@pytest.fixture(scope="module")
def running() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def site(running: Site) -> Site:
    running.forget()
    return running


@pytest.fixture
def other() -> Iterator[Site]:
    with serving() as site:
        yield site


def reach(site: Site, path: str = "") -> Egress:
    return Egress(f"{site.url}{path}", allow_private=True)


# -- addresses ------------------------------------------------------------------------------------------

PUBLIC = ["8.8.8.8", "93.184.216.34", "2001:4860:4860::8888", "2606:4700::1111", "::ffff:8.8.8.8"]
NOT_PUBLIC = [
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.0.1",
    "100.64.0.1",
    "169.254.1.1",
    "::1",
    "fd12::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
]
NEVER = [
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "198.18.0.1",
    "192.0.0.192",
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "::",
    "::127.0.0.1",
    "ff0e::1",
    "fec0::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::",
    "64:ff9b:1::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert allowed(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_private_address_may_not_be_reached(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address), allow_private=False)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_private_address_may_be_reached_where_the_connection_allows_it(address: str) -> None:
    assert allowed(ipaddress.ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_multicast_and_reserved_addresses_are_never_reached(address: str) -> None:
    assert not allowed(ipaddress.ip_address(address), allow_private=True)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_in_every_ipv6_disguise(address: ipaddress.IPv4Address) -> None:
    plain = allowed(address, allow_private=False)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | int(address))
    nat64 = ipaddress.IPv6Address((0x64FF9B << 96) | int(address))
    sixtofour = ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80))
    assert [allowed(one, allow_private=False) for one in (mapped, nat64, sixtofour)] == [plain] * 3


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_private_passes_for_public(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assume(address.is_private or address.is_loopback or address.is_link_local or address.is_multicast)
    assert not allowed(address, allow_private=False)


# -- paths and base URLs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "",
        "relative",
        "//evil.example",
        "/a//b",
        "/../admin",
        "/a/..",
        "/a/./b",
        "/%2e%2e/admin",
        "/a%2f..%2fb",
        "/a%5cb",
        "/..;/admin",
        "/%252e%252e/",
        "/a%00",
        "/a%0d%0aHost:evil",
        "/a\r\nHost: evil",
        "/a\n",
        "/user@evil.example",
        "/a\\b",
        "/a?b",
        "/a#b",
        "/a b",
        "http://evil.example/",
        "/é",
    ],
)
def test_a_path_that_could_leave_its_place_is_refused(path: str) -> None:
    with pytest.raises(EgressRefused, match="nothing was sent"):
        refuse_path(path)


@pytest.mark.parametrize("path", ["/", "/health", "/v1/items/42", "/a%20b", "/~x/a;v=1", "/a:b,c"])
def test_a_plain_path_is_accepted(path: str) -> None:
    refuse_path(path)


@given(st.text(alphabet="/.%2eEfF5cC;@:\\?#aH \t\r\n0", max_size=40))
def test_an_accepted_path_stays_beneath_the_base_url(path: str) -> None:
    egress = Egress("https://api.example.com/v1")
    try:
        url = egress.url(path)
    except EgressRefused:
        return
    seen = urlsplit(str(httpx2.URL(url)))
    assert seen.netloc == "api.example.com"
    assert unquote(seen.path).startswith("/v1/")
    assert "/.." not in unquote(unquote(seen.path))


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://example.com",
        "file:///etc/passwd",
        "https://user:word@example.com",
        "https://example.com/?a=b",
        "https://example.com/#a",
        "https:///path",
        "example.com",
        "https://example.com/%2e%2e/x",
        "http://0177.0.0.1/",
    ],
)
def test_a_base_url_that_is_more_or_less_than_an_address_is_refused(base_url: str) -> None:
    with pytest.raises(EgressRefused):
        Egress(base_url).url("/")


# -- sending --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]"]
)
def test_a_loopback_server_is_not_even_connected_to(site: Site, host: str) -> None:
    with pytest.raises(EgressRefused, match="nothing was sent"):
        Egress(f"http://{host}:{site.port}").send(GET)
    assert site.connections == 0


def test_one_private_address_among_public_ones_refuses_them_all(site: Site) -> None:
    egress = Egress(f"http://api.example.com:{site.port}", resolve=lambda *_: ["8.8.8.8", "127.0.0.1"])
    with pytest.raises(EgressRefused, match=r"127\.0\.0\.1"):
        egress.send(GET)
    assert site.connections == 0


def test_a_name_that_changes_its_mind_is_connected_to_where_it_was_checked(site: Site) -> None:
    minds = iter([["127.0.0.1"], ["127.0.0.2"]])
    site.answers("/", body=b"checked")
    egress = Egress(f"http://rebound.example:{site.port}", allow_private=True, resolve=lambda *_: next(minds))
    assert egress.send(GET).body == b"checked"
    assert list(minds) == [["127.0.0.2"]]


def test_a_name_that_turns_private_between_two_redirects_is_refused(site: Site) -> None:
    minds = iter([["127.0.0.1"], ["169.254.169.254"]])
    site.redirects("/", "/next")
    egress = Egress(f"http://rebound.example:{site.port}", allow_private=True, resolve=lambda *_: next(minds))
    with pytest.raises(EgressRefused, match=r"169\.254\.169\.254"):
        egress.send(GET)


def test_the_host_header_names_the_host_and_not_the_address(site: Site) -> None:
    egress = Egress(
        f"http://api.example.com:{site.port}", allow_private=True, resolve=lambda *_: ["127.0.0.1"]
    )
    egress.send(GET)
    assert site.seen[0].headers["host"] == f"api.example.com:{site.port}"


def test_an_address_that_does_not_answer_gives_way_to_the_next(site: Site) -> None:
    egress = Egress(
        f"http://api.example.com:{site.port}", allow_private=True, resolve=lambda *_: ["::1", "127.0.0.1"]
    )
    assert egress.send(GET).status == 404


def test_a_name_without_an_address_is_a_connect_error() -> None:
    with pytest.raises(httpx2.ConnectError, match="no address"):
        Egress("http://nowhere.invalid").send(GET)


def test_a_name_that_cannot_be_anybodys_is_known_not_to_exist() -> None:
    with pytest.raises(NoSuchHost, match="no address"):
        system_addresses(f"{'x' * 64}.example", 80)


def test_the_proxies_of_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert reach(site).send(GET).status == 404


# -- TLS ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="module")
def secure_site(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("api.example.com")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "chain.pem"))
    with serving(ServerCertificate(chain=folder / "chain.pem", key=folder / "key.pem")) as site:
        yield site


def test_the_certificate_is_checked_for_the_name_while_the_address_is_dialled(
    secure_site: Site, ca_bundle: str
) -> None:
    egress = Egress(
        f"https://api.example.com:{secure_site.port}",
        allow_private=True,
        ca_bundle=ca_bundle,
        resolve=lambda *_: ["127.0.0.1"],
    )
    assert egress.send(GET).status == 404


def test_a_certificate_for_another_name_is_refused(secure_site: Site, ca_bundle: str) -> None:
    egress = Egress(
        f"https://bank.example.com:{secure_site.port}",
        allow_private=True,
        ca_bundle=ca_bundle,
        resolve=lambda *_: ["127.0.0.1"],
    )
    with pytest.raises(httpx2.ConnectError, match="Hostname mismatch"):
        egress.send(GET)


# -- redirects ------------------------------------------------------------------------------------------


def test_a_redirect_to_the_same_origin_is_followed(site: Site) -> None:
    site.redirects("/", "/next")
    site.answers("/next", body=b"there")
    assert reach(site).send(GET).body == b"there"


def test_a_redirect_to_another_origin_is_not_followed(site: Site, other: Site) -> None:
    site.redirects("/", f"{other.url}/")
    with pytest.raises(EgressRefused, match="not followed"):
        reach(site).send(Outgoing("GET", "/", headers={"authorization": "Bearer canary"}))
    assert other.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "//evil.example/",
        "https://127.0.0.1/",
        "http://x@127.0.0.1/",
        "/v2/elsewhere",
        "/v1/../admin",
        "/v1x",
        "/v1/%2e%2e/admin",
    ],
)
def test_a_redirect_out_of_the_base_url_is_not_followed(site: Site, location: str) -> None:
    site.redirects("/v1/start", location)
    with pytest.raises(EgressRefused):
        reach(site, "/v1").send(Outgoing("GET", "/start"))
    assert [seen.path for seen in site.seen] == ["/v1/start"]


def test_a_circle_of_redirects_ends_after_three(site: Site) -> None:
    site.redirects("/", "/")
    with pytest.raises(EgressRefused, match="more than 3 times"):
        reach(site).send(GET)
    assert len(site.seen) == 4


def test_a_body_is_sent_again_when_the_redirect_keeps_the_method(site: Site) -> None:
    site.redirects("/", "/next", status=307)
    reach(site).send(Outgoing("POST", "/", content=b"once more"))
    assert (site.seen[1].method, site.seen[1].body) == ("POST", b"once more")


# -- answers --------------------------------------------------------------------------------------------


def test_an_answer_is_cut_at_the_cap(site: Site) -> None:
    site.answers("/", body=b"x" * (MAX_BODY + 1))
    found = reach(site).send(GET)
    assert (len(found.body), found.truncated) == (MAX_BODY, True)


def test_an_answer_of_just_the_cap_is_whole(site: Site) -> None:
    site.answers("/", body=b"x" * MAX_BODY)
    assert not reach(site).send(GET).truncated


def test_a_compressed_answer_is_refused_unread(site: Site) -> None:
    site.answers("/", body=b"\x1f\x8b bomb", content_encoding="gzip")
    with pytest.raises(EgressRefused, match="compressed"):
        reach(site).send(GET)


def test_a_query_is_encoded_and_cannot_leave_its_place(site: Site) -> None:
    site.routes["/"] = lambda seen: Answer(body=seen.path.encode())
    assert reach(site).send(Outgoing("GET", "/", query={"q": "a&b=c#d /"})).body == b"/?q=a%26b%3Dc%23d+%2F"
