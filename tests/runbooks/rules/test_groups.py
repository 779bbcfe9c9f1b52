"""Steps that are done many at a time, and what they do to each other."""

import pytest

from tests.runbooks.rules.linted import runbook, said, step

SCALE = "uses: k8s.scale\nwith: { connection: 'k8s:main', namespace: shop, deployment: %s, replicas: 3 }\n"
DEPLOY = """\
schema: runbook/v1
name: {name}
title: Deploys
guardrails: {{ lock: [{locks}] }}
steps:
  - id: look
    wait: 1m
"""


def branches(*bodies: str) -> str:
    return runbook("parallel:\n" + "".join(step(f"b{nth}", body) for nth, body in enumerate(bodies)))


def test_branches_that_change_the_same_thing_are_an_error() -> None:
    [problem] = said(branches(SCALE % "checkout", SCALE % "checkout"))
    assert "`b0` and `b1` change `k8s:main/shop/deployment/checkout` at the same time" in problem


def test_branches_that_compute_the_same_name_change_the_same_thing() -> None:
    text = branches(SCALE % "'${{ run.id }}'", SCALE % "'${{ run.id }}'")
    assert "`k8s:main/shop/deployment/${{ run.id }}` at the same time" in said(text)[0]


def test_branches_that_change_different_things_are_fine() -> None:
    assert said(branches(SCALE % "checkout", SCALE % "cart")) == []


def test_locks_that_two_branches_take_in_opposite_order_are_found() -> None:
    one, other = DEPLOY.format(name="one", locks="x, y"), DEPLOY.format(name="other", locks="y, x")
    [problem] = said(branches("runbook: one", "runbook: other"), one, other)
    assert "`b0` and `b1` change `x`, `y` at the same time in opposite order; do them one after" in problem


def test_a_branch_that_may_be_left_out_is_only_warned_of() -> None:
    text = branches(SCALE % "checkout" + "if: run.id == 'x'", SCALE % "checkout")
    assert "warning: `b0` and `b1` change" in said(text)[0]


@pytest.mark.parametrize(
    ("foreach", "told"),
    [
        ("items: []", "warning: there is no item, so nothing is done"),
        ("items: [1, 2, 3], waves: [rest, 1]", "`rest` is everything that is left: no wave comes after it"),
        ("items: [1, 2, 3], waves: [1, 2], max_parallel: 5", "no wave has more than 2 items"),
    ],
)
def test_waves_that_are_none_are_found(foreach: str, told: str) -> None:
    assert told in "\n".join(said(runbook(f"foreach: {{ {foreach} }}\nset: {{ x: 1 }}")))
