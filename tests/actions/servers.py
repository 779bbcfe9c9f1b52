"""Real local HTTP servers for the tests of actions over HTTP and of the egress guard."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tocsin.errors import ErrorClass
from tocsin.playground.tls import ServerCertificate

STATUSES = [
    (400, ErrorClass.INVALID),
    (401, ErrorClass.DENIED),
    (403, ErrorClass.DENIED),
    (404, ErrorClass.MISSING),
    (409, ErrorClass.CONFLICT),
    (412, ErrorClass.CONFLICT),
    (429, ErrorClass.THROTTLED),
    (500, ErrorClass.TRANSIENT),
    (503, ErrorClass.TRANSIENT),
    (504, ErrorClass.TIMEOUT),
]
"""What an answer's status means wherever a service does not say otherwise."""


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def json(cls, status: int, body: object) -> "Answer":
        return cls(status, {"content-type": "application/json"}, json.dumps(body).encode())


Route = Callable[[Seen], Answer]


def _nothing_here(_: Seen) -> Answer:
    return Answer(404)


class Site:
    """A web server that remembers every request, and every connection that reached it."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.seen: list[Seen] = []
        self.connections = 0
        self.url = ""
        self.port = 0

    def answers(self, path: str, status: int = 200, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.routes[path] = lambda _: Answer(status, named, body)

    def redirects(self, path: str, to: str, status: int = 302) -> None:
        self.answers(path, status, location=to)

    def forget(self) -> None:
        self.routes.clear()
        self.seen.clear()
        self.connections = 0

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        return self.routes.get(urlsplit(seen.path).path, _nothing_here)(seen)


@contextmanager
def serving(certificate: ServerCertificate | None = None) -> Iterator[Site]:
    """Serve a Site on loopback, over TLS when given a certificate."""
    site = Site()
    server = _Server(("127.0.0.1", 0), _handler(site))
    server.site = site
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate.chain, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.port = server.server_address[1]
    site.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{site.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def process_request(self, request: object, client_address: object) -> None:
        self.site.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay quiet: a client that refuses our certificate is a test's purpose."""


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("content-length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = site.answer(Seen(self.command, self.path, headers, self.rfile.read(size)))
            self.send_response(answer.status)
            for name, value in {**answer.headers, "content-length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    return Handler
