"""The worlds that actions are tried in, and what a case tells of one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from tests.actions.keyspace import Keyspace
from tests.actions.kube import Kube
from tests.actions.nameserver import Nameserver
from tests.actions.pager import FarPager
from tests.actions.prometheus import Prometheus
from tests.actions.queries import Queries
from tests.actions.servers import Site
from tocsin.actions.base import Frozen
from tocsin.connections import Connection, Connections
from tocsin.playground.cloud import Cloud
from tocsin.playground.cluster.start import Cluster
from tocsin.playground.slack.player import Player

CLOSED = "http://127.0.0.1:9"
"""Where nobody listens."""


@dataclass(frozen=True)
class Case:
    """One action in its world. The connections are called main, denied and closed."""

    connections: Connections
    want: Frozen
    missing: Frozen
    """The same of an object that does not exist."""
    state: Callable[[], JsonValue]
    """What the action may change and undo puts back."""
    effects: Callable[[], JsonValue]
    """Something that differs after every further effect."""

    def through(self, connection: str) -> Frozen:
        """Return the inputs with another connection of the same kind."""
        kind = str(self.want.model_dump()["connection"]).partition(":")[0]
        return self.want.model_copy(update={"connection": f"{kind}:{connection}"})


class Worlds:
    """Every system there is: the fixtures of these names. Each starts, empty, when it is first asked for."""

    cluster: Cluster
    empty_cloud: Cloud
    keyspace: Keyspace
    kube: Kube
    nameserver: Nameserver
    pagerduty: FarPager
    player: Player
    prometheus: Prometheus
    queries: Queries
    site: Site
    slack_url: str
    tmp_path: Path

    def __init__(self, ask: Callable[[str], Any]) -> None:
        self._ask = ask

    def __getattr__(self, fixture: str) -> Any:
        return self._ask(fixture)


def connections_of(
    main: Connection,
    denied: Connection,
    closed: Connection,
    missing: Connection | None = None,
    ca_bundle: str | None = None,
) -> Connections:
    """Name them; ``missing`` is for actions whose inputs name nothing that could be missing."""
    named = {"main": main, "denied": denied, "closed": closed, "missing": missing}
    found = {f"{one.kind}:{name}": one for name, one in named.items() if one is not None}
    return Connections(found, ca_bundle)
