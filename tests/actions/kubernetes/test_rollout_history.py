"""k8s.rollout_history: what runs, what ran before, and who deploys it."""

from typing import Any

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.history import RolloutHistory, ShowHistory
from tocsin.actions.kubernetes.rollout import RollBack, UndoRollout
from tocsin.actions.kubernetes.targets import Target
from tocsin.connections import Connections

pytestmark = pytest.mark.timeout(60)


def look(connections: Connections, name: str) -> RolloutHistory:
    action, want = ShowHistory(connections), Target.model_validate(at(name))
    return action.run(want, action.plan(want), "step-1")


def test_the_current_and_the_previous_revision_are_told(connections: Connections, shipped: str) -> None:
    found = look(connections, shipped)
    assert (found.revision, found.image) == (3, "registry.example/checkout:1.2")
    assert (found.previous, found.previous_image) == (2, "registry.example/checkout:1.1")
    assert found.previous_images == {"app": "registry.example/checkout:1.1"}


def test_the_revisions_are_listed_newest_first(connections: Connections, shipped: str) -> None:
    found = look(connections, shipped)
    assert [(one.revision, one.images["app"].rpartition(":")[2]) for one in found.revisions] == [
        (3, "1.2"),
        (2, "1.1"),
        (1, "1.0"),
    ]


def test_the_previous_one_is_what_a_rollback_returns_to(connections: Connections, shipped: str) -> None:
    want = RollBack.model_validate(at(shipped))
    plan = UndoRollout(connections).plan(want)
    assert look(connections, shipped).previous == plan.target.number


def test_a_first_revision_has_none_before_it(connections: Connections, kube: Kube) -> None:
    found = look(connections, kube.deploy())
    assert (found.revision, found.previous, found.previous_image, found.previous_images) == (
        1,
        None,
        None,
        {},
    )


def test_the_report_marks_what_runs(connections: Connections, shipped: str) -> None:
    lines = look(connections, shipped).report.splitlines()
    assert [line[:4] for line in lines] == ["→ 3 ", "  2 ", "  1 "]
    assert lines[0].endswith("registry.example/checkout:1.2")


def test_what_the_deployer_wrote_is_told(connections: Connections, kube: Kube) -> None:
    name = kube.deploy(annotations={"kubernetes.io/change-cause": "fix the cart"})
    assert look(connections, name).revisions[0].cause == "fix the cart"
    assert look(connections, name).report.endswith("fix the cart")


@pytest.mark.parametrize(
    ("marks", "manager"),
    [
        ({}, None),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment"}}, "argocd"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "flux"),
        ({"annotations": {"meta.helm.sh/release-name": "shop"}}, "helm"),
        (
            {
                "labels": {"helm.toolkit.fluxcd.io/name": "shop"},
                "annotations": {"meta.helm.sh/release-name": "shop"},
            },
            "flux",
        ),
    ],
)
def test_who_deploys_it_is_told(
    connections: Connections, kube: Kube, marks: dict[str, Any], manager: str | None
) -> None:
    assert look(connections, kube.deploy(**marks)).managed_by == manager
