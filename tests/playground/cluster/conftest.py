"""Two clusters that must answer alike: the twin, and a real control plane where there is one."""

import os
import uuid
from collections.abc import Iterator

import pytest
from kubernetes import client
from tests.playground.cluster.looks import Client

from tocsin.playground.cluster.control_plane import ASSETS_VARIABLE
from tocsin.playground.cluster.start import Cluster, start_cluster
from tocsin.playground.cluster.workload import Workload, admin_client, deploy


@pytest.fixture(scope="package")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with start_cluster(tmp_path_factory.mktemp("twin"), real=False) as running:
        yield running


@pytest.fixture(scope="package")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if ASSETS_VARIABLE not in os.environ:
        # Optional, as its programs are in no package. Set and wrong, it fails: somebody wanted it.
        pytest.skip(f"set {ASSETS_VARIABLE} to the folder of a control plane's programs")
    with start_cluster(tmp_path_factory.mktemp("cluster"), real=True) as running:
        yield running


@pytest.fixture(params=["twin", pytest.param("control plane", marks=pytest.mark.cluster)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    running: Cluster = request.getfixturevalue(request.param.replace(" ", "_"))
    return running


@pytest.fixture
def apps(cluster: Cluster) -> Client:
    return client.AppsV1Api(admin_client(cluster.kubeconfig))


@pytest.fixture
def core(cluster: Cluster) -> Client:
    return client.CoreV1Api(admin_client(cluster.kubeconfig))


@pytest.fixture
def shop() -> Workload:
    """A workload in a namespace of its own, not deployed yet."""
    return Workload(namespace=f"shop-{uuid.uuid4().hex[:8]}", replicas=3, progress_deadline=2)


@pytest.fixture(scope="package")
def standing_in() -> set[str]:
    """The clusters that have the standing workload already, by address."""
    return set()


@pytest.fixture
def standing(cluster: Cluster, standing_in: set[str]) -> Workload:
    """A workload that stands ready for tests that leave it as it is."""
    workload = Workload(namespace="shop-standing")
    if cluster.url not in standing_in:
        deploy(cluster.kubeconfig, workload)
        standing_in.add(cluster.url)
    return workload


@pytest.fixture
def checkout(cluster: Cluster, shop: Workload) -> Workload:
    deploy(cluster.kubeconfig, shop)
    return shop
