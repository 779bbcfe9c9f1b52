"""Triggers that start nothing, the wrong thing, or too much."""

import pytest

from tests.runbooks.rules.linted import runbook, said

INPUTS = "inputs: { count: { type: integer, required: true }, name: { type: string } }\n"


def triggered(trigger: str, inputs: str = "", more: str = "") -> list[str]:
    return said(runbook("wait: 1m", head=f"on: [{trigger}]\n{inputs}{more}"))


@pytest.mark.parametrize(
    "trigger",
    [
        "{ pagerduty: incident.triggered, mode: auto }",
        "{ alert: {}, mode: auto }",
        "{ incident: opened, mode: auto }",
        "{ webhook: deploys, mode: auto }",
    ],
)
def test_a_trigger_that_acts_by_itself_does_so_once(trigger: str) -> None:
    [problem] = triggered(trigger)
    assert "warning: with `mode: auto` every repeated event starts a run of its own: add `dedupe:" in problem


@pytest.mark.parametrize(
    ("trigger", "more"),
    [
        ("{ alert: {}, mode: auto, dedupe: { key: '${{ alert.dedup_key }}' } }", ""),
        ("{ alert: {}, mode: auto, cooldown: 15m }", ""),
        ("{ alert: {}, mode: auto }", "guardrails: { cooldown: 15m }\n"),
        ("{ alert: {} }", ""),
        ("{ alert: {}, mode: suggest }", ""),
        ("{ schedule: '0 4 * * *', mode: auto }", ""),
        ("{ runbook: another, mode: auto }", ""),
    ],
)
def test_a_trigger_that_cannot_repeat_itself_needs_no_more(trigger: str, more: str) -> None:
    assert triggered(trigger, more=more) == []


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        ("{ alert: {} }", "5:6: this can start nothing: `count` must be given; add it to `with`"),
        ("{ alert: {}, with: { count: many } }", "input `count` must be a whole number, not a text"),
        (
            "{ alert: {}, with: { count: '${{ alert.title }}' } }",
            "must be a whole number, and this is a text",
        ),
        (
            "{ alert: {}, with: { count: '1${{ alert.labels.n }}' } }",
            "must be a whole number, and this is a text",
        ),
        (
            "{ alert: {}, with: { count: 1, names: x } }",
            "5:37: there is no input `names`. Did you mean `name`?",
        ),
        ("{ alert: {}, with: { count: [1] } }", "input `count` must be a whole number, not a list"),
        (
            "{ alert: {}, when: alert.titel == 'x', with: { count: 1 } }",
            "`alert` has no `titel`. Did you mean",
        ),
        (
            "{ alert: {}, when: alert.status == 'open', with: { count: 1 } }",
            "`alert.status` is never `open`;",
        ),
        ("{ alert: { severty: x }, with: { count: 1 } }", "an alert cannot be chosen by `severty`."),
        (
            "{ schedule: { cron: '0 4 * * *', timezone: Berlin }, with: { count: 1 } }",
            "'Berlin' is no time zone",
        ),
        ("{ runbook: small, with: { count: 1 } }", "it starts itself, five times over"),
    ],
)
def test_what_a_trigger_gives_is_what_the_runbook_takes(trigger: str, told: str) -> None:
    [problem] = triggered(trigger, INPUTS)
    assert told in problem


@pytest.mark.parametrize(
    "trigger",
    [
        "{ slash: x }",
        "{ manual: true }",
        "{ alert: {}, mode: suggest }",
        "{ alert: {}, with: { count: '${{ alert.labels.count | int }}' } }",
        "{ webhook: deploys, with: { count: '${{ event.whatever.there.is }}' } }",
        "{ pagerduty: incident.triggered, with: { count: '${{ event.data.anything }}' } }",
    ],
)
def test_what_may_fit_is_let_through(trigger: str) -> None:
    assert triggered(trigger, INPUTS) == []


def test_an_input_with_a_default_need_not_be_given() -> None:
    assert triggered("{ alert: {} }", "inputs: { count: { type: integer, default: 3 } }\n") == []
