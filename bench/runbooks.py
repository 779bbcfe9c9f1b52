"""The runbooks that are measured."""

FIRST_TITLE = "Benchmark of the first call"
FIRST_CALL = f"""\
schema: runbook/v1
name: bench-first-call
title: Call as soon as the page is there
on:
  - pagerduty: incident.triggered
    when: "event.incident.title == '{FIRST_TITLE}'"
    mode: auto
steps:
  - id: call
    uses: http.request
    with: {{ connection: "http:bench", method: GET, path: "/first/${{{{ event.incident.id }}}}" }}
    undo: none
"""

APPROVED_CALL = """\
schema: runbook/v1
name: bench-approved-call
title: Call as soon as somebody agrees
inputs:
  key: { type: string, default: none }
steps:
  - id: call
    uses: http.request
    with: { connection: "http:bench", method: GET, path: "/approved/${{ inputs.key }}" }
    undo: none
    approve: { from: [role:responder], self: true, expires: 12h }
"""


def nothing(name: str, steps: int) -> str:
    """Return a runbook of so many steps that do nothing."""
    head = f"schema: runbook/v1\nname: {name}\ntitle: {steps} steps that do nothing\nsteps:\n"
    return head + "".join(f"  - {{ id: step_{number}, uses: bench.nothing }}\n" for number in range(steps))
