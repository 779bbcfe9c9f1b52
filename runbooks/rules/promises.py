"""What a step promises and its action cannot keep: to be undone, to be tried again, to be done in time."""

from collections.abc import Iterator

from tocsin.actions.base import Effect, Risk
from tocsin.actions.registry import AnyAction
from tocsin.runbooks.model import Runbook, Step
from tocsin.runbooks.model.base import span
from tocsin.runbooks.problems import Path
from tocsin.runbooks.subject import Flaw, Subject


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield the promises that cannot be kept."""
    for path, step in subject.runbook.placed():
        action = subject.action(step.uses)
        if action is not None:
            yield from _undo(subject.runbook, step, action, path)
            yield from _again(step, action, path)
        yield from _in_time(subject.runbook, step, path)


def _undo(runbook: Runbook, step: Step, action: AnyAction, path: Path) -> Iterator[Flaw]:
    if step.undo != "auto" or action.undoable():
        return
    if "undo" in step.model_fields_set:
        yield Flaw(
            (*path, "undo"), f"{action.name} cannot be undone; write `undo: none`, or `undo: {{ steps: … }}`"
        )
    elif action.risk is not Risk.READ and runbook.on_failure.compensate:
        message = f"{action.name} cannot be undone: `compensate` will leave it; say so with `undo: none`"
        yield Flaw((*path, "uses"), message, "warning")


def _again(step: Step, action: AnyAction, path: Path) -> Iterator[Flaw]:
    wanted = "retry" in step.model_fields_set and "max" in step.retry.model_fields_set
    if action.effect is not Effect.ONCE or not wanted or not step.retry.max:
        return
    path = (*path, "retry", "max")
    if action.probes():
        told = (
            f"{action.name} must not happen twice: it is tried again only when a look says that it has not "
            "happened, however large `max` is. Write `max: 0`, or leave it out"
        )
        yield Flaw(path, told, "warning")
    else:
        told = (
            f"{action.name} must not happen twice, and after an error it cannot find out if it happened: "
            "people are asked then, and nothing is tried again. Write `max: 0`, or leave `retry` out"
        )
        yield Flaw(path, told)


def _in_time(runbook: Runbook, step: Step, path: Path) -> Iterator[Flaw]:
    whole = runbook.guardrails.timeout
    pause = step.wait.for_ if step.wait else None
    if pause is not None and pause >= whole:
        told = f"the run ends after {span(whole)} (`guardrails.timeout`), in the middle of this: give it more"
        yield Flaw((*path, "wait"), told, "warning")
    if step.uses and step.timeout is not None and step.timeout > whole:
        told = f"the run ends after {span(whole)} (`guardrails.timeout`), before this timeout: give it more"
        yield Flaw((*path, "timeout"), told, "warning")
    if step.deadline is not None and step.timeout is not None and step.deadline < step.timeout:
        told = "`deadline` is for all attempts together, and shorter than `timeout`, which is for one of them"
        yield Flaw((*path, "deadline"), told, "warning")
