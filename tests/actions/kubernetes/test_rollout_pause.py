"""k8s.rollout_pause and k8s.rollout_resume where they warn and are overtaken."""

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at, settled
from tocsin.actions.kubernetes.pause import PauseRollout, ResumeRollout
from tocsin.actions.kubernetes.targets import DeploymentTarget
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def pause(connections: Connections) -> PauseRollout:
    return PauseRollout(connections)


@pytest.fixture
def resume(connections: Connections) -> ResumeRollout:
    return ResumeRollout(connections)


def of(name: str) -> DeploymentTarget:
    return DeploymentTarget.model_validate(at(name))


def test_a_paused_rollout_makes_no_new_pods_until_it_is_resumed(
    pause: PauseRollout, resume: ResumeRollout, kube: Kube
) -> None:
    name = kube.deploy()
    before = kube.around.pods_of(name)
    pause.run(of(name), pause.plan(of(name)), "step-1")
    kube.ship(name, "registry.example/checkout:1.1")
    assert kube.around.pods_of(name) == before
    plan = resume.plan(of(name))
    resume.run(of(name), plan, "step-2")
    assert settled(resume, of(name), plan).state == "ok"
    assert not before.keys() & kube.around.pods_of(name).keys()


def test_what_a_pause_holds_up_is_warned_of(pause: PauseRollout, kube: Kube) -> None:
    name = kube.deploy()
    assert pause.plan(of(name)).warnings == (
        f"until it is resumed, no deploy, restart or rollback of {name} makes new pods",
        "no rollout is under way: pausing holds the next one",
    )


def test_the_pods_that_a_resumed_rollout_replaces_are_told(resume: ResumeRollout, kube: Kube) -> None:
    name = kube.deploy()
    kube.patch(name, {"spec": {"paused": True}})
    kube.ship(name, "registry.example/checkout:1.1")
    kube.wait(name, lambda found: not found["status"].get("updatedReplicas"))
    assert resume.plan(of(name)).warnings == (f"2 pods of {name} are replaced when it goes on",)


def test_a_rollout_that_goes_on_needs_no_resuming(resume: ResumeRollout, kube: Kube) -> None:
    assert resume.plan(of(kube.deploy())).noop


def test_a_deployment_made_anew_is_left_alone(pause: PauseRollout, kube: Kube) -> None:
    name = kube.deploy()
    plan = pause.plan(of(name)).model_copy(update={"uid": "another"})
    with pytest.raises(ActionFailed, match="made anew") as caught:
        pause.run(of(name), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_verify_fails_when_somebody_resumed_it(pause: PauseRollout, kube: Kube) -> None:
    name = kube.deploy()
    plan = pause.plan(of(name))
    pause.run(of(name), plan, "step-1")
    kube.patch(name, {"spec": {"paused": None}})
    assert pause.verify(of(name), plan).state == "failed"
