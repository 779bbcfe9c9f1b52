"""k8s.label where it warns, refuses and is overtaken."""

from typing import Any

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.actions.kubernetes.label import LabelObject, SetLabels
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def label(connections: Connections) -> LabelObject:
    return LabelObject(connections)


def of(name: str, kind: str = "ConfigMap", **labels: str | None) -> SetLabels:
    given = {"connection": "k8s:main", "kind": kind, "namespace": NAMESPACE, "name": name, "labels": labels}
    return SetLabels.model_validate(given)


def test_the_plan_shows_each_label(label: LabelObject, kube: Kube) -> None:
    want = of(kube.props.config_map(labels={"tier": "back"}), tier="front", new="yes")
    plan = label.plan(want)
    assert [(one.field, one.before, one.after) for one in plan.changes] == [
        ("label tier", "back", "front"),
        ("label new", None, "yes"),
    ]


def test_other_labels_stay(label: LabelObject, kube: Kube) -> None:
    name = kube.props.config_map(labels={"tier": "back", "team": "shop"})
    label.run(of(name, tier=None), label.plan(of(name, tier=None)), "step-1")
    assert kube.props.config(name)["metadata"]["labels"] == {"team": "shop"}


def test_a_label_that_somebody_else_changed_is_left_alone(label: LabelObject, kube: Kube) -> None:
    name = kube.props.config_map(labels={"tier": "back"})
    plan = label.plan(of(name, tier="front"))
    kube.props.set_config(name, {"metadata": {"labels": {"tier": "middle"}}})
    with pytest.raises(ActionFailed, match="somebody else changed") as caught:
        label.run(of(name, tier="front"), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_verify_fails_when_somebody_changed_it(label: LabelObject, kube: Kube) -> None:
    name = kube.props.config_map()
    plan = label.plan(of(name, tier="front"))
    label.run(of(name, tier="front"), plan, "step-1")
    kube.props.set_config(name, {"metadata": {"labels": {"tier": "middle"}}})
    assert label.verify(of(name, tier="front"), plan).state == "failed"


def test_a_label_by_which_a_pod_may_be_selected_is_warned_of(label: LabelObject, kube: Kube) -> None:
    name = kube.around.bare_pod("node-1", labels={"app": "front"})
    assert "may select the pod by app" in label.plan(of(name, "Pod", app="none", new="yes")).warnings[0]


def test_a_label_that_loosens_what_pods_may_do_is_warned_of(whole: Connections) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    given = {"connection": "k8s:whole", "kind": "Namespace", "name": NAMESPACE, "labels": labels}
    assert "decide what pods" in LabelObject(whole).plan(SetLabels.model_validate(given)).warnings[0]


def test_a_node_is_not_for_a_connection_of_some_namespaces(label: LabelObject) -> None:
    given = {"connection": "k8s:main", "kind": "Node", "name": "node-1", "labels": {"pool": "spare"}}
    with pytest.raises(ActionFailed, match="allows only the namespaces shop") as caught:
        label.plan(SetLabels.model_validate(given))
    assert caught.value.kind is ErrorClass.INVALID


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "Secret", "namespace": "shop"}, "a Secret is not for runbooks"),
        ({"kind": "Password", "api_version": "v1", "plural": "secrets", "namespace": "shop"}, "Secret"),
        ({"kind": "ScaledObject", "namespace": "shop"}, "give `api_version` and `plural` too"),
        ({"kind": "Deployment", "namespace": "shop", "plural": "x"}, "needs neither"),
        ({"kind": "Deployment"}, "a Deployment needs `namespace`"),
        ({"kind": "Node", "namespace": "shop"}, "a Node is in no namespace"),
        ({"kind": "ConfigMap", "namespace": "shop", "labels": {"a b": "c"}}, "labels"),
        ({"kind": "ConfigMap", "namespace": "shop", "labels": {"a": "-"}}, "labels"),
        ({"kind": "ConfigMap", "namespace": "shop", "name": "../x"}, "name"),
    ],
)
def test_what_cannot_be_found_is_no_input(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        SetLabels.model_validate({"connection": "k8s:main", "name": "x", "labels": {"a": "b"}, **given})


def test_a_kind_of_another_api_names_its_right() -> None:
    given = {
        "connection": "k8s:main",
        "kind": "ScaledObject",
        "api_version": "keda.sh/v1alpha1",
        "plural": "scaledobjects",
        "namespace": "shop",
        "name": "checkout",
        "labels": {"a": "b"},
    }
    want = SetLabels.model_validate(given)
    assert want.may("patch").resource == "keda.sh/scaledobjects in shop"
    assert want.resource == "k8s:main/shop/scaledobject/checkout"


def test_an_autoscaler_has_the_lock_of_the_actions_that_move_its_bounds() -> None:
    given = {
        "connection": "k8s:main",
        "kind": "HorizontalPodAutoscaler",
        "namespace": "shop",
        "name": "checkout",
        "labels": {"a": "b"},
    }
    assert SetLabels.model_validate(given).resource == "k8s:main/shop/autoscaler/checkout"
