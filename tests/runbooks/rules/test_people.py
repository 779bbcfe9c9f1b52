"""Who is asked before something dangerous, and whether there is such a person."""

import pytest

from tests.runbooks.rules.linted import ACME, runbook, said

ROLL_BACK = "uses: k8s.rollout_undo\nwith: { connection: 'k8s:%s', namespace: shop, deployment: checkout }\n"
LIVE, TRIAL, UNSAID = ROLL_BACK % "live", ROLL_BACK % "trial", ROLL_BACK % "main"


def asked(*steps: str, head: str = "", tail: str = "") -> list[str]:
    found = said(runbook(*steps, head=head, tail=tail), organisation=ACME)
    return [one for one in found if "nobody is asked" in one]


def test_a_change_of_high_risk_in_production_without_a_question_is_an_error() -> None:
    [problem] = asked(LIVE)
    assert problem.startswith(
        "7:11: k8s.rollout_undo is of high risk, and nobody is asked before it in `prod`:"
    )
    assert "add `approve: { from: [group:sre] }`" in problem


def test_where_the_environment_is_not_said_it_is_a_warning() -> None:
    [problem] = asked(UNSAID)
    assert "warning: k8s.rollout_undo is of high risk, and nobody is asked before it:" in problem


def test_without_the_organisation_no_environment_is_guessed() -> None:
    assert [one for one in said(runbook(LIVE)) if "nobody is asked" in one] == []


@pytest.mark.parametrize(
    "steps",
    [
        (TRIAL,),
        (LIVE + "approve: { from: [group:sre] }",),
        ("approve: { from: [group:sre] }", LIVE),
        ("manual: { instructions: Look }", LIVE),
        (
            "approve: { from: [group:sre] }",
            f"parallel:\n  - id: y\n    {LIVE.replace(chr(10), chr(10) + '    ')}",
        ),
    ],
)
def test_a_question_before_it_is_enough(steps: tuple[str, ...]) -> None:
    assert asked(*steps) == []


@pytest.mark.parametrize(
    "question",
    [
        "approve: { from: [group:sre], on_expiry: skip }",
        "approve: { from: [group:sre] }\nif: inputs.careful",
    ],
)
def test_a_question_that_may_be_left_out_is_not_enough(question: str) -> None:
    assert len(asked(question, LIVE, head="inputs: { careful: { type: boolean } }\n")) == 1


def test_environments_that_ask_are_enough() -> None:
    assert asked(LIVE, head="guardrails: { environments: { prod: propose } }\n") == []


def test_environments_that_let_it_act_by_itself_are_not() -> None:
    assert len(asked(LIVE, head="guardrails: { environments: { prod: auto } }\n")) == 1


def test_finally_cannot_ask_and_so_may_not_do_it() -> None:
    step = "finally:\n  - id: z\n    " + LIVE.replace("\n", "\n    ").rstrip() + "\n"
    [problem] = asked("wait: 1m", tail=step)
    assert "move it into `steps` and add `approve`" in problem


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ("sre", "`sre` names nobody; write `group:sre`"),
        ("group:sra", "tocsin.yaml has no team `sra`. Did you mean `sre`?"),
    ],
)
def test_an_approver_that_nobody_is_is_found(named: str, told: str) -> None:
    found = said(runbook(f"approve: {{ from: ['{named}'] }}"), organisation=ACME)
    assert told in "\n".join(found)
