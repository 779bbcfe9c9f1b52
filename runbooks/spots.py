"""Find every place of a runbook where the language takes an expression, and what can be seen from there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from tocsin.runbooks.model import Approval, Check, Foreach, Guardrails, Manual, Runbook, Step, Trigger, Wait
from tocsin.runbooks.problems import Path

TRIGGER = frozenset({"env", "event", "alert", "incident", "vars"})
RUN = frozenset({"env", "event", "alert", "incident", "inputs", "run"})
GUARD = RUN | {"vars"}
STEP = GUARD | {"steps"}
LAST = STEP | {"failure"}


@dataclass(frozen=True)
class Spot:
    """One text that holds expressions."""

    path: Path
    text: str = ""
    bare: bool = False
    """True: the text is an expression. False: it may hold ``${{ }}``."""
    condition: bool = False
    """Whether it has to be true or false."""
    roots: frozenset[str] = STEP
    steps: tuple[str, ...] = ()
    """Ids of the steps that are done when it is evaluated."""
    secrets: bool = False
    """Whether ``${{ secrets.NAME }}`` may stand here."""
    items: Mapping[str, Foreach] = field(default_factory=dict)
    """The ``foreach`` steps around, by what they call their items."""
    value: Step | str | None = None
    """What ``value`` is: the outputs of a step, or of the action of that name."""

    @property
    def names(self) -> frozenset[str]:
        """Return what the ``foreach`` steps around call their items."""
        return frozenset(self.items)


def spots(runbook: Runbook) -> Iterator[Spot]:
    """Yield every place where the language takes an expression."""
    for index, trigger in enumerate(runbook.on):
        yield from _trigger(trigger, ("on", index))
    yield from _guardrails(runbook.guardrails)
    yield from _values(runbook.vars, Spot(("vars",), roots=RUN | {"vars"}))
    every = tuple(one.id for step in runbook.steps for one in _deep(step))
    for path, steps in runbook.parts:
        last = path != ("steps",)
        yield from _in_a_row(steps, Spot(path, roots=LAST if last else STEP, steps=every if last else ()))
    yield from _values(runbook.outputs, Spot(("outputs",), roots=LAST, steps=every))


def _deep(step: Step) -> Iterator[Step]:
    yield step
    for inner in step.inner:
        yield from _deep(inner)


def _trigger(trigger: Trigger, path: Path) -> Iterator[Spot]:
    at = Spot(path, roots=TRIGGER)
    if trigger.when is not None:
        yield _condition(at, "when", text=trigger.when)
    yield from _values(trigger.with_, _below(at, "with"))
    if trigger.dedupe:
        yield _below(at, "dedupe", "key", text=trigger.dedupe.key)


def _guardrails(guardrails: Guardrails) -> Iterator[Spot]:
    at = Spot(("guardrails",), roots=GUARD)
    for index, lock in enumerate(guardrails.lock):
        yield _below(at, "lock", index, text=lock)
    if guardrails.rate_limit and guardrails.rate_limit.scope:
        yield _below(at, "rate_limit", "scope", text=guardrails.rate_limit.scope)
    if guardrails.cooldown and guardrails.cooldown.per:
        yield _below(at, "cooldown", "per", text=guardrails.cooldown.per)
    guard = guardrails.stop_if
    if guard is not None:
        yield from _values(guard.with_, replace(_below(at, "stop_if", "with"), secrets=True))
        seen = _with_value(at, guard.uses)
        yield _condition(seen, "stop_if", "assert", text=guard.assert_)


def _in_a_row(steps: Sequence[Step], around: Spot) -> Iterator[Spot]:
    """Yield the spots of steps one after the other; ``around`` says what all of them see."""
    done = around.steps
    for index, step in enumerate(steps):
        yield from _step(step, replace(around, path=(*around.path, index), steps=done))
        done = (*done, *(one.id for one in _deep(step)))


def _step(step: Step, at: Spot) -> Iterator[Spot]:
    """Yield the spots of a step: first those that are looked at once, then those of every item."""
    own = replace(at, steps=(*at.steps, step.id))
    if step.if_ is not None:
        yield _condition(at, "if", text=step.if_)
    yield from _approval(step.approve, _below(at, "approve"))
    each = at
    if step.foreach is not None:
        yield from _values_of(step.foreach.items, _below(at, "foreach", "items"))
        each = replace(own, items={**at.items, step.foreach.as_: step.foreach})
        if step.foreach.stop_when is not None:
            # Looked at between the items, where none of them is at hand.
            yield _condition(own, "foreach", "stop_when", text=step.foreach.stop_when)
    yield from _doing(step, each)
    yield from _looking(step, replace(each, steps=own.steps))
    yield from _inside(step, replace(each, steps=own.steps))
    if step.handlers:
        failed = replace(own, roots=at.roots | {"failure"})
        yield from _in_a_row(step.handlers, _below(failed, "on_failure", "steps"))


def _doing(step: Step, at: Spot) -> Iterator[Spot]:
    """Yield what is computed before the step begins."""
    yield from _values(step.with_, replace(_below(at, "with"), secrets=step.uses is not None))
    yield from _values(step.set or {}, _below(at, "set"))
    yield from _wait(step.wait, _below(at, "wait"))
    yield from _manual(step.manual, _below(at, "manual"))
    if not step.uses:
        yield from _asserted(step, at)


def _looking(step: Step, at: Spot) -> Iterator[Spot]:
    """Yield what is computed of what the step put out."""
    if step.uses:
        yield from _asserted(step, _with_value(at, step))
        yield from _values(step.outputs, _with_value(_below(at, "outputs"), step.uses))
    for index, one in enumerate(step.verify or ()):
        yield from _check(one, step, _below(at, "verify", index))
    if step.timeline.summary:
        yield _below(at, "timeline", "summary", text=step.timeline.summary)


def _asserted(step: Step, at: Spot) -> Iterator[Spot]:
    for index, expression in enumerate(step.assert_):
        yield _condition(at, "assert", index, text=expression)


def _inside(step: Step, at: Spot) -> Iterator[Spot]:
    for index, branch in enumerate(step.parallel):
        yield from _step(branch, _below(at, "parallel", index))
    if step.undo_steps:
        yield from _in_a_row(step.undo_steps, _below(at, "undo", "steps"))


def _wait(wait: Wait | None, at: Spot) -> Iterator[Spot]:
    if wait is not None and wait.until is not None:
        yield _condition(at, "until", text=wait.until)
    if wait is not None and wait.at is not None:
        yield _below(at, "at", text=wait.at)


def _manual(manual: Manual | None, at: Spot) -> Iterator[Spot]:
    if manual is not None:
        yield _below(at, "instructions", text=manual.instructions)
        for index, entry in enumerate(manual.checklist):
            yield _below(at, "checklist", index, text=entry)


def _approval(approval: Approval | None, at: Spot) -> Iterator[Spot]:
    if approval is None:
        return
    if approval.confirm is not None:
        yield _below(at, "confirm", text=approval.confirm)
    for index, expression in enumerate(approval.show):
        if expression != "plan":
            yield replace(_below(at, "show", index, text=expression), bare=True)


def _check(one: Check, step: Step, at: Spot) -> Iterator[Spot]:
    # The own output of the step is at hand as `value` for what the check asks.
    yield from _values(one.with_, replace(_with_value(_below(at, "with"), step), secrets=True))
    if one.assert_ is not None:
        yield _condition(_with_value(at, one.uses or step), "assert", text=one.assert_)


def _values(given: Mapping[str, JsonValue], like: Spot) -> Iterator[Spot]:
    """Yield a spot like ``like`` for every text in a map."""
    for key, item in given.items():
        yield from _values_of(item, _below(like, key))


def _values_of(value: object, like: Spot) -> Iterator[Spot]:
    if isinstance(value, str):
        yield replace(like, text=value)
    listed = value if isinstance(value, list | tuple) else ()
    for key, item in value.items() if isinstance(value, dict) else enumerate(listed):
        yield from _values_of(item, _below(like, key))


def _below(at: Spot, *keys: str | int, text: str = "") -> Spot:
    return replace(at, path=(*at.path, *keys), text=text)


def _condition(at: Spot, *keys: str | int, text: str) -> Spot:
    return replace(at, path=(*at.path, *keys), text=text, bare=True, condition=True)


def _with_value(at: Spot, value: Step | str) -> Spot:
    return replace(at, roots=at.roots | {"value"}, value=value)
