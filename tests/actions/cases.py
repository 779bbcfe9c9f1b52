"""For every listed action: a world in which it works, and the ways in which it can be stopped there."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue, SecretStr

from tests.actions.kube import CANARY, NAMESPACE, Kube
from tests.actions.servers import Answer, Seen, Site
from tocsin.actions.base import Frozen
from tocsin.actions.http import HttpRequest
from tocsin.actions.kubernetes.client import Target
from tocsin.actions.kubernetes.diagnose import ListEvents, ReadLogs
from tocsin.actions.kubernetes.rollout import RollBack
from tocsin.actions.kubernetes.scale import ScaleTo
from tocsin.actions.rds import FailOver
from tocsin.actions.slack import Post
from tocsin.connections import (
    AwsConnection,
    Connection,
    Connections,
    HttpConnection,
    KubernetesConnection,
    SlackConnection,
)
from tocsin.playground.cloud import ACCESS_KEY_ID, ORDERS_CLUSTER, REGION, Cloud, practice_client
from tocsin.playground.cluster.kubeconfig import write_kubeconfig
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
    folder: Path


def _connections(main: Connection, denied: Connection, closed: Connection) -> Connections:
    named = {"main": main, "denied": denied, "closed": closed}
    return Connections({f"{one.kind}:{name}": one for name, one in named.items()})


def _deployed(worlds: Worlds) -> str:
    """Return a Deployment with two revisions, the second one broken."""
    name = worlds.kube.deploy("registry.example/checkout:1.0")
    worlds.kube.ship(name, "registry.example/checkout:bad-1.1")
    return name


def _kubernetes(worlds: Worlds, name: str, want: Target) -> Case:
    kubeconfig = worlds.kube.kubeconfig
    closed = worlds.folder / "closed"
    write_kubeconfig(closed, CLOSED)
    connections = _connections(
        KubernetesConnection(kubeconfig=kubeconfig, context="admin", namespaces=(NAMESPACE,)),
        KubernetesConnection(kubeconfig=kubeconfig, context="bot"),
        KubernetesConnection(kubeconfig=str(closed)),
    )
    return Case(
        connections=connections,
        want=want,
        missing=want.model_copy(update={"deployment": "nowhere"}),
        state=lambda: worlds.kube.spec(name),
        effects=lambda: worlds.kube.generation(name),
    )


def _at(name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, "deployment": name}


def scale(worlds: Worlds) -> Case:
    name = worlds.kube.deploy()
    return _kubernetes(worlds, name, ScaleTo.model_validate({**_at(name), "replicas": 4}))


def rollout_undo(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, RollBack.model_validate(_at(name)))


def rollout_status(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, Target.model_validate(_at(name)))


def events(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, ListEvents.model_validate(_at(name)))


def logs(worlds: Worlds) -> Case:
    name = _deployed(worlds)
    return _kubernetes(worlds, name, ReadLogs.model_validate(_at(name)))


def failover(worlds: Worlds) -> Case:
    def connection(url: str, account: str | None) -> AwsConnection:
        secret = SecretStr(CANARY)
        key = SecretStr(ACCESS_KEY_ID)
        return AwsConnection(
            region=REGION, account=account, endpoint_url=url, access_key_id=key, secret_access_key=secret
        )

    def members() -> JsonValue:
        rds = practice_client(worlds.cloud.endpoint_url, "rds")
        found = rds.describe_db_clusters(DBClusterIdentifier=ORDERS_CLUSTER)["DBClusters"][0][
            "DBClusterMembers"
        ]
        return {one["DBInstanceIdentifier"]: one["IsClusterWriter"] for one in found}

    url = worlds.cloud.endpoint_url
    want = FailOver(connection="aws:main", cluster=ORDERS_CLUSTER)
    return Case(
        connections=_connections(
            connection(url, "123456789012"), connection(url, "999999999999"), connection(CLOSED, None)
        ),
        want=want,
        missing=want.model_copy(update={"cluster": "nowhere"}),
        state=members,
        effects=members,
    )


def http_request(worlds: Worlds) -> Case:
    orders: dict[str, str] = {}
    site = worlds.site

    def order(seen: Seen) -> Answer:
        """A shop that takes idempotency keys, knows its customers, and talks too much."""
        if seen.headers.get("authorization") != f"Bearer {CANARY}":
            return Answer(401)
        orders.setdefault(seen.headers["idempotency-key"], seen.body.decode())
        return Answer(201, {"content-type": "application/json"}, json.dumps(seen.headers).encode())

    def connection(url: str, token: str) -> HttpConnection:
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return HttpConnection(base_url=url, headers=headers, allow_private=True)

    site.routes["/orders"] = order
    want = HttpRequest(connection="http:main", method="POST", path="/orders", json_body={"item": 7})
    return Case(
        connections=_connections(
            connection(site.url, CANARY), connection(site.url, "wrong"), connection(CLOSED, CANARY)
        ),
        want=want,
        missing=want.model_copy(update={"path": "/nowhere"}),
        state=lambda: list(orders.values()),
        effects=lambda: list(orders.values()),
    )


def slack_post(worlds: Worlds) -> Case:
    def connection(url: str, token: str) -> SlackConnection:
        return SlackConnection(token=SecretStr(token), api_url=f"{url}/api/")

    def said() -> JsonValue:
        return [str(message["text"]) for message in worlds.player.messages("#incidents")]

    want = Post(channel="C0INCIDENTS", text="The rollback is done.")
    return Case(
        connections=_connections(
            connection(worlds.slack_url, "xoxb-practice"),
            connection(worlds.slack_url, CANARY),
            connection(CLOSED, CANARY),
        ),
        want=want,
        missing=want.model_copy(update={"channel": "C0NOWHERE"}),
        state=said,
        effects=said,
    )


CASES: dict[str, Callable[[Worlds], Case]] = {
    "http.request": http_request,
    "k8s.events": events,
    "k8s.logs": logs,
    "k8s.rollout_status": rollout_status,
    "k8s.rollout_undo": rollout_undo,
    "k8s.scale": scale,
    "rds.failover": failover,
    "slack.post": slack_post,
}
