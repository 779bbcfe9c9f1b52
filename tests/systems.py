"""Fixtures of the systems that Tocsin works on: a cluster, a cloud, Slack, PagerDuty, a web service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.actions.kube import Kube
from tests.actions.servers import Site, serving
from tocsin.actions.pagerduty import PagerAccess
from tocsin.playground.cloud import Cloud, build_orders_database
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.pagerduty import pager as practice
from tocsin.playground.pagerduty.account import PRACTICE_TOKEN, Account, AccountSettings
from tocsin.playground.pagerduty.addresses import Addresses
from tocsin.playground.pagerduty.app import create_app
from tocsin.playground.serving import ServedApp, free_port
from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace
from tocsin.playground.tls import PracticeCA


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The real control plane where KUBEBUILDER_ASSETS names one, else the twin."""
    with start_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kube:
    return Kube(str(cluster.kubeconfig))


@pytest.fixture
def kube(kubectl: Kube) -> Iterator[Kube]:
    """An empty namespace `shop`."""
    yield kubectl
    kubectl.tidy()


@pytest.fixture(scope="session")
def running_cloud() -> Iterator[Cloud]:
    with Cloud() as cloud:
        yield cloud


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    """A cloud with the Aurora cluster `orders`: writer `orders-1`, reader `orders-2`."""
    running_cloud.reset()
    build_orders_database(running_cloud.endpoint_url)
    return running_cloud


@pytest.fixture(scope="session")
def slack_url() -> Iterator[str]:
    settings = Settings(request_url="http://127.0.0.1:9/slack/events", retry_delays=(), rate_limits=False)
    with hosted(Workspace(settings)) as address:
        yield address


@pytest.fixture
def player(slack_url: str) -> Iterator[Player]:
    with Player(slack_url) as player:
        player.reset()
        yield player


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture
def site(running_site: Site) -> Site:
    running_site.forget()
    return running_site


@pytest.fixture
def pager_access(tmp_path: Path) -> PagerAccess:
    """How the account of ``far_side`` is reached."""
    return PagerAccess(
        token=SecretStr(PRACTICE_TOKEN),
        base_url=f"https://127.0.0.1:{free_port()}",
        sender="bo@acme.example",
        ca_bundle=str(tmp_path / "ca" / "ca.pem"),
    )


@pytest.fixture
def far_side(tmp_path: Path, pager_access: PagerAccess) -> Iterator[practice.Pager]:
    """A PagerDuty account, over TLS."""
    ca = PracticeCA(tmp_path / "ca")
    url = pager_access.base_url
    settings = AccountSettings(addresses=Addresses(api=url, web=url), api_token=pager_access.token)
    port = int(url.rpartition(":")[2])
    with (
        ServedApp(create_app(Account(settings)), port, ca.server_certificate()) as served,
        practice.Pager(served.url, ca.ca_pem) as pager,
    ):
        yield pager
