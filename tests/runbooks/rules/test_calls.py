"""Runbooks that call others, and names that only the organisation has."""

import pytest

from tests.runbooks.rules.linted import ACME, runbook, said

CALLED = """\
schema: runbook/v1
name: called
title: Is called
inputs:
  count: {{ type: integer, required: true }}
steps:
  - id: look
    {step}
outputs: {{ found: yes }}
"""
WAITS = CALLED.format(step="wait: 1m")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("runbook: called", "called needs `count`; add it to `with`"),
        ("runbook: called\nwith: { count: many }", "input `count` must be a whole number"),
        ("runbook: called\nwith: { count: '${{ run.id }}' }", "must be a whole number, and this is a text"),
        (
            "runbook: called\nwith: { count: 1, cuont: 2 }",
            "called has no input `cuont`. Did you mean `count`?",
        ),
        ("runbook: small", "runbooks call each other in a circle: small → small"),
    ],
)
def test_a_call_that_cannot_begin_is_found(body: str, told: str) -> None:
    assert told in "\n".join(said(runbook(body), WAITS))


def test_what_a_called_runbook_does_not_put_out_is_found() -> None:
    text = runbook("runbook: called\nwith: { count: 1 }", "assert: steps.a.outputs.fond == 'yes'")
    assert "step `a` puts out no `fond`. Did you mean `found`?" in "\n".join(said(text, WAITS))


def test_a_circle_of_two_is_found() -> None:
    back = CALLED.format(step="runbook: small")
    text = runbook("runbook: called\nwith: { count: 1 }")
    assert "in a circle: small → called → small" in "\n".join(said(text, back))


def test_two_files_with_one_name_are_found() -> None:
    assert "2 of these files have the name `small`" in "\n".join(
        said(runbook("wait: 1m"), runbook("wait: 2m"))
    )


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            "uses: k8s.rollout_status\nwith: { connection: 'k8s:liv', namespace: a, deployment: b }",
            "tocsin.yaml has no connection `k8s:liv`. Did you mean `k8s:live`?",
        ),
        (
            "uses: http.request\nwith: { connection: 'http:a', headers: { A: '${{ secrets.tokn }}' } }",
            "tocsin.yaml has no secret `tokn`. Did you mean `token`?",
        ),
        ("assert: env.regoin == 'eu'", "`env` has no `regoin`. Did you mean `region`?"),
        ("assert: incident.severity == 'sev9'", "`incident.severity` is never `sev9`"),
    ],
)
def test_a_name_that_tocsin_yaml_does_not_have_is_found(body: str, told: str) -> None:
    assert told in "\n".join(said(runbook(body), organisation=ACME))
