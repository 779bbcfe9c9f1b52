"""What only means something in `steps`."""

import pytest

from tests.runbooks.rules.linted import SCALE, runbook, said, step

END = "assert: inputs.ok\non_failure: { end: success, note: Nothing to do }"
OK = "inputs: { ok: { type: boolean, default: true } }\n"


def test_a_step_of_steps_may_end_the_run() -> None:
    assert said(runbook(END, "wait: 1m", head=OK)) == []


@pytest.mark.parametrize(
    "text",
    [
        runbook("parallel:\n" + step("b", END), head=OK),
        runbook("wait:\n  until: inputs.ok\non_failure:\n" + step("b", END), head=OK),
        runbook("wait: 1m", head=OK, tail="finally:\n" + step("b", END)),
        runbook("wait: 1m", head=OK, tail="on_cancel:\n" + step("b", END)),
        runbook("wait: 1m", head=OK, tail="on_failure:\n  steps:\n" + step("b", END, 4)),
    ],
    ids=["parallel", "handler", "finally", "on_cancel", "on_failure"],
)
def test_a_step_anywhere_else_may_not_end_it(text: str) -> None:
    [problem] = said(text)
    assert "only a step that stands directly in `steps` can end the run" in problem
    assert ": warning:" not in problem


def test_nobody_is_asked_in_finally() -> None:
    text = runbook("wait: 1m", tail="finally:\n" + step("b", "approve: { from: [group:sre] }"))
    assert said(text)[0].startswith("10:5: `finally` always runs, also when people said no")


def test_nobody_is_asked_deep_in_finally() -> None:
    inner = "parallel:\n" + step("c", "approve: { from: [group:sre] }")
    assert "nobody can be asked in it" in said(runbook("wait: 1m", tail="finally:\n" + step("b", inner)))[0]


def test_there_is_no_way_back_from_finally_anyway() -> None:
    text = runbook("wait: 1m", tail="finally:\n" + step("b", f"{SCALE}point_of_no_return: true"))
    assert said(text)[0].startswith("12:5: nothing is undone after `finally`")


def test_a_step_of_finally_cannot_have_the_run_undone() -> None:
    text = runbook("wait: 1m", tail="finally:\n" + step("b", f"{SCALE}on_failure: compensate"))
    assert "warning: `finally` runs when the run has ended already, so this undoes nothing" in said(text)[0]
