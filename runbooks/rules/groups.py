"""Steps that are done many at a time: items in waves, branches side by side."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import combinations

from pydantic import JsonValue, ValidationError

from tocsin.actions.base import Risk
from tocsin.runbooks import expressions
from tocsin.runbooks.flow import wave_sizes
from tocsin.runbooks.model import Foreach, Step
from tocsin.runbooks.problems import Path
from tocsin.runbooks.subject import Flaw, Subject


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield waves that are none, and branches that get into each other's way."""
    for path, step in subject.runbook.placed():
        if step.foreach is not None:
            yield from _waves(step.foreach, (*path, "foreach"))
        yield from _branches(subject, step, (*path, "parallel"))


def _waves(foreach: Foreach, path: Path) -> Iterator[Flaw]:
    if foreach.items == ():
        yield Flaw((*path, "items"), "there is no item, so nothing is done", "warning")
    if "rest" in foreach.waves[:-1]:
        yield Flaw((*path, "waves"), "`rest` is everything that is left: no wave comes after it")
    sizes = _sizes(foreach)
    if foreach.max_parallel and sizes and foreach.max_parallel > max(sizes):
        told = (
            f"no wave has more than {max(sizes)} items, so `max_parallel: {foreach.max_parallel}` "
            "changes nothing; leave it out, or make the waves larger"
        )
        yield Flaw((*path, "max_parallel"), told, "warning")


def _sizes(foreach: Foreach) -> list[int]:
    """Return how many items the waves have; nothing where that depends on how many there are."""
    if foreach.waves and not isinstance(foreach.items, str):
        return wave_sizes(foreach, len(foreach.items))
    sizes = [wave for wave in foreach.waves if isinstance(wave, int)]
    return sizes if len(sizes) == len(foreach.waves) else []


def _branches(subject: Subject, step: Step, path: Path) -> Iterator[Flaw]:
    """Yield every pair of branches that change the same thing at the same time."""
    touched = [_touched(subject, branch) for branch in step.parallel]
    for (one, first), (other, second) in combinations(enumerate(touched), 2):
        both = [resource for resource in first if resource in second]
        if not both:
            continue
        names = f"`{step.parallel[one].id}` and `{step.parallel[other].id}`"
        what = ", ".join(f"`{resource}`" for resource in both[:3])
        order = [resource for resource in second if resource in first]
        crossed = " in opposite order" if order != both else ""
        sure = step.parallel[one].if_ is None and step.parallel[other].if_ is None
        told = f"{names} change {what} at the same time{crossed}; do them one after the other"
        yield Flaw((*path, other), told, "error" if sure else "warning")


def _touched(subject: Subject, step: Step, depth: int = 0) -> list[str]:
    """Return what a step locks, in its order; what it computes is named by how it is computed."""
    found: list[str] = []
    if step.uses:
        found += _resources(subject, step.uses, step.with_)
    for branch in step.parallel:
        found += _touched(subject, branch, depth)
    called = subject.others.get(step.runbook or "")
    if called is not None and depth < 5:
        found += [lock for lock in called.guardrails.lock if not expressions.holes(lock)]
        for inner in called.steps:
            # What the called one computes has nothing to do with what is computed here.
            found += [one for one in _touched(subject, inner, depth + 1) if "${{" not in one]
    return list(dict.fromkeys(found))


def _resources(subject: Subject, uses: str, given: Mapping[str, JsonValue]) -> list[str]:
    action = subject.action(uses)
    if action is None or action.risk is Risk.READ:
        return []
    holes = {hole for text in expressions.texts(dict(given)) for hole in expressions.holes(text)}
    stand_ins = {_stand_in(hole): hole.strip() for hole in holes}
    try:
        want = action.input_model.model_validate(_plain(dict(given)))
    except ValidationError:
        return []  # said where the inputs are checked, or known only when the run has computed it
    return [_spelled(resource, stand_ins) for resource in action.resources(want)]


def _plain(value: JsonValue) -> JsonValue:
    """Return a value with a plain word for every expression: the same one for the same expression."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, str):
        return value
    for hole in expressions.holes(value):
        value = value.replace(f"${{{{{hole}}}}}", _stand_in(hole))
    return value


def _stand_in(hole: str) -> str:
    return f"x{sha256(hole.strip().encode()).hexdigest()[:12]}x"


def _spelled(resource: str, stand_ins: Mapping[str, str]) -> str:
    for word, hole in stand_ins.items():
        resource = resource.replace(word, f"${{{{ {hole} }}}}")
    return resource
