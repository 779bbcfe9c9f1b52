"""Folds a run's entries into the story of the run."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from tocsin.actions.base import Change
from tocsin.events import Event, run
from tocsin.log import Entry
from tocsin.postmortems.model import Decision, Run, Step
from tocsin.postmortems.people import People

EventT = TypeVar("EventT", bound=Event)

_STATUS: dict[type[Event], str] = {
    run.StepSkipped: "skipped",
    run.StepPlanned: "planned",
    run.ApprovalRequested: "awaiting approval",
    run.ApprovalRejected: "rejected",
    run.ApprovalExpired: "approval expired",
    run.StepStarted: "started",
    run.StepSucceeded: "done",
    run.StepFailed: "failed",
    run.StepVerified: "verified",
    run.VerificationFailed: "verification failed",
    run.WaitStarted: "waiting",
    run.WaitEnded: "done",
    run.StepAsserted: "held",
    run.UndoStarted: "being taken back",
    run.StepUndone: "taken back",
    run.UndoFailed: "could not be taken back",
}
"""What a step is after an event; the other events leave it what it was."""
_STARTING = (run.StepStarted, run.WaitStarted)
_UNDOING = (run.UndoStarted, run.StepUndone, run.UndoFailed)


class _Plan(BaseModel):
    """The part of every action's plan that people read."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    summary: str = ""
    changes: tuple[Change, ...] = ()
    warnings: tuple[str, ...] = ()


def runs(entries: Sequence[Entry], people: People) -> tuple[Run, ...]:
    """Return every run among the entries, in the order they were requested."""
    by_run: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.run_id is not None:
            by_run.setdefault(entry.run_id, []).append(entry)
    return tuple(
        _run(entry, entry.event, by_run[entry.run_id], people)
        for entry in entries
        if isinstance(entry.event, run.RunRequested) and entry.run_id is not None
    )


def _run(first: Entry, request: run.RunRequested, entries: Sequence[Entry], people: People) -> Run:
    ended, end = _newest(entries, run.RunFinished)
    over = end is not None and end.status != "needs_attention"
    return Run(
        id=first.run_id or "",
        runbook=request.runbook,
        revision=request.revision,
        mode=request.mode,
        trigger=request.trigger,
        inputs=request.inputs,
        requested_by=str(first.actor),
        requested_role=people.roles_of(first),
        requested_at=first.occurred_at,
        status=end.status.replace("_", " ") if end else "running",
        result=end.summary if end else "",
        duration=ended.occurred_at - first.occurred_at if ended and over else None,
        steps=tuple(_step(name, of_step, people) for name, of_step in _by_step(entries).items()),
    )


def _by_step(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """Return the entries of every step, the steps in the order they were reached."""
    steps: dict[str, list[Entry]] = {}
    for entry in entries:
        name = getattr(entry.event, "step", None)
        if name is not None:
            steps.setdefault(name, []).append(entry)
    return steps


def _step(name: str, entries: Sequence[Entry], people: People) -> Step:
    _, planned = _newest(entries, run.StepPlanned)
    plan = _Plan.model_validate(planned.plan) if planned else _Plan()
    started = [entry.occurred_at for entry in entries if isinstance(entry.event, _STARTING)]
    done = [entry.occurred_at for entry in entries if not isinstance(entry.event, _UNDOING)]
    statuses = [_STATUS[type(entry.event)] for entry in entries if type(entry.event) in _STATUS]
    return Step(
        name=name,
        status=statuses[-1] if statuses else "reached",
        plan=plan.summary,
        risk=planned.risk if planned else "",
        changes=plan.changes,
        warnings=plan.warnings,
        decisions=tuple(_decisions(entries, people)),
        attempts=sum(isinstance(entry.event, run.StepStarted) for entry in entries),
        started_at=started[0] if started else None,
        duration=done[-1] - started[0] if started else None,
        problem=_problem(entries),
    )


def _decisions(entries: Sequence[Entry], people: People) -> Iterator[Decision]:
    for entry in entries:
        match entry.event:
            case run.ApprovalGiven(comment=comment):
                yield _decision(entry, True, comment, people)
            case run.ApprovalRejected(reason=reason):
                yield _decision(entry, False, reason, people)
            case _:
                pass


def _decision(entry: Entry, approved: bool, comment: str, people: People) -> Decision:
    return Decision(
        approved=approved,
        by=str(entry.actor),
        role=people.roles_of(entry),
        at=entry.occurred_at,
        comment=comment,
    )


def _problem(entries: Sequence[Entry]) -> str:
    """Return what stood in the step's way at the end; what a later attempt mended is no problem."""
    problem = ""
    for entry in entries:
        match entry.event:
            case run.StepSucceeded() | run.StepVerified():
                problem = ""
            case run.StepSkipped(reason=reason) | run.ApprovalRejected(reason=reason):
                problem = reason
            case run.VerificationFailed(reason=reason):
                problem = reason
            case run.ApprovalExpired():
                problem = "nobody decided in time"
            case run.StepFailed(error=error):
                problem = error
            case run.UndoFailed(error=error, mend=mend):
                problem = f"{error}. {mend}"
            case _:
                pass
    return problem


def _newest(entries: Sequence[Entry], kind: type[EventT]) -> tuple[Entry, EventT] | tuple[None, None]:
    for entry in reversed(entries):
        if isinstance(entry.event, kind):
            return entry, entry.event
    return None, None
