"""k8s.networkpolicy_isolate where it refuses, warns and is overtaken."""

from typing import Any

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.actions.kubernetes.isolate import Isolate, IsolatePods
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def isolate(connections: Connections) -> IsolatePods:
    return IsolatePods(connections)


@pytest.fixture
def suspect(kube: Kube) -> str:
    """A pod of the labels that the policy is for."""
    return kube.around.bare_pod("node-1", labels={"suspect": "yes", "app": "front"})


def of(**given: Any) -> Isolate:
    usual = {
        "connection": "k8s:main",
        "namespace": NAMESPACE,
        "policy": "isolate",
        "pods": {"suspect": "yes"},
    }
    return Isolate.model_validate({**usual, **given})


def test_the_plan_names_the_pods(isolate: IsolatePods, suspect: str) -> None:
    assert isolate.plan(of()).summary == f"Cut 1 pods of shop off the network: {suspect}"


def test_one_way_may_stay_open(isolate: IsolatePods, suspect: str) -> None:
    (change,) = isolate.plan(of(direction="in")).changes
    assert change.after == {"podSelector": {"matchLabels": {"suspect": "yes"}}, "policyTypes": ["Ingress"]}


def test_a_policy_that_allows_the_pods_something_is_warned_of(
    isolate: IsolatePods, kube: Kube, suspect: str
) -> None:
    kube.props.policy("open-front", {"app": "front"})
    kube.props.policy("open-back", {"app": "back"})
    assert isolate.plan(of()).warnings[-1] == (
        "policies add up: what open-front allows these pods stays allowed"
    )


def test_another_policy_of_the_name_is_refused(isolate: IsolatePods, kube: Kube, suspect: str) -> None:
    kube.props.policy("isolate", {"app": "front"})
    with pytest.raises(ActionFailed, match="another NetworkPolicy isolate already") as caught:
        isolate.plan(of())
    assert caught.value.kind is ErrorClass.INVALID


def test_another_policy_that_came_since_the_plan_is_left_alone(
    isolate: IsolatePods, kube: Kube, suspect: str
) -> None:
    plan = isolate.plan(of())
    kube.props.policy("isolate", {"app": "front"})
    with pytest.raises(ActionFailed, match="another policy of this name") as caught:
        isolate.run(of(), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_undo_leaves_a_policy_that_was_there_before(isolate: IsolatePods, kube: Kube, suspect: str) -> None:
    isolate.run(of(), isolate.plan(of()), "step-1")
    later = isolate.plan(of())
    isolate.run(of(), later, "step-2")
    isolate.undo(of(), later)
    assert (later.noop, list(kube.props.policies())) == (True, ["isolate"])


def test_verify_fails_when_somebody_deleted_it(isolate: IsolatePods, kube: Kube, suspect: str) -> None:
    plan = isolate.plan(of())
    isolate.run(of(), plan, "step-1")
    isolate.undo(of(), plan)
    assert isolate.verify(of(), plan).state == "failed"
