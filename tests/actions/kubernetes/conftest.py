"""The connection that the Kubernetes actions get, and Deployments with a past."""

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.connections import Connections, KubernetesConnection
from tocsin.playground.cluster.start import Cluster


@pytest.fixture
def connections(kube: Kube) -> Connections:
    main = KubernetesConnection(kubeconfig=kube.kubeconfig, context="admin", namespaces=(NAMESPACE,))
    return Connections({"k8s:main": main})


@pytest.fixture
def whole(kube: Kube) -> Connections:
    """A connection that may touch nodes."""
    return Connections({"k8s:whole": KubernetesConnection(kubeconfig=kube.kubeconfig, context="admin")})


@pytest.fixture
def shipped(kube: Kube) -> str:
    """A Deployment with the revisions 1, 2 and 3, of the images 1.0, 1.1 and 1.2."""
    name = kube.deploy("registry.example/checkout:1.0")
    for image in ("registry.example/checkout:1.1", "registry.example/checkout:1.2"):
        kube.ship(name, image)
        kube.settle(name)
    return name


@pytest.fixture
def real(cluster: Cluster) -> None:
    """A control plane that knows every kind."""
    if cluster.kind == "twin":
        # A twin of every kind would only repeat what we think of them; `.ci/run` brings the real one.
        pytest.skip("the twin does not know every kind; set KUBEBUILDER_ASSETS to a control plane")
