"""Names that clash, depend on themselves, or cannot be said."""

from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue

from tocsin.errors import BadExpression
from tocsin.runbooks import inputs, scope
from tocsin.runbooks.expressions import ROOTS
from tocsin.runbooks.functions import FUNCTIONS
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.problems import Path
from tocsin.runbooks.subject import Flaw, Subject

_TAKEN = ROOTS | FUNCTIONS.keys() | {"secrets"}
_WORDS = frozenset({"and", "else", "false", "if", "in", "is", "none", "not", "or", "true"})
"""What the grammar of expressions reads as something else than a name."""


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield ids given twice, circles among variables, inputs that contradict themselves, hidden names."""
    runbook = subject.runbook
    times = Counter(step.id for step in runbook.walk())
    for path, step in runbook.placed():
        if times[step.id] > 1:
            told = f"the id `{step.id}` is given {times[step.id]} times; ids are unique"
            yield Flaw((*path, "id"), told)
    for name in runbook.vars:
        if name in _needed(runbook, name):
            yield Flaw(("vars", name), f"`vars.{name}` depends on itself")
    for name, spec in runbook.inputs.items():
        yield from (Flaw(("inputs", name), told) for told in inputs.flaws(spec))
    for path, steps in runbook.parts:
        for index, step in enumerate(steps):
            yield from _hidden(step, (*path, index), ())


def _needed(runbook: Runbook, variable: str) -> set[str]:
    """Return the variables that one needs, by way of others too."""
    needed, edge = set[str](), {variable}
    while edge:
        values = [runbook.vars[name] for name in edge if name in runbook.vars]
        edge = set().union(*map(_variables_in, values)) - needed
        needed |= edge
    return needed


def _variables_in(value: JsonValue) -> set[str]:
    try:
        return scope.variables_in(value)
    except BadExpression:
        return set()  # said where the expressions are checked


def _hidden(step: Step, path: Path, around: tuple[str, ...]) -> Iterator[Flaw]:
    """Yield the items that cannot be named, or hide what has the name already."""
    if step.foreach is not None:
        name, here = step.foreach.as_, (*path, "foreach", "as")
        if name in _TAKEN:
            yield Flaw(here, f"`as: {name}` hides `{name}`; give the item another name")
        elif name in _WORDS:
            yield Flaw(here, f"`as: {name}` is a word of the language; give the item another name")
        elif name in around:
            told = f"the `foreach` around calls its item `{name}`, too; give one of them another `as`"
            yield Flaw(here, told)
        around = (*around, name)
    for index, branch in enumerate(step.parallel):
        yield from _hidden(branch, (*path, "parallel", index), around)
    for key, inner in (("on_failure", step.handlers), ("undo", step.undo_steps)):
        for index, one in enumerate(inner):
            yield from _hidden(one, (*path, key, "steps", index), around)
