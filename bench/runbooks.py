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


def loop(name: str, items: int, at_once: int) -> str:
    """Return a runbook that does nothing for every item, so many of them at a time."""
    numbers = ", ".join(map(str, range(items)))
    head = f"schema: runbook/v1\nname: {name}\ntitle: Nothing, {items} times\nsteps:\n"
    each = f"{{ items: [{numbers}], max_parallel: {at_once} }}"
    return f"{head}  - id: each\n    foreach: {each}\n    uses: bench.nothing\n"
