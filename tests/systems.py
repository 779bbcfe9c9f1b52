"""Fixtures of the systems that Tocsin works on: a cluster, a cloud, a workspace, databases, the web."""

import os
from collections.abc import Iterator

import pytest

from tests.actions.keyspace import Keyspace, serving_redis
from tests.actions.kube import Kube
from tests.actions.nameserver import Nameserver, naming
from tests.actions.pager import FarPager, serving_pagerduty
from tests.actions.prometheus import Prometheus, running
from tests.actions.queries import Queries, queries_in
from tests.actions.servers import Site, serving
from tocsin.playground.cloud import Cloud, build_orders_database
from tocsin.playground.cluster.control_plane import ASSETS_VARIABLE
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The real control plane, and no other, where KUBEBUILDER_ASSETS is set; else the twin."""
    real = ASSETS_VARIABLE in os.environ
    with start_cluster(tmp_path_factory.mktemp("cluster"), real=real) as cluster:
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
def empty_cloud(running_cloud: Cloud) -> Cloud:
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def cloud(empty_cloud: Cloud) -> Cloud:
    """A cloud with the Aurora cluster `orders`: writer `orders-1`, reader `orders-2`."""
    build_orders_database(empty_cloud.endpoint_url)
    return empty_cloud


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


@pytest.fixture(scope="session")
def running_nameserver() -> Iterator[Nameserver]:
    with naming() as nameserver:
        yield nameserver


@pytest.fixture
def nameserver(running_nameserver: Nameserver) -> Nameserver:
    running_nameserver.forget()
    return running_nameserver


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running(tmp_path_factory.mktemp("prometheus")) as prometheus:
        yield prometheus


@pytest.fixture(scope="session")
def running_pagerduty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarPager]:
    with serving_pagerduty(tmp_path_factory.mktemp("pagerduty")) as far:
        yield far


@pytest.fixture
def pagerduty(running_pagerduty: FarPager) -> FarPager:
    """An account without incidents."""
    running_pagerduty.pager.reset()
    return running_pagerduty


@pytest.fixture(scope="session")
def running_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keyspace]:
    with serving_redis(tmp_path_factory.mktemp("redis")) as keyspace:
        yield keyspace


@pytest.fixture
def keyspace(running_redis: Keyspace) -> Keyspace:
    """A Redis without keys."""
    running_redis.client.flushall()
    return running_redis


@pytest.fixture
def queries(database_url: str) -> Iterator[Queries]:
    """A database in which queries can be left running."""
    with queries_in(database_url) as queries:
        yield queries
