"""Steps that nothing comes to, and conditions that decide nothing."""

import pytest

from tests.runbooks.rules.linted import runbook, said, step


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("assert: 1 > 2", "always fails"),
        ("assert: ['true', 'false']", "always fails"),
        ("assert: 'false'\non_failure: { end: success, note: x }", "always ends the run"),
        ("wait: { until: 'false' }", "always fails"),
        ("parallel:\n" + step("z", "assert: 'false'"), "always fails"),
        ("foreach: { items: [1] }\nparallel:\n" + step("z", "assert: 'false'"), "always fails"),
    ],
)
def test_a_step_after_one_that_always_fails_is_never_reached(first: str, why: str) -> None:
    found = said(runbook(first, "wait: 1m", "wait: 2m"))
    told = [one.partition("warning: ")[2] for one in found if "nothing comes" in one]
    assert told == [f"nothing comes to this step: `a`, before it, {why}"]


@pytest.mark.parametrize(
    "first",
    [
        "assert: 'false'\non_failure: continue",
        "assert: 'false'\nif: inputs.ok",
        "assert: inputs.ok",
        "parallel:\n" + step("z", "assert: 'false'\non_failure: continue"),
        "foreach: { items: '${{ inputs.list }}' }\nparallel:\n" + step("z", "assert: 'false'"),
    ],
)
def test_a_step_that_may_be_reached_is_not_said_to_be_lost(first: str) -> None:
    head = "inputs: { ok: { type: boolean }, list: { type: list } }\n"
    assert [one for one in said(runbook(first, "wait: 1m", head=head)) if "nothing comes" in one] == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("true", "`if: true` always holds: leave it out"),
        ("1 > 2", "`if: 1 > 2` never holds"),
        ("'yes'", "`'yes'` is a text, neither true nor false"),
        ("1 / 0", "`1 / 0` cannot be evaluated"),
        ("inputs.name", "`inputs.name` is a text, neither true nor false; compare it"),
        ("inputs.name | length", "is a whole number, neither true nor false"),
        ("steps", "`steps` is a map, neither true nor false"),
        ("run.status == 'success'", "`run.status` is never `success`; it is one of awaiting_approval,"),
        ("inputs.env == 'production'", "`inputs.env` is never `production`; it is one of prod, staging"),
        ("inputs.env in ['prod', 'test']", "`inputs.env` is never `test`"),
        ("inputs.name.first == 'x'", "`inputs.name` is a text and has no `first`."),
        ("incident.service.lables.x == 'x'", "`incident.service` has no `lables`. Did you mean `labels`?"),
        ("incident.labels.x == 'x'", "`incident` has no `labels`."),
        ("run.colour == 'x'", "`run` has no `colour`."),
        ("failure.step == 'x'", "`failure` is not there yet"),
    ],
)
def test_a_condition_that_cannot_decide_is_found(condition: str, told: str) -> None:
    head = "inputs: { name: { type: string }, env: { type: enum, enum: [prod, staging] } }\n"
    [problem] = said(runbook(f'wait: 1m\nif: "{condition}"', head=head))
    assert told in problem


@pytest.mark.parametrize(
    "condition",
    [
        "inputs.on",
        "inputs.name != ''",
        "inputs.anything | default(true)",
        "inputs.name and inputs.on",
        "incident is none or incident.severity == 'sev1'",
        "now() > '2026'",
        "env.region == 'eu'",
        "inputs.env == none",
        "inputs.tags[0] == 'x' and inputs.tree.a.b",
    ],
)
def test_a_condition_that_may_decide_is_let_through(condition: str) -> None:
    head = (
        "inputs: { name: { type: string }, on: { type: boolean }, anything: { type: map }, "
        "env: { type: enum, enum: [prod] }, tags: { type: list }, tree: { type: map } }\n"
    )
    assert said(runbook(f'wait: 1m\nif: "{condition}"', head=head)) == []


def test_a_handler_of_what_cannot_fail_is_for_nothing() -> None:
    assert said(runbook("wait: 1m\non_failure: continue")) == [
        "8:17: warning: waiting for a time cannot fail, so this never happens; leave it out"
    ]
