"""A small name server on loopback, that says what it is told to."""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from dns.rcode import Rcode

TTL = 60


class Nameserver:
    """Its records by name and type; what is nowhere does not exist."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.troubles: dict[str, Rcode] = {}
        """By name: what it answers instead."""
        self.address = ""
        self.strict_address = ""
        """Where it refuses to answer anybody."""

    def has(self, host: str, kind: str, *texts: str) -> None:
        """Let a name have records: ``has("db.example", "A", "192.0.2.1")``."""
        self.records[f"{host}.", kind] = list(texts)

    def forget(self) -> None:
        self.records.clear()
        self.troubles.clear()

    def answer(self, wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        [asked] = query.question
        host, kind = asked.name.to_text().lower(), dns.rdatatype.to_text(asked.rdtype)
        if host in self.troubles:
            reply.set_rcode(self.troubles[host])
            return reply.to_wire()
        while (alias := self.records.get((host, "CNAME"))) and kind != "CNAME":
            reply.answer.append(dns.rrset.from_text(host, TTL, "IN", "CNAME", *alias))
            host = alias[0]
        found = self.records.get((host, kind))
        if found:
            reply.answer.append(dns.rrset.from_text(host, TTL, "IN", kind, *found))
        elif not any(name == host for name, _ in self.records):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()


@contextmanager
def naming() -> Iterator[Nameserver]:
    """Serve a Nameserver over UDP."""
    nameserver = Nameserver()
    with _serving(nameserver.answer) as nameserver.address, _serving(_refuse) as nameserver.strict_address:
        yield nameserver


@contextmanager
def _serving(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    class Handler(socketserver.BaseRequestHandler):
        request: tuple[bytes, socket.socket]

        def handle(self) -> None:
            wire, door = self.request
            door.sendto(answer(wire), self.client_address)

    with socketserver.UDPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _refuse(wire: bytes) -> bytes:
    reply = dns.message.make_response(dns.message.from_wire(wire))
    reply.set_rcode(dns.rcode.REFUSED)
    return reply.to_wire()
