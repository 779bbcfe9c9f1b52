"""k8s.rollout_undo where it refuses, warns, is overtaken, and stalls."""

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at, settled
from tocsin.actions.kubernetes.rollout import NOT_ROLLED_BACK, RollBack, UndoRollout
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def undo(connections: Connections) -> UndoRollout:
    return UndoRollout(connections)


def back(name: str, revision: int | None = None) -> RollBack:
    return RollBack.model_validate({**at(name), "to_revision": revision})


def test_the_previous_revision_is_the_usual_one(undo: UndoRollout, shipped: str) -> None:
    assert undo.plan(back(shipped)).target.number == 2


def test_the_plan_shows_revision_and_images(undo: UndoRollout, shipped: str) -> None:
    changes = undo.plan(back(shipped, 1)).changes
    assert [(one.field, one.before, one.after) for one in changes] == [
        ("revision", 3, 1),
        ("app.image", "registry.example/checkout:1.2", "registry.example/checkout:1.0"),
    ]


def test_what_is_not_rolled_back_is_warned_of(undo: UndoRollout, shipped: str) -> None:
    assert NOT_ROLLED_BACK in undo.plan(back(shipped)).warnings


def test_other_parts_that_change_are_named_without_their_values(
    undo: UndoRollout, kube: Kube, shipped: str
) -> None:
    env = [{"name": "PASSWORD", "value": "other"}]
    container = {"name": "app", "image": "registry.example/checkout:1.3", "env": env}
    kube.patch(shipped, {"spec": {"template": {"spec": {"containers": [container]}}}})
    assert undo.plan(back(shipped)).warnings[1] == "these parts of the template change too: app.env"


def test_a_revision_that_is_not_kept_is_missing(undo: UndoRollout, shipped: str) -> None:
    with pytest.raises(ActionFailed, match="it keeps: 2, 1") as caught:
        undo.plan(back(shipped, 9))
    assert caught.value.kind is ErrorClass.MISSING


def test_a_first_revision_has_none_before_it(undo: UndoRollout, kube: Kube) -> None:
    with pytest.raises(ActionFailed, match="no revision before the current one"):
        undo.plan(back(kube.deploy()))


def test_the_current_revision_is_refused(undo: UndoRollout, shipped: str) -> None:
    with pytest.raises(ActionFailed, match="already runs revision 3"):
        undo.plan(back(shipped, 3))


def test_a_paused_rollout_is_refused(undo: UndoRollout, kube: Kube, shipped: str) -> None:
    kube.patch(shipped, {"spec": {"paused": True}})
    with pytest.raises(ActionFailed, match="paused"):
        undo.plan(back(shipped))


def test_a_newer_deploy_is_not_rolled_over(undo: UndoRollout, kube: Kube, shipped: str) -> None:
    plan = undo.plan(back(shipped))
    kube.ship(shipped, "registry.example/checkout:1.3-hotfix")
    with pytest.raises(ActionFailed, match="somebody else deployed") as caught:
        undo.run(back(shipped), plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_undo_finds_its_revision_although_its_number_moved(
    undo: UndoRollout, kube: Kube, shipped: str
) -> None:
    plan = undo.plan(back(shipped, 1))
    undo.run(back(shipped, 1), plan, "step-1")
    settled(undo, back(shipped, 1), plan)
    undo.undo(back(shipped, 1), plan)
    assert kube.spec(shipped)["containers"][0]["image"] == "registry.example/checkout:1.2"


def test_a_rollback_puts_the_whole_template_back(undo: UndoRollout, kube: Kube) -> None:
    name = kube.deploy("registry.example/checkout:1.0")
    before = kube.read(name)["spec"]["template"]
    kube.ship(name, "registry.example/checkout:bad-1.1")
    undo.run(back(name), undo.plan(back(name)), "step-1")
    assert kube.read(name)["spec"]["template"] == before


def test_a_rollout_that_stalls_fails_verification(undo: UndoRollout, kube: Kube) -> None:
    name = kube.deploy("registry.example/checkout:1.0", spec={"progressDeadlineSeconds": 1})
    kube.ship(name, "registry.example/checkout:bad-1.1")
    kube.ship(name, "registry.example/checkout:1.2")
    kube.settle(name)
    plan = undo.plan(back(name))
    undo.run(back(name), plan, "step-1")
    assert settled(undo, back(name), plan).state == "failed"
