"""What only means something in `steps`: ending the run, asking people, the point of no return."""

from collections.abc import Iterator

from tocsin.runbooks.model import Handler, Step
from tocsin.runbooks.problems import Path
from tocsin.runbooks.subject import Flaw, Subject


def flaws(subject: Subject) -> Iterator[Flaw]:
    """Yield what stands where it has no effect, or the wrong one."""
    for path, step in subject.runbook.placed():
        yield from _ending(step, path)
        if path[0] == "finally":
            yield from _finally(step, path)
        if path[0] != "steps" and step.failing == "compensate":
            told = (
                f"`{path[0]}` runs when the run has ended already, so this undoes nothing; write `continue`"
            )
            yield Flaw((*path, "on_failure"), told, "warning")


def _ending(step: Step, path: Path) -> Iterator[Flaw]:
    handler = step.on_failure
    if isinstance(handler, Handler) and handler.end is not None and (path[0], len(path)) != ("steps", 2):
        told = (
            "only a step that stands directly in `steps` can end the run; "
            "write `on_failure: continue` here, and decide in a step of `steps` by this one's `status`"
        )
        yield Flaw((*path, "on_failure", "end"), told)


def _finally(step: Step, path: Path) -> Iterator[Flaw]:
    if step.approve is not None:
        told = (
            "`finally` always runs, also when people said no: nobody can be asked in it. "
            "Move the step to the end of `steps`"
        )
        yield Flaw((*path, "approve"), told, key=True)
    if step.point_of_no_return:
        told = "nothing is undone after `finally`, so nothing in it is a point of no return; leave it out"
        yield Flaw((*path, "point_of_no_return"), told, key=True)
