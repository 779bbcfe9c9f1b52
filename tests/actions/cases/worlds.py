"""The worlds that actions are tried in, and what a case tells of one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from tests.actions.keyspace import Keyspace
from tests.actions.kube import Kube
from tests.actions.pager import FarPager
from tests.actions.queries import Queries
from tests.actions.servers import Site
from tocsin.actions.base import Frozen
from tocsin.connections import Connection, Connections
from tocsin.playground.cloud import Cloud
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


@dataclass(frozen=True)
class Worlds:
    """Every system there is; those that start when they are asked for are asked for by their fixtures."""

    kube: Kube
    cloud: Cloud
    player: Player
    slack_url: str
    site: Site
    folder: Path
    ask: Callable[[str], Any]

    @property
    def pagerduty(self) -> FarPager:
        found: FarPager = self.ask("pagerduty")
        return found

    @property
    def keyspace(self) -> Keyspace:
        found: Keyspace = self.ask("keyspace")
        return found

    @property
    def queries(self) -> Queries:
        found: Queries = self.ask("queries")
        return found


def connections_of(
    main: Connection,
    denied: Connection,
    closed: Connection,
    *others: Connection,
    ca_bundle: str | None = None,
) -> Connections:
    """Name them; a fourth one is called missing."""
    named = zip(("main", "denied", "closed", "missing"), (main, denied, closed, *others), strict=False)
    return Connections({f"{one.kind}:{name}": one for name, one in named}, ca_bundle)
