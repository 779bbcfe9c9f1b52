"""k8s.pod_quarantine: out of its Services, and kept for people to look at."""

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tests.actions.kubernetes.targets import settled
from tocsin.actions.kubernetes.quarantine import QuarantinePod
from tocsin.actions.kubernetes.targets import PodTarget
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def quarantine(connections: Connections) -> QuarantinePod:
    return QuarantinePod(connections)


def of(pod: str) -> PodTarget:
    return PodTarget.model_validate({"connection": "k8s:main", "namespace": NAMESPACE, "pod": pod})


def test_a_controller_makes_another_pod_and_this_one_stays(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.deploy()
    service = kube.props.service(app=name)
    want = of(next(iter(kube.around.pods_of(name))))
    plan = quarantine.plan(want)
    done = quarantine.run(want, plan, "step-1")
    assert (done.services, settled(quarantine, want, plan).state) == ((service,), "ok")
    kube.settle(name)
    kube.around.until(lambda: len(kube.around.pods_of(name)) == 2)
    assert (want.pod in kube.around.pods_of(name), kube.props.read_pod(want.pod).status.phase) == (
        False,
        "Running",
    )
    kube.core.delete_namespaced_pod(want.pod, NAMESPACE)


def test_labels_that_no_service_selects_by_stay(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front", "tier": "web", "team": "shop"})
    kube.props.service(app="front", tier="web")
    kube.props.service(app="other")
    quarantine.run(of(name), quarantine.plan(of(name)), "step-1")
    assert kube.props.read_pod(name).metadata.labels == {"team": "shop", "tocsin/quarantined": "true"}


def test_what_was_taken_is_written_on_the_pod(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front"})
    kube.props.service(app="front")
    quarantine.run(of(name), quarantine.plan(of(name)), "step-1")
    kept = kube.props.read_pod(name).metadata.annotations["tocsin/former-labels"]
    assert kept == '{"app": "front", "tocsin/quarantined": null}'


def test_a_pod_that_no_service_selects_is_refused(quarantine: QuarantinePod, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="nothing to take it out of") as caught:
        quarantine.plan(of(kube.around.bare_pod("node-1", labels={"app": "alone"})))
    assert caught.value.kind is ErrorClass.INVALID


def test_that_nothing_replaces_it_is_warned_of(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front"})
    kube.props.service(app="front")
    assert quarantine.plan(of(name)).warnings == ("no controller makes another pod in its place",)


def test_a_label_that_somebody_else_changed_is_left_alone(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front"})
    kube.props.service(app="front")
    plan = quarantine.plan(of(name))
    kube.props.label_pod(name, app="back")
    with pytest.raises(ActionFailed, match="somebody else changed") as caught:
        quarantine.run(of(name), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_verify_fails_when_somebody_gave_it_its_labels_back(quarantine: QuarantinePod, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front"})
    kube.props.service(app="front")
    plan = quarantine.plan(of(name))
    quarantine.run(of(name), plan, "step-1")
    kube.props.label_pod(name, app="front")
    assert quarantine.verify(of(name), plan).state == "failed"
