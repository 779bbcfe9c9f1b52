"""Secrets that would be seen."""

import pytest

from tests.runbooks.rules.linted import runbook, said

HEAD = "inputs: { key: { type: secret }, name: { type: string } }\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("set: { x: '${{ secrets.token }}' }", "a secret can only stand in a `with` field"),
        ("set: { x: '${{ inputs.key }}' }", "`inputs.key` is a secret: it can only be a whole value"),
        ("assert: inputs.key == 'x'", "`inputs.key` is a secret"),
        ("manual: { instructions: '${{ secrets.token }}' }", "a secret can only stand"),
        (
            "uses: slack.post\nwith: { channel: C1, text: '${{ secrets.token }}' }",
            "`text` of slack.post may not hold a secret",
        ),
        (
            "uses: http.request\nwith: { connection: 'http:a', headers: { A: 'x ${{ inputs.key }}' } }",
            "`inputs.key` is a secret: it can only be a whole value",
        ),
        ("assert: secrets.token == 'x'", "secrets"),
    ],
)
def test_a_secret_out_of_place_is_found(body: str, told: str) -> None:
    assert told in "\n".join(said(runbook(body, head=HEAD)))


def test_a_secret_in_its_place_is_fine() -> None:
    body = "uses: http.request\nwith: { connection: 'http:a', headers: { A: '${{ inputs.key }}' } }"
    assert said(runbook(body, head=HEAD)) == []
