"""k8s.rollout_status looks closely."""

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.status import RolloutStatus, ShowRollout
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections

pytestmark = pytest.mark.timeout(60)


def look(connections: Connections, name: str) -> RolloutStatus:
    action, want = ShowRollout(connections), Target.model_validate(at(name))
    return action.run(want, action.plan(want), "step-1")


def test_a_finished_rollout_is_complete(connections: Connections, shipped: str) -> None:
    assert look(connections, shipped).model_dump() == {
        "state": "complete",
        "message": "2 of 2 replicas are updated and available",
        "revision": 3,
        "replicas": 2,
        "updated": 2,
        "available": 2,
        "image": "registry.example/checkout:1.2",
        "images": {"app": "registry.example/checkout:1.2"},
    }


def test_a_rollout_that_cannot_go_on_progresses_until_its_deadline(
    connections: Connections, kube: Kube
) -> None:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    assert look(connections, name).state == "progressing"


def test_a_rollout_past_its_deadline_is_stalled(connections: Connections, kube: Kube) -> None:
    name = kube.deploy(spec={"progressDeadlineSeconds": 1})
    kube.ship(name, "registry.example/checkout:bad-1.1")
    kube.wait(name, lambda found: "ProgressDeadlineExceeded" in str(found["status"]))
    assert look(connections, name).state == "stalled"


def verdict(connections: Connections, name: str) -> str:
    action, want = ShowRollout(connections), Target.model_validate(at(name))
    return action.verify(want, action.plan(want)).state


def test_a_look_at_a_finished_rollout_holds(connections: Connections, shipped: str) -> None:
    assert verdict(connections, shipped) == "ok"


def test_a_look_at_a_rollout_that_cannot_go_on_does_not_hold(connections: Connections, kube: Kube) -> None:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    assert verdict(connections, name) == "waiting"


def test_a_look_at_a_stalled_rollout_fails_at_once(connections: Connections, kube: Kube) -> None:
    name = kube.deploy(spec={"progressDeadlineSeconds": 1})
    kube.ship(name, "registry.example/checkout:bad-1.1")
    kube.wait(name, lambda found: "ProgressDeadlineExceeded" in str(found["status"]))
    assert verdict(connections, name) == "failed"
