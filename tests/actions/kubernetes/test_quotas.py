"""A ResourceQuota that leaves no room for more pods is told of before they do not start."""

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.scale import ScaleTo, ScaleWorkload
from tocsin.connections import Connections

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]

CONTAINER = {
    "name": "app",
    "image": "registry.example/checkout:1.0",
    "resources": {"requests": {"cpu": "250m", "memory": "64Mi"}, "limits": {"cpu": "1"}},
}


@pytest.fixture
def asking(kube: Kube) -> str:
    """A Deployment of two pods that ask for a quarter of a core each."""
    name = kube.deploy()
    kube.patch(name, {"spec": {"template": {"spec": {"containers": [CONTAINER]}}}})
    kube.settle(name)
    kube.around.until(lambda: len(kube.around.pods_of(name)) == 2)
    return name


def warnings(connections: Connections, name: str, replicas: int) -> tuple[str, ...]:
    want = ScaleTo.model_validate({**at(name), "replicas": replicas})
    return ScaleWorkload(connections).plan(want).warnings


@pytest.mark.parametrize(
    ("hard", "told"),
    [
        ({"requests.cpu": "1"}, "requests.cpu of 1, 500m are used, and 3 more pods need 0.75"),
        ({"cpu": "1"}, "cpu of 1, 500m are used, and 3 more pods need 0.75"),
        ({"pods": "4"}, "pods of 4, 2 are used, and 3 more pods need 3"),
    ],
)
def test_a_quota_without_room_is_warned_of(
    connections: Connections, kube: Kube, asking: str, hard: dict[str, str], told: str
) -> None:
    kube.around.quota("small", hard)
    (warning,) = warnings(connections, asking, 5)
    assert warning == f"the quota small allows {told}: some will not start"


def test_a_quota_with_room_is_not_warned_of(connections: Connections, kube: Kube, asking: str) -> None:
    kube.around.quota("small", {"requests.cpu": "2", "pods": "9", "secrets": "1"})
    assert warnings(connections, asking, 3) == ()


def test_scaling_down_asks_no_quota(connections: Connections, kube: Kube, asking: str) -> None:
    kube.around.quota("small", {"pods": "1"})
    assert warnings(connections, asking, 1) == ()
