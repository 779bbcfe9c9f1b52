"""What a step promises of its action."""

import pytest

from tests.runbooks.rules.linted import runbook, said

ONCE = (
    "uses: rds.failover\nwith: { connection: 'aws:main', cluster: orders }\n"
    "approve: { from: [group:dba] }\nundo: none\n"
)


def test_what_must_not_happen_twice_is_not_tried_again() -> None:
    [problem] = said(runbook(f"{ONCE}retry: {{ max: 2 }}"))
    assert problem.startswith("11:19: warning: rds.failover must not happen twice")
    assert "Write `max: 0`, or leave it out" in problem


@pytest.mark.parametrize("retry", ["", "retry: { max: 0 }", "retry: { on: [transient] }"])
def test_a_retry_that_is_none_is_fine(retry: str) -> None:
    assert said(runbook(ONCE + retry)) == []


def test_a_promise_to_undo_by_steps_of_its_own_is_kept() -> None:
    undone = ONCE.replace("undo: none", "undo: { steps: [{ id: back, manual: {} }] }")
    assert said(runbook(undone, tail="on_failure: { compensate: true }\n")) == []


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("wait: 2h", "the run ends after 1h (`guardrails.timeout`), in the middle of this: give it more"),
        (
            "uses: http.request\nwith: { connection: 'http:a' }\ntimeout: 90m",
            "the run ends after 1h (`guardrails.timeout`), before this timeout: give it more",
        ),
        (
            "uses: http.request\nwith: { connection: 'http:a' }\ntimeout: 5m\ndeadline: 1m",
            "`deadline` is for all attempts together, and shorter than `timeout`, which is for one of them",
        ),
    ],
)
def test_a_time_that_cannot_be_had_is_warned_of(body: str, told: str) -> None:
    [problem] = said(runbook(body))
    assert f"warning: {told}" in problem


def test_people_have_the_time_that_they_need() -> None:
    assert said(runbook("manual: {}\ntimeout: 24h")) == []
