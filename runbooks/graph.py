"""What a drawing of a runbook shows: boxes, what stands inside of them, and the ways between them. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tocsin.runbooks.expressions import fill_in
from tocsin.runbooks.model import Foreach, Handler, Runbook, Step
from tocsin.runbooks.model.base import span
from tocsin.runbooks.written import one_line, plain

Shape = Literal["action", "person", "gate", "pause", "group", "value", "runbook"]
_SHAPES: dict[str, Shape] = {
    "uses": "action",
    "manual": "person",
    "approve": "gate",
    "assert": "gate",
    "wait": "pause",
    "parallel": "group",
    "set": "value",
    "runbook": "runbook",
}


@dataclass(frozen=True)
class Box:
    """One step."""

    id: str
    title: str
    lines: tuple[str, ...]
    """What it does, and when, in a few words each."""
    shape: Shape
    branches: "tuple[Box, ...]" = ()
    """What is done at the same time inside of it."""
    sides: "tuple[Lane, ...]" = ()
    """What follows when it fails, and what undoes it."""


@dataclass(frozen=True)
class Lane:
    """Steps that are done one after the other."""

    title: str
    boxes: tuple[Box, ...]
    ending: str = ""
    """What comes after the last of them, where that is not the next step."""


def lanes(runbook: Runbook) -> Iterator[Lane]:
    """Yield the lists of steps of a runbook that are not empty."""
    yield Lane("steps", _boxes(runbook.steps))
    failed = runbook.on_failure
    if failed.compensate or failed.steps:
        undone = ": what was done is undone" if failed.compensate else ""
        yield Lane(f"when a step fails{undone}", _boxes(failed.steps))
    if runbook.on_cancel.steps:
        yield Lane("when it is cancelled", _boxes(runbook.on_cancel.steps))
    if runbook.finally_:
        yield Lane("last, however it ended", _boxes(runbook.finally_))


def _boxes(steps: tuple[Step, ...]) -> tuple[Box, ...]:
    return tuple(
        Box(
            id=step.id,
            title=step.title,
            lines=tuple(one_line(line) for line in _lines(step)),
            shape=_SHAPES[step.kind],
            branches=_boxes(step.parallel),
            sides=tuple(_sides(step)),
        )
        for step in steps
    )


def _lines(step: Step) -> Iterator[str]:
    if step.if_:
        yield f"only if {step.if_}"
    if step.foreach is not None:
        yield _repeated(step.foreach)
    if step.approve is not None:
        who = ", ".join(step.approve.principals)
        yield f"asks {who}" if who else "asks first"
    yield from _doing(step)
    if step.verify:
        yield f"then looks, at most {span(max(check.deadline for check in step.verify))}"
    if step.failing == "continue" and not isinstance(step.on_failure, Handler):
        yield "goes on if it fails"
    if step.failing == "compensate" and not isinstance(step.on_failure, Handler):
        yield "undoes what was done if it fails"
    if step.point_of_no_return:
        yield "no way back from here"


def _doing(step: Step) -> Iterator[str]:
    if step.uses:
        yield step.uses
    if step.runbook:
        yield f"runbook {step.runbook}"
    if step.wait is not None:
        wait = step.wait
        yield f"waits {span(wait.for_)}" if wait.for_ is not None else f"waits until {wait.until or wait.at}"
    if step.manual is not None:
        yield f"done by {step.manual.assignee or 'a person'}"
    if step.set:
        yield f"sets {', '.join(step.set)}"
    if step.parallel:
        yield "all at the same time"
    yield from (f"makes sure that {expression}" for expression in step.assert_)


def _repeated(foreach: Foreach) -> str:
    items = foreach.items if isinstance(foreach.items, str) else plain(list(foreach.items))
    waves = f", in waves of {', '.join(map(str, foreach.waves))}" if foreach.waves else ""
    return f"for each {foreach.as_} of {fill_in(items)}{waves}"


def _sides(step: Step) -> Iterator[Lane]:
    handler = step.on_failure
    if isinstance(handler, Handler):
        ending = {"fail": "then it has failed", "continue": "then it goes on", "compensate": "then undo"}
        end = "ends the run well" if handler.end else ending[handler.then]
        yield Lane("if it fails", _boxes(handler.steps), end)
    if step.undo_steps:
        yield Lane("to undo it", _boxes(step.undo_steps))
