"""Steps that are never reached. Only what is certain before a run is said."""

from collections.abc import Iterator, Sequence

from tocsin.errors import BadExpression
from tocsin.runbooks import expressions
from tocsin.runbooks.model import Handler, Step
from tocsin.runbooks.problems import Path
from tocsin.runbooks.subject import Flaw, Subject


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield the first step of every list that no run comes to, and handlers of what cannot fail."""
    for part, steps in subject.runbook.parts:
        yield from _in_a_row(steps, part)
    for path, step in subject.runbook.placed():
        yield from _in_a_row(step.handlers, (*path, "on_failure", "steps"))
        yield from _in_a_row(step.undo_steps, (*path, "undo", "steps"))
        if step.wait and step.wait.for_ and step.if_ is None and "on_failure" in step.model_fields_set:
            told = "waiting for a time cannot fail, so this never happens; leave it out"
            yield Flaw((*path, "on_failure"), told, "warning")


def _in_a_row(steps: Sequence[Step], path: Path) -> Iterator[Flaw]:
    for index, step in enumerate(steps[:-1]):
        if not _fails(step) or step.failing == "continue":
            continue
        ends = isinstance(step.on_failure, Handler) and step.on_failure.end is not None
        why = "always ends the run" if ends else "always fails"
        told = f"nothing comes to this step: `{step.id}`, before it, {why}"
        yield Flaw((*path, index + 1), told, "warning")
        return


def _fails(step: Step) -> bool:
    """Say whether the step fails in every run that comes to it."""
    if step.if_ is not None and not _is(step.if_, True):
        return False
    if step.foreach is not None and (isinstance(step.foreach.items, str) or not step.foreach.items):
        return False
    if any(_is(expression, False) for expression in step.assert_):
        return True
    if step.wait is not None and step.wait.until is not None and _is(step.wait.until, False):
        return True
    return any(_fails(branch) and branch.failing != "continue" for branch in step.parallel)


def _is(expression: str, wanted: bool) -> bool:
    """Say whether a condition has this value in every run."""
    try:
        constant = expressions.compile_expression(expression).facts.constant
        return constant and expressions.holds(expression, {}) is wanted
    except BadExpression:
        return False  # said where the expressions are checked
