"""Ask name servers what a name stands for."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit

import dns.exception
import dns.name
import dns.nameserver
import dns.rcode
import dns.rdata
import dns.rdtypes.ANY.TXT
import dns.resolver
from pydantic import Field, JsonValue

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.connections import DnsConnection
from tocsin.errors import ActionFailed, ErrorClass

PATIENCE = 3.0
"""Seconds that one resolver has for its answer."""
MAX_ANSWERS = 50
"""Records of one resolver that go into the output."""

_SYSTEM = "system"


class Lookup(Frozen):
    """A name, and what is asked of it."""

    connection: str = Field(default="dns:main", description="The resolvers: dns:NAME of tocsin.yaml")
    host: str = Field(
        max_length=253,
        pattern=r"^[A-Za-z0-9_*-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$",
        description="The whole name",
    )
    type: Literal["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"] = "A"


class ResolverAnswer(Frozen):
    """What one resolver said."""

    resolver: str
    """Its address; ``system`` for whichever of the system's answered."""
    status: Literal["found", "no record", "no such name"]
    answers: tuple[str, ...]
    """Sorted, at most fifty, names without the last dot and in lower case."""
    aliases: tuple[str, ...]
    """The names that the asked one is an alias of, one after the other."""
    ttl: int | None
    """Seconds for which the resolver may repeat this."""


class Resolved(Frozen):
    """What the resolvers said; ``resolvers`` holds each one's own answer."""

    answers: tuple[str, ...]
    """Only what every resolver answered."""
    agreed: bool
    """Whether all of them answered the same."""
    ttl: int | None
    """The longest of the resolvers' seconds: after it all have asked again."""
    resolvers: tuple[ResolverAnswer, ...]


class ResolveName(Action[Lookup, Plan, Resolved]):
    """Ask every resolver of a connection for a name's records, and fail where none has any."""

    name = "dns.resolve"
    risk = Risk.READ
    effect = Effect.READ

    @classmethod
    def by_hand(cls, given: Mapping[str, JsonValue]) -> str:
        return f"dig +noall +answer {given.get('host')} {given.get('type', 'A')}"

    def permissions(self, want: Lookup) -> list[Permission]:
        resource = f"{want.type} {want.host}"
        return [
            Permission(system="dns", verb="query", resource=f"{resource} at {at}") for at in self._at(want)
        ]

    def plan(self, want: Lookup) -> Plan:
        return Plan(summary=f"Ask {', '.join(self._at(want))} for {want.type} of {want.host}")

    def run(self, want: Lookup, plan: Plan, key: str) -> Resolved:
        said = tuple(_ask(want, at) for at in self._at(want))
        if all(one.status != "found" for one in said):
            words = (
                "there is no such name" if said[0].status == "no such name" else "the name has no such record"
            )
            raise ActionFailed(f"{want.connection}: {want.type} of {want.host}: {words}.", ErrorClass.MISSING)
        shared = set(said[0].answers).intersection(*(one.answers for one in said))
        return Resolved(
            answers=tuple(sorted(shared)),
            agreed=len({one.answers for one in said}) == 1,
            ttl=max((one.ttl for one in said if one.ttl is not None), default=None),
            resolvers=said,
        )

    def _at(self, want: Lookup) -> tuple[str, ...]:
        return self.connections.get(want.connection, DnsConnection).resolvers or (_SYSTEM,)


def _ask(want: Lookup, at: str) -> ResolverAnswer:
    with _told(want, at):
        try:
            answer = _resolver(at).resolve(
                dns.name.from_text(want.host), want.type, raise_on_no_answer=False, lifetime=PATIENCE
            )
        except dns.resolver.NXDOMAIN:
            return ResolverAnswer(resolver=at, status="no such name", answers=(), aliases=(), ttl=None)
    found = answer.rrset or ()
    return ResolverAnswer(
        resolver=at,
        status="found" if found else "no record",
        answers=tuple(sorted(map(_text, found))[:MAX_ANSWERS]),
        aliases=tuple(_text(one[0]) for one in answer.chaining_result.cnames),
        ttl=answer.chaining_result.minimum_ttl if found else None,
    )


def _resolver(at: str) -> dns.resolver.Resolver:
    if at == _SYSTEM:
        return dns.resolver.Resolver()
    resolver, place = dns.resolver.Resolver(configure=False), urlsplit(f"//{at}")
    resolver.nameservers = [dns.nameserver.Do53Nameserver(str(place.hostname), place.port or 53)]
    return resolver


def _text(record: dns.rdata.Rdata) -> str:
    if isinstance(record, dns.rdtypes.ANY.TXT.TXT):
        return b"".join(record.strings).decode(errors="replace")
    text = record.to_text().lower()
    return " ".join(part.removesuffix(".") or "." for part in text.split(" "))


@contextmanager
def _told(want: Lookup, at: str) -> Iterator[None]:
    """Raise every failure of a resolver as ActionFailed."""
    which = f"{want.connection}: the resolver {at}"
    try:
        yield
    except dns.resolver.LifetimeTimeout:
        raise ActionFailed(f"{which} did not answer in {PATIENCE:.0f} s.", ErrorClass.TIMEOUT) from None
    except dns.resolver.NoNameservers as error:
        codes = {one[4].rcode() for one in error.kwargs["errors"] if one[4] is not None}
        refused = dns.rcode.REFUSED in codes
        told = " and ".join(sorted(map(dns.rcode.to_text, codes))) or "nothing that can be used"
        kind = ErrorClass.DENIED if refused else ErrorClass.TRANSIENT
        raise ActionFailed(f"{which} answered {told} for {want.type} of {want.host}.", kind) from None
    except dns.resolver.NoResolverConfiguration:
        words = f"{which} is not configured; give resolvers to the connection in tocsin.yaml."
        raise ActionFailed(words, ErrorClass.INVALID) from None
    except dns.exception.DNSException as error:
        raise ActionFailed(f"{which} failed ({type(error).__name__}).", ErrorClass.TRANSIENT) from None
