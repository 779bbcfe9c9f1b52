"""What a test may name: the steps of a runbook and of those that it calls, and the actions they use."""

import re
from collections.abc import Iterator

from tocsin.runbooks.model import Step
from tocsin.runbooks.uses import actions_of
from tocsin.runbooks.work import Program

_SEGMENT = re.compile(r"([a-z][a-z0-9_]*)(?:\[[0-9]+\])?")


def step_at(program: Program, address: str) -> Step | None:
    """Return the step that an address means, whichever item of a ``foreach``; None: there is none."""
    found: Step | None = None
    here: Program | None = program
    for segment in address.split("/"):
        match = _SEGMENT.fullmatch(segment)
        known = {step.id: step for step in here.runbook.walk()} if here else {}
        found = known.get(match[1]) if match else None
        if found is None or here is None:
            return None
        here = here.subs.get(found.runbook) if found.runbook else here
    return found


def steps(program: Program, prefix: str = "") -> Iterator[tuple[str, Step]]:
    """Yield every step as a test may name it, without the items of ``foreach``."""
    for step in program.runbook.walk():
        yield f"{prefix}{step.id}", step
        if step.runbook is not None:
            yield from steps(program.subs[step.runbook], f"{prefix}{step.id}/")


def actions(program: Program) -> set[str]:
    """Return every action that is used, without its version."""
    own = {uses.partition("@")[0] for uses in actions_of(program.runbook)}
    return own.union(*map(actions, program.subs.values()))
