"""Every event there is, as one discriminated union."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from tocsin.events import incident, run, runbook, starting, steering
from tocsin.events.base import SYSTEM, Actor, Event, Fact

IncidentEvent = (
    incident.IncidentOpened
    | incident.AlertReceived
    | incident.PageChanged
    | incident.StatusChanged
    | incident.SeverityChanged
    | incident.UpdatePosted
    | incident.RoleAssigned
    | incident.MessagePinned
    | incident.EntryHidden
    | incident.EntryShown
    | incident.ChannelOpened
    | incident.MessageKept
    | incident.PeopleInvited
    | incident.ArtefactFailed
    | incident.PagerNoted
    | incident.PagerResolved
    | incident.PostmortemDrafted
    | incident.DeliveryReceived
    | incident.JobAbandoned
)
RunEvent = (
    run.RunRequested
    | run.ChannelKnown
    | run.StepSkipped
    | run.StepPlanned
    | run.ApprovalRequested
    | run.ApprovalGiven
    | run.ApprovalRejected
    | run.ApprovalExpired
    | run.LocksAwaited
    | run.LocksTaken
    | run.StepStarted
    | run.StepProbed
    | run.StepSucceeded
    | run.StepFailed
    | run.StepChecked
    | run.StepVerified
    | run.VerificationFailed
    | run.WaitStarted
    | run.WaitEnded
    | run.StepAsserted
    | run.UndoStarted
    | run.StepUndone
    | run.UndoFailed
    | run.CancelRequested
    | run.UnknownResolved
    | run.RunFinished
    | steering.GroupOpened
    | steering.GroupClosed
    | steering.ValuesSet
    | steering.GatePassed
    | steering.StepTold
    | steering.ManualRequested
    | steering.ManualCompleted
    | steering.ManualRefused
    | steering.GuardChecked
    | steering.FreezeHeld
    | steering.GlassBroken
    | steering.VerificationUnclear
    | steering.UndoResolved
    | steering.RunPaused
    | steering.RunResumed
    | steering.RunEnding
    | steering.AutomationStopped
    | steering.AutomationResumed
    | starting.RunSuggested
    | starting.RunHeldBack
)
RunbookEvent = (
    runbook.RevisionRecorded
    | runbook.RevisionProposed
    | runbook.ReviewGiven
    | runbook.ProposalRejected
    | runbook.RevisionPublished
    | runbook.RunbookWithdrawn
    | runbook.SourceLanded
    | runbook.SourceRefused
    | runbook.SourceUnreachable
    | runbook.TriggersDemoted
    | runbook.TriggersRearmed
)
AnyEvent = Annotated[IncidentEvent | RunEvent | RunbookEvent, Field(discriminator="type")]
EVENT: TypeAdapter[IncidentEvent | RunEvent | RunbookEvent] = TypeAdapter(AnyEvent)
"""Parses an event from its JSON; an unknown type is an error, never skipped."""

__all__ = [
    "EVENT",
    "SYSTEM",
    "Actor",
    "AnyEvent",
    "Event",
    "Fact",
    "IncidentEvent",
    "RunEvent",
    "RunbookEvent",
]
