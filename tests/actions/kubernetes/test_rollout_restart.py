"""k8s.rollout_restart: once for a step however often it is tried, and where it refuses and warns."""

from typing import Any

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at, settled
from tocsin.actions.kubernetes.restart import RestartRollout
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def restart(connections: Connections) -> RestartRollout:
    return RestartRollout(connections)


def of(name: str) -> Target:
    return Target.model_validate(at(name))


def test_every_pod_is_replaced(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    before = kube.around.pods_of(name)
    plan = restart.plan(of(name))
    restart.run(of(name), plan, "step-1")
    assert settled(restart, of(name), plan).state == "ok"
    assert not before.keys() & kube.around.pods_of(name).keys()


def test_the_template_stays_as_it_is_but_for_the_time(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    before = kube.read(name)["spec"]["template"]
    done = restart.run(of(name), restart.plan(of(name)), "step-1")
    after = kube.read(name)["spec"]["template"]
    time = after["metadata"].pop("annotations")
    assert (after, time) == (before, {"kubectl.kubernetes.io/restartedAt": done.restarted_at})


def test_another_try_of_the_step_keeps_the_time_of_the_first(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    plan = restart.plan(of(name))
    first = restart.run(of(name), plan, "step-1")
    second = restart.run(of(name), plan, "step-1")
    assert second == first.model_copy(update={"changed": False})


def test_another_step_restarts_again(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    restart.run(of(name), restart.plan(of(name)), "step-1")
    assert restart.run(of(name), restart.plan(of(name)), "step-2").changed


def test_a_plan_that_is_made_again_is_the_same(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    assert restart.plan(of(name)).digest == restart.plan(of(name)).digest


def test_a_paused_rollout_is_refused(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    kube.patch(name, {"spec": {"paused": True}})
    with pytest.raises(ActionFailed, match="paused") as caught:
        restart.plan(of(name))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_deployment_made_anew_since_the_plan_is_left_alone(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    plan = restart.plan(of(name)).model_copy(update={"uid": "another"})
    with pytest.raises(ActionFailed, match="made anew") as caught:
        restart.run(of(name), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_an_ordinary_restart_warns_of_nothing(restart: RestartRollout, kube: Kube) -> None:
    assert restart.plan(of(kube.deploy())).warnings == ()


@pytest.mark.parametrize(
    "spec",
    [
        {"strategy": {"type": "Recreate"}},
        {"strategy": {"rollingUpdate": {"maxUnavailable": "100%"}}},
        {"strategy": {"rollingUpdate": {"maxUnavailable": 2}}},
    ],
)
def test_a_strategy_that_may_stop_every_pod_is_warned_of(
    restart: RestartRollout, kube: Kube, spec: dict[str, Any]
) -> None:
    assert "every pod may be stopped" in restart.plan(of(kube.deploy(spec=spec))).warnings[0]


def test_a_deployment_without_replicas_is_warned_of(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy(spec={"replicas": 0})
    assert restart.plan(of(name)).warnings == (f"{name} has 0 replicas: there is nothing to restart",)


def test_a_rollout_under_way_is_warned_of(restart: RestartRollout, kube: Kube) -> None:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    assert "not complete" in restart.plan(of(name)).warnings[0]


def test_a_template_deployed_without_the_restart_fails_verification(
    restart: RestartRollout, kube: Kube
) -> None:
    name = kube.deploy()
    plan = restart.plan(of(name))
    restart.run(of(name), plan, "step-1")
    kube.patch(name, {"spec": {"template": {"metadata": {"annotations": None}}}})
    assert restart.verify(of(name), plan).state == "failed"
