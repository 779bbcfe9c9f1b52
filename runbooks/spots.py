"""Find every place of a runbook where the language takes an expression, and what can be seen from there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from tocsin.runbooks.model import Approval, Check, Guardrails, Manual, Runbook, Step, Trigger, Wait
from tocsin.runbooks.problems import Path

START = frozenset({"event", "alert", "incident", "env"})
TRIGGER = START | {"vars"}
RUN = START | {"inputs", "run"}
STEP = RUN | {"vars", "steps"}
LAST = STEP | {"failure"}


@dataclass(frozen=True)
class Spot:
    """One text that holds expressions."""

    path: Path
    text: str
    bare: bool
    """True: the text is an expression. False: it may hold ``${{ }}``."""
    roots: frozenset[str]
    steps: tuple[str, ...] = ()
    """Ids of the steps that are done when it is evaluated."""
    secrets: bool = False
    """Whether ``${{ secrets.NAME }}`` may stand here."""
    items: frozenset[str] = frozenset()
    """What the ``foreach`` steps around call their items."""


def spots(runbook: Runbook) -> Iterator[Spot]:
    """Yield every place where the language takes an expression."""
    for index, trigger in enumerate(runbook.on):
        yield from _trigger(trigger, ("on", index))
    yield from _guardrails(runbook.guardrails)
    yield from _values(runbook.vars, Spot(("vars",), "", False, RUN | {"vars"}))
    every = tuple(one.id for step in runbook.steps for one in _deep(step))
    for path, steps in runbook.parts:
        last = path != ("steps",)
        around = Spot(path, "", False, LAST if last else STEP, every if last else ())
        yield from _in_a_row(steps, around)
    yield from _values(runbook.outputs, Spot(("outputs",), "", False, LAST, every))


def _deep(step: Step) -> Iterator[Step]:
    yield step
    for inner in step.inner:
        yield from _deep(inner)


def _trigger(trigger: Trigger, path: Path) -> Iterator[Spot]:
    if trigger.when is not None:
        yield Spot((*path, "when"), trigger.when, True, TRIGGER)
    yield from _values(trigger.with_, Spot((*path, "with"), "", False, TRIGGER))
    if trigger.dedupe:
        yield Spot((*path, "dedupe", "key"), trigger.dedupe.key, False, TRIGGER)


def _guardrails(guardrails: Guardrails) -> Iterator[Spot]:
    roots, path = RUN | {"vars"}, ("guardrails",)
    for index, lock in enumerate(guardrails.lock):
        yield Spot((*path, "lock", index), lock, False, roots)
    if guardrails.rate_limit and guardrails.rate_limit.scope:
        yield Spot((*path, "rate_limit", "scope"), guardrails.rate_limit.scope, False, roots)
    if guardrails.cooldown and guardrails.cooldown.per:
        yield Spot((*path, "cooldown", "per"), guardrails.cooldown.per, False, roots)
    if guardrails.stop_if is not None:
        here = (*path, "stop_if")
        yield from _values(guardrails.stop_if.with_, Spot((*here, "with"), "", False, roots))
        yield Spot((*here, "assert"), guardrails.stop_if.assert_, True, roots | {"value"})


def _in_a_row(steps: Sequence[Step], around: Spot) -> Iterator[Spot]:
    """Yield the spots of steps one after the other; ``around`` says what all of them see."""
    done = around.steps
    for index, step in enumerate(steps):
        yield from _step(step, replace(around, path=(*around.path, index), steps=done))
        done = (*done, *(one.id for one in _deep(step)))


def _step(step: Step, at: Spot) -> Iterator[Spot]:
    path, own = at.path, (*at.steps, step.id)
    if step.if_ is not None:
        yield replace(at, path=(*path, "if"), text=step.if_, bare=True)
    if step.foreach is not None:
        yield from _values_of(step.foreach.items, replace(at, path=(*path, "foreach", "items")))
        at = replace(at, items=at.items | {step.foreach.as_}, steps=own)
        if step.foreach.stop_when is not None:
            yield replace(at, path=(*path, "foreach", "stop_when"), text=step.foreach.stop_when, bare=True)
    yield from _values(step.with_, replace(at, path=(*path, "with"), secrets=step.uses is not None))
    yield from _values(step.set or {}, replace(at, path=(*path, "set")))
    yield from _wait(step.wait, replace(at, path=(*path, "wait")))
    yield from _manual(step.manual, replace(at, path=(*path, "manual")))
    yield from _approval(step.approve, replace(at, path=(*path, "approve")))
    seen = replace(at, roots=at.roots | {"value"}, steps=own) if step.uses else at
    for index, expression in enumerate(step.assert_):
        yield replace(seen, path=(*path, "assert", index), text=expression, bare=True)
    for index, one in enumerate(step.verify or ()):
        yield from _check(one, replace(at, path=(*path, "verify", index), steps=own))
    yield from _values(step.outputs, replace(seen, path=(*path, "outputs")))
    if step.timeline.summary:
        yield replace(at, path=(*path, "timeline", "summary"), text=step.timeline.summary, steps=own)
    yield from _inside(step, replace(at, steps=own))


def _inside(step: Step, at: Spot) -> Iterator[Spot]:
    for index, branch in enumerate(step.parallel):
        yield from _step(branch, replace(at, path=(*at.path, "parallel", index)))
    if step.handlers:
        roots = at.roots | {"failure"}
        yield from _in_a_row(step.handlers, replace(at, path=(*at.path, "on_failure", "steps"), roots=roots))
    if step.undo_steps:
        yield from _in_a_row(step.undo_steps, replace(at, path=(*at.path, "undo", "steps")))


def _wait(wait: Wait | None, at: Spot) -> Iterator[Spot]:
    if wait is not None and wait.until is not None:
        yield replace(at, path=(*at.path, "until"), text=wait.until, bare=True)
    if wait is not None and wait.at is not None:
        yield replace(at, path=(*at.path, "at"), text=wait.at)


def _manual(manual: Manual | None, at: Spot) -> Iterator[Spot]:
    if manual is not None:
        yield replace(at, path=(*at.path, "instructions"), text=manual.instructions)
        for index, entry in enumerate(manual.checklist):
            yield replace(at, path=(*at.path, "checklist", index), text=entry)


def _approval(approval: Approval | None, at: Spot) -> Iterator[Spot]:
    if approval is None:
        return
    if approval.confirm is not None:
        yield replace(at, path=(*at.path, "confirm"), text=approval.confirm)
    for index, expression in enumerate(approval.show):
        if expression != "plan":
            yield replace(at, path=(*at.path, "show", index), text=expression, bare=True)


def _check(one: Check, at: Spot) -> Iterator[Spot]:
    yield from _values(one.with_, replace(at, path=(*at.path, "with"), secrets=True))
    if one.assert_ is not None:
        yield replace(at, path=(*at.path, "assert"), text=one.assert_, bare=True, roots=at.roots | {"value"})


def _values(given: dict[str, JsonValue], like: Spot) -> Iterator[Spot]:
    """Yield a spot like ``like`` for every text in a map."""
    for key, item in given.items():
        yield from _values_of(item, replace(like, path=(*like.path, key)))


def _values_of(value: object, like: Spot) -> Iterator[Spot]:
    if isinstance(value, str):
        yield replace(like, text=value, bare=False)
    listed = value if isinstance(value, list | tuple) else ()
    for key, item in value.items() if isinstance(value, dict) else enumerate(listed):
        yield from _values_of(item, replace(like, path=(*like.path, key)))
