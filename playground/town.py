"""The practice town: Slack, PagerDuty, a cluster, a cloud and Tocsin itself, each a process of its own."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tocsin.playground.cloud import REGION, Cloud, build_orders_database
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.cluster.workload import Workload, deploy
from tocsin.playground.estate import (
    CHECKOUT,
    DOCUMENTS,
    SHOP,
    build_machine,
    build_service,
    build_zone,
)
from tocsin.playground.pagerduty.account import PRACTICE_TOKEN
from tocsin.playground.pagerduty.pager import Pager
from tocsin.playground.serving import HOST, Child, ServedChild, free_port
from tocsin.playground.slack.player import Player
from tocsin.playground.tls import PracticeCA

WORKLOAD = Workload(namespace="shop", name="checkout", image="registry.example/checkout:1.4.2", replicas=3)
BAD_IMAGE = "registry.example/checkout:bad-1.5.0"
TOKEN = "practice-bootstrap-token"
SLACK = {
    "TOCSIN_SLACK_BOT_TOKEN": "xoxb-practice",
    "TOCSIN_SLACK_SIGNING_SECRET": "practice-signing-secret",
}
WEBHOOK_SECRET = "practice-webhook-secret"

ORGANISATION = """\
announcements: incidents
default_severity: sev3
services:
  checkout:
    name: Checkout API
    pagerduty: [PCHKOUT]
    severity: sev2
    people: [ana@acme.example, bo@acme.example, chidi@acme.example]
    team: sre
    labels: {{ namespace: shop, deployment: checkout }}
  orders:
    name: Orders database
    pagerduty: [PORDERS]
    severity: sev1
    people: [ana@acme.example, chidi@acme.example]
teams:
  sre: {{ members: [bo@acme.example, elif@acme.example] }}
  dba: {{ members: [chidi@acme.example] }}
access:
  responder: ["group:sre", "group:dba", "user:ana@acme.example"]
connections:
  "k8s:main": {{ kubeconfig: "{kubeconfig}", context: admin }}
  "aws:main":
    region: {region}
    endpoint_url: "{cloud}"
    access_key_id: practice
    secret_access_key: practice
    documents: [{documents}]
"""


@dataclass(frozen=True)
class Addresses:
    """Where everything answers, on loopback."""

    console: int
    slack: int
    pagerduty: int
    pagerduty_page: int

    @classmethod
    def choose(cls) -> Self:
        """Take the usual ports, or free ones where somebody else has them."""
        return cls(*(port if _is_free(port) else free_port() for port in (8080, 8090, 8092, 8091)))

    @classmethod
    def free(cls) -> Self:
        """Take ports that nobody has."""
        return cls(*(free_port() for _ in range(4)))

    def url(self, port: int) -> str:
        """Return a port's address."""
        return f"http://{HOST}:{port}"


class Town:
    """Starts the town and takes it down again; ``tell`` hears what is going on."""

    def __init__(
        self,
        folder: Path,
        tell: Callable[[str], None],
        *,
        real_cluster: bool | None = None,
        at: Addresses | None = None,
    ) -> None:
        self.folder = folder
        self.at = at or Addresses.choose()
        self._tell = tell
        self._real_cluster = real_cluster
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as unless_it_stands:
            unless_it_stands.callback(self._open.close)
            self._build()
            unless_it_stands.pop_all()
        return self

    def _build(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = PracticeCA(self.folder / "ca")
        with ThreadPoolExecutor(4) as threads:
            slack, pagerduty = threads.submit(self._start_slack), threads.submit(self._start_pagerduty)
            cluster, cloud = threads.submit(self._start_cluster), threads.submit(self._start_cloud)
            self.cluster: Cluster = cluster.result()
            self.cloud: Cloud = cloud.result()
            slack.result()
            pagerduty.result()
        kubeconfig, cloud_url = str(self.cluster.kubeconfig), self.cloud.endpoint_url
        named = ", ".join(DOCUMENTS)
        text = ORGANISATION.format(kubeconfig=kubeconfig, cloud=cloud_url, region=REGION, documents=named)
        (self.folder / "tocsin.yaml").write_text(text, encoding="utf-8")
        self.start_tocsin()
        self.slack = self._open.enter_context(Player(self.at.url(self.at.slack)))
        self.pager = self._open.enter_context(Pager(f"https://{HOST}:{self.at.pagerduty}", self.ca.ca_pem))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tocsin.stop()
        self._open.close()

    @property
    def log(self) -> Path:
        """Where Tocsin's own log goes."""
        return self.folder / "tocsin.log"

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the settings of Tocsin in this town, for every command of it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        return {
            **inherited,
            **SLACK,
            "TOCSIN_CONFIG": str(self.folder / "tocsin.yaml"),
            "TOCSIN_DATA_DIR": str(self.folder / "data"),
            "TOCSIN_BASE_URL": self.at.url(self.at.console),
            "TOCSIN_SLACK_API_URL": f"{self.at.url(self.at.slack)}/api",
            "TOCSIN_PAGERDUTY_API_TOKEN": PRACTICE_TOKEN,
            "TOCSIN_PAGERDUTY_API_URL": f"https://{HOST}:{self.at.pagerduty}",
            "TOCSIN_PAGERDUTY_FROM": "bo@acme.example",
            "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS": WEBHOOK_SECRET,
            "TOCSIN_CA_BUNDLE": str(self.ca.ca_pem),
            "TOCSIN_BOOTSTRAP_TOKEN": TOKEN,
            "TOCSIN_SECRET_KEY": "practice-secret-key-of-the-town",
        }

    def start_tocsin(self, *options: str) -> None:
        """Start Tocsin, again after it was killed."""
        words = ["serve", "--port", str(self.at.console), *options]
        url = self.at.url(self.at.console)
        self.tocsin = ServedChild([sys.executable, "-m", "tocsin", *words], f"{url}/readyz", log=self.log)
        self.tocsin.start(environment=self.environment)
        self._tell(f"Tocsin answers at {url}")

    def start_worker(self, name: str) -> Child:
        """Start a worker beside it; the caller ends it."""
        worker = Child([sys.executable, "-m", "tocsin", "worker", "--name", name], log=self.log)
        worker.launch(self.environment)
        return worker

    def _start_slack(self) -> None:
        events = f"{self.at.url(self.at.console)}/slack/events"
        words = ["tocsin.playground.slack", "--port", str(self.at.slack), "--request-url", events]
        self._start("Slack", words, f"{self.at.url(self.at.slack)}/practice/state")

    def _start_pagerduty(self) -> None:
        webhooks = f"{self.at.url(self.at.console)}/webhooks/pagerduty"
        words = ["tocsin.playground.pagerduty", "--port", str(self.at.pagerduty)]
        words += ["--page-port", str(self.at.pagerduty_page), "--ca-folder", str(self.folder / "ca")]
        words += ["--webhook-url", webhooks, "--webhook-secret", WEBHOOK_SECRET, "--retry-scale", "0.1"]
        self._start("PagerDuty", words, f"{self.at.url(self.at.pagerduty_page)}/practice/state")

    def _start(self, name: str, words: list[str], probe: str) -> None:
        self._open.enter_context(ServedChild([sys.executable, "-m", *words], probe))
        self._tell(f"{name} answers at {probe.removesuffix('practice/state')}")

    def _start_cluster(self) -> Cluster:
        cluster = self._open.enter_context(start_cluster(self.folder / "cluster", self._real_cluster))
        deploy(cluster.kubeconfig, WORKLOAD)
        self._tell(f"A cluster ({cluster.kind}) runs {WORKLOAD.namespace}/{WORKLOAD.name}")
        return cluster

    def _start_cloud(self) -> Cloud:
        cloud = self._open.enter_context(Cloud())
        build_orders_database(cloud.endpoint_url)
        build_service(cloud.endpoint_url)
        build_zone(cloud.endpoint_url)
        machine = build_machine(cloud.endpoint_url)
        self._tell(f"A cloud has the database cluster orders, the service {SHOP}/{CHECKOUT}, and {machine}")
        return cloud


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0
