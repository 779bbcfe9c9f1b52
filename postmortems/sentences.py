"""One sentence for every event that a reader of the timeline wants to know of."""

from typing import assert_never

from tocsin.events import IncidentEvent, RunbookEvent, RunEvent, incident, run, runbook, starting, steering
from tocsin.postmortems.steered import Steered, steered
from tocsin.postmortems.texts import compact, sentence_case
from tocsin.postmortems.wording import Namer, Sentence, because

Silent = (
    incident.MessageKept
    | incident.EntryHidden
    | incident.EntryShown
    | incident.PagerNoted
    | incident.PostmortemDrafted
    | incident.DeliveryReceived
    | run.ChannelKnown
    | run.LocksTaken
    | run.StepChecked
    | run.WaitEnded
    | steering.GroupOpened
    | steering.GroupClosed
    | steering.ValuesSet
    | steering.GuardChecked
    | steering.RunEnding
    | runbook.RevisionRecorded
    | runbook.RevisionProposed
    | runbook.ReviewGiven
    | runbook.ProposalRejected
    | runbook.RevisionPublished
    | runbook.RunbookWithdrawn
    | runbook.SourceLanded
    | runbook.SourceRefused
    | runbook.SourceUnreachable
    | runbook.TriggersRearmed
)
"""Bookkeeping: true, kept, and of no use to a reader."""
Course = (
    incident.IncidentOpened
    | incident.StatusChanged
    | incident.SeverityChanged
    | incident.UpdatePosted
    | incident.RoleAssigned
    | incident.MessagePinned
)
Surroundings = (
    incident.AlertReceived
    | incident.PageChanged
    | incident.PagerResolved
    | incident.ChannelOpened
    | incident.PeopleInvited
    | incident.ArtefactFailed
    | incident.JobAbandoned
    | runbook.TriggersDemoted
)
Running = run.RunRequested | run.LocksAwaited | run.CancelRequested | run.RunFinished
Starting = starting.RunSuggested | starting.RunHeldBack
Approving = run.ApprovalRequested | run.ApprovalGiven | run.ApprovalRejected | run.ApprovalExpired
Stepping = (
    run.StepSkipped
    | run.StepPlanned
    | run.StepStarted
    | run.StepProbed
    | run.StepSucceeded
    | run.StepFailed
    | run.StepVerified
    | run.VerificationFailed
    | run.WaitStarted
    | run.StepAsserted
    | run.UnknownResolved
)
Undoing = run.UndoStarted | run.StepUndone | run.UndoFailed

_PAGE = {
    "triggered": "Page triggered",
    "acknowledged": "Page acknowledged",
    "unacknowledged": "Page no longer acknowledged",
    "resolved": "Page resolved",
    "reopened": "Page reopened",
    "escalated": "Page escalated",
    "reassigned": "Page reassigned",
    "delegated": "Page delegated",
    "priority_updated": "Page's priority changed",
    "annotated": "Note at the pager",
    "responder_added": "Responder asked for",
    "responder_replied": "Responder replied",
    "other": "Page changed",
}


def tell(event: IncidentEvent | RunEvent | RunbookEvent, name_of: Namer, name: str) -> Sentence | None:
    """Return the event's sentence, or None for bookkeeping; ``name`` is that of its run's runbook, if any."""
    if isinstance(event, Silent):
        return None
    if isinstance(event, Course):
        return _course(event)
    if isinstance(event, Surroundings):
        return _surroundings(event, name_of)
    if isinstance(event, Running):
        return _running(event, name)
    if isinstance(event, Starting):
        return _starting(event)
    if isinstance(event, Steered):
        return steered(event, name)
    told = _of_step(event, f"{name} › {event.step}", name_of)
    return told and told._replace(step=event.step)


def _of_step(event: Stepping | Approving | Undoing, name: str, name_of: Namer) -> Sentence | None:
    if isinstance(event, Stepping):
        return _stepping(event, name)
    if isinstance(event, Approving):
        return _approving(event, name, name_of)
    return _undoing(event, name)


def _course(event: Course) -> Sentence:
    match event:
        case incident.IncidentOpened():
            return Sentence("incident", f"Incident opened as {event.severity}: {event.title}")
        case incident.StatusChanged():
            return Sentence("status", _moved(event.before, event.after) + because(event.reason))
        case incident.SeverityChanged():
            return Sentence("severity", f"{event.before} → {event.after}{because(event.reason)}")
        case incident.UpdatePosted():
            return Sentence("update", event.message)
        case incident.RoleAssigned():
            return Sentence("role", f"{event.person_name} takes the role {event.role}")
        case incident.MessagePinned():
            return Sentence("message", f"“{event.text}”", event.permalink)
        case _:
            assert_never(event)


def _surroundings(event: Surroundings, name_of: Namer) -> Sentence:
    match event:
        case incident.AlertReceived():
            urgency = f", {event.urgency} urgency" if event.urgency else ""
            return Sentence("alert", f"{event.title} ({event.service}{urgency})", event.url)
        case incident.PageChanged():
            return Sentence("page", _PAGE[event.change] + because(event.detail), event.url)
        case incident.PagerResolved():
            return Sentence("page", "Page resolved, because the incident was resolved")
        case incident.ChannelOpened():
            return Sentence("channel", f"Channel #{event.name} opened")
        case incident.PeopleInvited():
            missing = f"; could not be invited: {', '.join(event.missing)}" if event.missing else ""
            return Sentence(
                "channel", f"Invited {', '.join(map(name_of, event.people)) or 'nobody'}{missing}"
            )
        case incident.ArtefactFailed():
            return Sentence("problem", f"Could not make {event.artefact}: {event.error}. {event.mend}")
        case incident.JobAbandoned():
            return Sentence("problem", f"{event.job} given up after {event.attempts} tries: {event.error}")
        case runbook.TriggersDemoted():
            return Sentence(
                "problem", f"{event.runbook} only proposes now: it failed {event.failures} times in a row"
            )
        case _:
            assert_never(event)


def _running(event: Running, name: str) -> Sentence:
    match event:
        case run.RunRequested():
            asked = f"{name}@{event.revision[:12]} requested ({event.trigger})"
            return Sentence("run", asked + because(event.lowered))
        case run.LocksAwaited():
            return Sentence("run", f"{name} waits in line for {', '.join(event.resources)}")
        case run.CancelRequested():
            after = ", and to take back what it did" if event.compensate else ""
            return Sentence("run", f"{name} asked to stop{after}{because(event.reason)}")
        case run.RunFinished():
            return Sentence("run", f"{name} {event.status.replace('_', ' ')}{because(event.summary)}")
        case _:
            assert_never(event)


def _starting(event: Starting) -> Sentence:
    match event:
        case starting.RunSuggested():
            return Sentence("run", f"{event.runbook} suggested ({event.trigger})")
        case starting.RunHeldBack():
            return Sentence("run", f"{event.runbook} not started ({event.trigger}): {event.why}")
        case _:
            assert_never(event)


def _stepping(event: Stepping, name: str) -> Sentence | None:
    match event:
        case run.StepSkipped():
            return Sentence("step", f"{name} skipped{because(event.reason)}")
        case run.StepPlanned():
            summary = because(compact(event.plan["summary"])) if "summary" in event.plan else ""
            return Sentence("step", f"{name} planned, {event.risk} risk{summary}")
        case run.StepStarted():
            # Each failure already says that there will be another attempt.
            return Sentence("step", f"{name} started") if event.attempt == 1 else None
        case run.StepProbed():
            return Sentence(
                "step", f"{name}: looked whether it had happened: {event.found.replace('_', ' ')}"
            )
        case run.StepSucceeded():
            return Sentence("step", f"{name} done")
        case run.StepFailed():
            again = ", will be tried again" if event.retry_at else ""
            return Sentence("step", f"{name} failed{again}: {event.error}")
        case run.StepVerified():
            return Sentence("step", f"{name} verified")
        case run.VerificationFailed():
            return Sentence("step", f"{name} did not have its effect: {event.reason}")
        case run.WaitStarted():
            return Sentence("step", f"{name} waits until {event.until:%Y-%m-%d %H:%M:%S %Z}")
        case run.StepAsserted():
            return Sentence("step", f"{name} holds")
        case run.UnknownResolved():
            return Sentence(
                "step", f"{name} looked at: it {'happened' if event.happened else 'did not happen'}"
            )
        case _:
            assert_never(event)


def _approving(event: Approving, name: str, name_of: Namer) -> Sentence:
    match event:
        case run.ApprovalRequested():
            asked = ", ".join(map(name_of, event.approvers))
            return Sentence("approval", f"{name} needs {event.count} of {asked}")
        case run.ApprovalGiven():
            return Sentence("approval", f"{name} approved{because(event.comment)}")
        case run.ApprovalRejected():
            return Sentence("approval", f"{name} rejected{because(event.reason)}")
        case run.ApprovalExpired():
            return Sentence("approval", f"{name}: nobody decided in time")
        case _:
            assert_never(event)


def _undoing(event: Undoing, name: str) -> Sentence:
    match event:
        case run.UndoStarted():
            return Sentence("undo", f"{name} is being taken back")
        case run.StepUndone():
            return Sentence("undo", f"{name} taken back")
        case run.UndoFailed():
            return Sentence("undo", f"{name} could not be taken back: {event.error}. {event.mend}")
        case _:
            assert_never(event)


def _moved(before: str, after: str) -> str:
    return f"{sentence_case(before)} → {sentence_case(after)}"
