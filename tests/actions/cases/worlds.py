"""The worlds that actions are tried in, and what a case tells of one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from tests.actions.kube import Kube
from tests.actions.nameserver import Nameserver
from tests.actions.prometheus import Prometheus
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
    """Every system there is."""

    kube: Kube
    cloud: Cloud
    player: Player
    slack_url: str
    site: Site
    nameserver: Nameserver
    prometheus: Callable[[], Prometheus]
    """Skips the test where Prometheus is not installed."""
    folder: Path


def connections_of(
    main: Connection, denied: Connection, closed: Connection, **more: Connection
) -> Connections:
    named = {"main": main, "denied": denied, "closed": closed, **more}
    return Connections({f"{one.kind}:{name}": one for name, one in named.items()})
