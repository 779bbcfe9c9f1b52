"""The guard of every outgoing request whose address a person or an alert could have chosen.

A request goes to one base URL and nowhere else. Its host is resolved once, every address is checked,
and the connection is made to a checked address, so that a name which changes its mind between check
and connect (DNS rebinding) gains nothing. The environment's proxies are not used.
"""

import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx2

from tocsin.errors import TocsinError
from tocsin.trust import trusting

MAX_BODY = 1024 * 1024
"""Bytes of an answer that are read."""
TIMEOUT = 30.0
"""Seconds for the body of one answer to arrive; 5 to connect, 20 between two packets."""
MAX_REDIRECTS = 3

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

# Before 3.11.10 `is_global` did not know all of these, and some are global yet reach the machine's owner.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.169.254/32",  # metadata: AWS, Azure, Google Cloud, Oracle, OpenStack
        "169.254.170.0/24",  # metadata: ECS tasks, EKS pod identity
        "100.100.100.200/32",  # metadata: Alibaba
        "168.63.129.16/32",  # Azure's wire server, a global address
        "192.0.0.0/24",  # IETF protocols; metadata of Oracle
        "192.88.99.0/24",  # 6to4 relays
        "fd00:ec2::/32",  # metadata: AWS
        "fd20:ce::/32",  # metadata: Google Cloud
        "2001::/23",  # IETF protocols, Teredo
        "3fff::/20",  # documentation
    )
)
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:%-]*)+")
_DOTS = re.compile(r"\.{1,2}(?:;.*)?")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f/\\%]")


class EgressRefused(TocsinError):
    """A request would leave its base URL, or reach an address that nobody may reach."""


class NoSuchHost(httpx2.ConnectError):
    """The name servers know no address of that name; a plain ConnectError is one where they do not answer."""


@dataclass(frozen=True)
class Outgoing:
    """A request, its path beneath the base URL."""

    method: str
    path: str
    query: Mapping[str, str | int | float | bool | tuple[str, ...]] = field(default_factory=dict)
    """A tuple is a key that is given several times."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True)
class Incoming:
    """An answer, its body cut at ``MAX_BODY``."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


def system_addresses(host: str, port: int) -> Sequence[str]:
    """Return the addresses of ``host`` by the system's resolver; raise httpx2.ConnectError without any."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise NoSuchHost(f"the name {host} has no address") from None
    except OSError as error:
        raised = NoSuchHost if error.errno == socket.EAI_NONAME else httpx2.ConnectError
        raise raised(f"the name {host} has no address") from None
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def checked_addresses(
    host: str, port: int, *, allow_private: bool, resolve: Resolve = system_addresses
) -> list[str]:
    """Return the addresses of ``host``: connect to these, and resolve no second time.

    Raises EgressRefused if any one is not allowed, httpx2.ConnectError if there is none.
    """
    found = list(resolve(host, port))
    for text in found:
        if not allowed(ipaddress.ip_address(text), allow_private=allow_private):
            raise EgressRefused(
                f"{host} resolves to {text}, which is not a public address; nothing was sent."
                " An administrator can set allow_private on the connection."
            )
    return found


class Egress:
    """Sends requests to ``base_url`` and nowhere else. Raises EgressRefused for a bad base URL."""

    def __init__(
        self,
        base_url: str,
        *,
        allow_private: bool = False,
        ca_bundle: str | None = None,
        resolve: Resolve = system_addresses,
    ) -> None:
        self._base = _checked_base(base_url)
        self._allow_private = allow_private
        self._ca_bundle = ca_bundle
        self._resolve = resolve

    def url(self, path: str) -> str:
        """Return the full URL of ``path``; raise EgressRefused when it could leave the base URL."""
        refuse_path(path)
        return f"{str(self._base).rstrip('/')}{path}"

    def addresses(self) -> list[str]:
        """Resolve the base URL's host and check every address.

        Raises EgressRefused if any one is not allowed, httpx2.ConnectError if there is none.
        """
        host, port = self._base.raw_host.decode(), self._base.port or _default_port(self._base)
        return checked_addresses(host, port, allow_private=self._allow_private, resolve=self._resolve)

    def send(self, outgoing: Outgoing) -> Incoming:
        """Send a request, follow up to three redirects beneath the base URL, and read the answer.

        Raises EgressRefused where the guard stops it, httpx2.TransportError where the network does.
        """
        transport = _PinnedTransport(self, trusting(self._ca_bundle))
        timeout = httpx2.Timeout(20.0, connect=5.0)
        with httpx2.Client(transport=transport, timeout=timeout, trust_env=False) as client:
            request = client.build_request(
                outgoing.method,
                self.url(outgoing.path),
                params=dict(outgoing.query) or None,
                headers={**outgoing.headers, "accept-encoding": "identity"},
                content=outgoing.content,
            )
            for _ in range(1 + MAX_REDIRECTS):
                self._refuse_elsewhere(request.url)
                response = client.send(request, stream=True)
                onward = response.next_request
                if onward is None:
                    return _read(response)
                response.close()
                request = onward
        raise EgressRefused(
            f"{self._base} redirected more than {MAX_REDIRECTS} times; the last was not followed."
        )

    def _refuse_elsewhere(self, url: httpx2.URL) -> None:
        path = url.raw_path.partition(b"?")[0].decode()
        prefix = self._base.raw_path.decode().rstrip("/")
        if _origin(url) != _origin(self._base) or not f"{path}/".startswith(f"{prefix}/"):
            raise EgressRefused(
                f"{self._base} redirected to {url.copy_with(query=None)}, which is not beneath it;"
                " the redirect was not followed. Correct the base URL of the connection."
            )
        refuse_path(path)


class _PinnedTransport(httpx2.HTTPTransport):
    """Connects to a checked address; the Host header, the SNI and the certificate stay the name's."""

    def __init__(self, egress: Egress, trust: ssl.SSLContext) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._egress = egress

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        unreachable: httpx2.TransportError = httpx2.ConnectError(f"{request.url.host} has no address")
        for address in self._egress.addresses():
            try:
                return super().handle_request(_pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                unreachable = error
        raise unreachable


def _pinned(request: httpx2.Request, address: str) -> httpx2.Request:
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.raw_host.decode()},
    )


def allowed(address: Address, *, allow_private: bool) -> bool:
    """Say whether an address may be reached. An IPv4 address inside an IPv6 one is judged as itself."""
    inner = _embedded(address)
    if inner is not None:
        return allowed(inner, allow_private=allow_private)
    if any(address in network for network in _NEVER):
        return False
    if any(address in network for network in _PRIVATE):
        return allow_private
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def refuse_path(path: str) -> None:
    """Raise EgressRefused unless ``path`` stays where it is appended, however a server decodes it."""
    segments = [unquote(segment) for segment in path.split("/")]
    plain = _PATH.fullmatch(path) is not None and "//" not in path
    if not plain or any(_DOTS.fullmatch(one) or _HIDDEN.search(one) for one in segments):
        raise EgressRefused(
            f"the path {path[:200]!r} is not allowed: it must start with one `/` and hold no `..`, `//`, `@`,"
            " `?`, `#`, backslash, space or control character, also not percent-encoded; nothing was sent."
        )


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _checked_base(base_url: str) -> httpx2.URL:
    try:
        url = httpx2.URL(base_url)
    except httpx2.InvalidURL:
        raise EgressRefused(f"{base_url[:200]!r} is not a URL") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
        raise EgressRefused(
            "a base URL is http(s)://host[:port][/path], without user, query or fragment;"
            " put credentials into the connection's headers."
        )
    refuse_path(url.raw_path.decode())
    return url


def _default_port(url: httpx2.URL) -> int:
    return 443 if url.scheme == "https" else 80


def _origin(url: httpx2.URL) -> tuple[str, bytes, int]:
    return url.scheme, url.raw_host, url.port or _default_port(url)


def _read(response: httpx2.Response) -> Incoming:
    """Read the body as it comes, up to the cap and the deadline, and close the connection."""
    deadline, body = time.monotonic() + TIMEOUT, bytearray()
    try:
        if response.headers.get("content-encoding", "identity") != "identity":
            raise EgressRefused("the answer is compressed although it was asked not to be; it was not read.")
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MAX_BODY:
                break
            if time.monotonic() > deadline:
                raise httpx2.ReadTimeout(f"the body did not arrive in {TIMEOUT:.0f} s")
    finally:
        response.close()
    return Incoming(
        response.status_code, dict(response.headers), bytes(body[:MAX_BODY]), len(body) > MAX_BODY
    )
