"""Names and ports."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.actions.cases.worlds import Case, Worlds, connections_of
from tocsin.actions.base import Frozen
from tocsin.actions.dns import Lookup
from tocsin.actions.tcp import Knock
from tocsin.connections import DnsConnection, TcpConnection


@dataclass(frozen=True)
class Knocking(Case):
    """A case whose inputs, not its connection, say which port."""

    closed: Frozen

    def through(self, connection: str) -> Frozen:
        return self.closed if connection == "closed" else super().through(connection)


def resolve(worlds: Worlds) -> Case:
    nameserver = worlds.nameserver
    nameserver.has("db.shop.example", "A", "192.0.2.1")
    want = Lookup(host="db.shop.example")
    return Case(
        connections=connections_of(
            DnsConnection(resolvers=(nameserver.address,)),
            DnsConnection(resolvers=(nameserver.strict_address,)),
            DnsConnection(resolvers=("127.0.0.1:9",)),
        ),
        want=want,
        missing=want.model_copy(update={"host": "nowhere.shop.example"}),
        state=lambda: len(nameserver.records),
        effects=lambda: len(nameserver.records),
    )


def check(worlds: Worlds) -> Case:
    site = worlds.site
    main = TcpConnection(hosts=("127.0.0.1", "*.shop.example"), ports=(9, site.port), allow_private=True)
    denied = TcpConnection(hosts=("db.shop.example",), ports=(site.port,), allow_private=True)
    want = Knock(connection="tcp:main", host="127.0.0.1", port=site.port)
    return Knocking(
        connections=connections_of(main, denied, main),
        want=want,
        missing=want.model_copy(update={"host": f"{'too-long-for-a-label' * 4}.shop.example"}),
        state=lambda: len(site.seen),
        effects=lambda: len(site.seen),
        closed=want.model_copy(update={"port": 9}),
    )


CASES: dict[str, Callable[[Worlds], Case]] = {"dns.resolve": resolve, "tcp.check": check}
