"""k8s.patch: whose fields it sets, what it refuses, and what undo puts back."""

from typing import Any

import pytest

from tests.actions.kube import CANARY, NAMESPACE, Kube
from tocsin.actions.kubernetes.patch import PatchObject, SetFields
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def patch(connections: Connections) -> PatchObject:
    return PatchObject(connections)


def of(name: str, fields: dict[str, Any], kind: str = "ConfigMap", **more: Any) -> SetFields:
    where = {"connection": "k8s:main", "kind": kind, "namespace": NAMESPACE, "name": name}
    return SetFields.model_validate({**where, "fields": fields, **more})


def containers(*items: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": list(items)}}}}


def test_a_field_that_somebody_else_owns_is_refused_by_name(patch: PatchObject, kube: Kube) -> None:
    want = of(kube.props.config_map(), {"data": {"level": "debug"}})
    with pytest.raises(ActionFailed, match=r"others own fields.*conflict with.*\.data\.level") as caught:
        patch.plan(want)
    assert caught.value.kind is ErrorClass.INVALID


def test_a_field_that_is_taken_over_is_warned_of(patch: PatchObject, kube: Kube) -> None:
    want = of(kube.props.config_map(), {"data": {"level": "debug"}}, force=True)
    assert "takes fields over from their owners" in patch.plan(want).warnings[0]


def test_a_field_that_nobody_owns_is_set_without_a_warning(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    want = of(name, {"data": {"color": "red"}})
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    assert (plan.warnings, kube.props.config(name)["data"]) == ((), {"level": "info", "color": "red"})


def test_the_cluster_knows_that_the_field_is_ours(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    want = of(name, {"data": {"color": "red"}})
    patch.run(want, patch.plan(want), "step-1")
    managed = kube.props.config(name)["metadata"]["managedFields"]
    (ours,) = [one for one in managed if one["manager"] == "tocsin"]
    assert (ours["operation"], "f:color" in str(ours["fieldsV1"])) == ("Apply", True)


def test_what_an_earlier_patch_set_stays(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    for want in (of(name, {"data": {"color": "red"}}), of(name, {"data": {"size": "big"}})):
        patch.run(want, patch.plan(want), "step-1")
    assert kube.props.config(name)["data"] == {"level": "info", "color": "red", "size": "big"}


def test_what_an_earlier_patch_set_of_a_container_stays(patch: PatchObject, kube: Kube) -> None:
    name = kube.deploy()
    port = {"containerPort": 8080, "protocol": "TCP"}
    proxy = {"name": "proxy", "image": "registry.example/proxy:1.0", "args": ["-v"], "ports": [port]}
    for want in (
        containers(proxy),
        containers({"name": "proxy", "workingDir": "/srv"}),
        {"spec": {"replicas": 2}},
    ):
        given = of(name, want, "Deployment", force=True)
        patch.run(given, patch.plan(given), "step-1")
    (found,) = [one for one in kube.spec(name)["containers"] if one["name"] == "proxy"]
    assert {**proxy, "workingDir": "/srv"}.items() <= found.items()


def test_the_plan_shows_the_fields_of_one_container_and_no_secret(patch: PatchObject, kube: Kube) -> None:
    name = kube.deploy()
    changed = {"name": "app", "image": "registry.example/checkout:1.1", "workingDir": "/srv"}
    plan = patch.plan(of(name, containers(changed), "Deployment", force=True))
    assert [(one.field, one.before, one.after) for one in plan.changes] == [
        ("spec.template.spec.containers[app].name", "app", "app"),
        (
            "spec.template.spec.containers[app].image",
            "registry.example/checkout:1.0",
            "registry.example/checkout:1.1",
        ),
        ("spec.template.spec.containers[app].workingDir", None, "/srv"),
    ]
    assert CANARY not in plan.model_dump_json()


def test_undo_takes_a_new_container_away_and_leaves_the_others(patch: PatchObject, kube: Kube) -> None:
    name = kube.deploy()
    before = kube.read(name)["spec"]["template"]["spec"]["containers"]
    new = [{"name": one, "image": f"registry.example/{one}:1.0"} for one in ("proxy", "probe")]
    want = of(name, containers(*new), "Deployment")
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    assert len(kube.read(name)["spec"]["template"]["spec"]["containers"]) == 3
    patch.undo(want, plan)
    assert kube.read(name)["spec"]["template"]["spec"]["containers"] == before


def test_a_field_that_somebody_changed_since_the_plan_is_left_alone(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    want = of(name, {"data": {"level": "debug"}}, force=True)
    plan = patch.plan(want)
    kube.props.set_config(name, {"data": {"level": "warning"}})
    with pytest.raises(ActionFailed, match=r"data\.level is not as it was") as caught:
        patch.run(want, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_undo_leaves_a_field_alone_that_somebody_changed(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    want = of(name, {"data": {"level": "debug"}}, force=True)
    plan = patch.plan(want)
    patch.run(want, plan, "step-1")
    kube.props.set_config(name, {"data": {"level": "warning"}})
    with pytest.raises(ActionFailed, match=r"changed data\.level since the patch"):
        patch.undo(want, plan)
    assert kube.props.config(name)["data"]["level"] == "warning"


def test_an_object_that_is_gone_is_not_made_anew(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    want = of(name, {"data": {"color": "red"}})
    plan = patch.plan(want).model_copy(update={"uid": "another"})
    with pytest.raises(ActionFailed, match="made anew"):
        patch.run(want, plan, "step-1")


def test_what_the_cluster_refuses_is_refused_by_the_plan(patch: PatchObject, kube: Kube) -> None:
    want = of(kube.deploy(), {"spec": {"replicas": -1}}, "Deployment", force=True)
    with pytest.raises(ActionFailed, match="422") as caught:
        patch.plan(want)
    assert caught.value.kind is ErrorClass.INVALID


def test_what_looks_like_a_secret_is_not_put_into_a_plan(patch: PatchObject, kube: Kube) -> None:
    name = kube.props.config_map()
    kube.props.set_config(name, {"data": {"level": "password=hunter2-and-more"}})
    with pytest.raises(ActionFailed, match="looks like a secret") as caught:
        patch.plan(of(name, {"data": {"level": "debug"}}, force=True))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"status": {"replicas": 3}}, "may not hold status"),
        ({"kind": "Secret"}, "may not hold kind"),
        ({"metadata": {"ownerReferences": []}}, "may not hold ownerReferences"),
        (containers({"name": "app", "env": []}), "env may hold secrets"),
        ({"data": {"level": None}}, "a null takes no field away"),
    ],
)
def test_what_may_not_be_set_is_no_input(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        of("settings", fields)
