"""Which jobs of Slack's the events of incidents and runs cause. Pure."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tocsin.events import incident, run, runbook, starting, steering
from tocsin.jobs import Job
from tocsin.log import Entry

SPACING = timedelta(seconds=1.5)
"""From an event to the edit that shows it: what happens in between is one edit, never two a second."""

_SAID = (
    incident.UpdatePosted,
    incident.RoleAssigned,
    incident.SeverityChanged,
    incident.ArtefactFailed,
    starting.RunHeldBack,
    runbook.TriggersDemoted,
)
"""What the channel is told in a line of its own."""
_BROKEN = (runbook.TriggersDemoted, runbook.SourceRefused, runbook.SourceUnreachable)
"""What everybody is told of runbooks."""
_SEEN = (
    incident.AlertReceived,
    incident.ChannelOpened,
    incident.PageChanged,
    incident.PagerResolved,
    incident.RoleAssigned,
    incident.SeverityChanged,
    incident.StatusChanged,
    incident.UpdatePosted,
)
"""What changes the summary."""
_UNSEEN = (run.StepChecked, run.StepProbed, steering.GuardChecked)
_SHOW = ("bot.show_runs", "bot.show_suggestions")
"""What waits for a place to be shown in."""
_DECIDES = (
    run.ApprovalRequested,
    run.ApprovalGiven,
    run.ApprovalRejected,
    run.ApprovalExpired,
    run.StepPlanned,
    run.StepFailed,
    run.CancelRequested,
    run.RunFinished,
    steering.RunEnding,
)
"""What may end a question."""
_HUMAN = (
    run.RunFinished,
    run.StepFailed,
    run.UndoFailed,
    run.UndoStarted,
    run.UnknownResolved,
    steering.ManualRequested,
    steering.ManualCompleted,
    steering.ManualRefused,
    steering.UndoResolved,
    steering.VerificationUnclear,
)
"""What begins or ends what a person is asked to do or to look at."""


def reactions(entry: Entry) -> Iterable[Job]:
    """Return the jobs of one entry."""
    yield from _of_suggestion(entry)
    if _is_loud(entry):
        yield Job(task="bot.alarm", args={"position": entry.position})
    if _is_alarming(entry):
        yield Job(task="bot.alarm", args={"position": entry.position})
    elif entry.run_id is not None:
        yield from _of_run(entry, entry.run_id)
    elif entry.incident_id is not None:
        yield from _of_incident(entry, entry.incident_id)


def refresh_job(incident_id: str, at: datetime) -> Job:
    """Return the job that shows an incident as it stands; one at a time, and only one waiting."""
    key = f"bot.refresh:{incident_id}"
    return Job(task="bot.refresh", args={"incident_id": incident_id}, merge=key, lock=key, at=at)


def show_run_job(run_id: str, at: datetime | None) -> Job:
    """Return the job that shows a run as it stands; one at a time, and only one waiting."""
    key = f"bot.show_run:{run_id}"
    return Job(task="bot.show_run", args={"run_id": run_id}, merge=key, lock=key, at=at)


def show_decision_job(run_id: str) -> Job:
    """Return the job that shows what became of a run's questions; one at a time, and only one waiting."""
    key = f"bot.show_decision:{run_id}"
    return Job(task="bot.show_decision", args={"run_id": run_id}, merge=key, lock=key)


def show_suggestion_job(suggestion: str) -> Job:
    """Return the job that shows a suggestion as it stands; one at a time, and only one waiting."""
    key = f"bot.show_suggestion:{suggestion}"
    return Job(task="bot.show_suggestion", args={"suggestion": suggestion}, merge=key, lock=key)


def show_tasks_job(run_id: str) -> Job:
    """Return the job that shows what people are asked to do or look at; one at a time, one waiting."""
    key = f"bot.show_tasks:{run_id}"
    return Job(task="bot.show_tasks", args={"run_id": run_id}, merge=key, lock=key)


def ask_job(run_id: str, digest: str) -> Job:
    """Return the job that asks a run's question; one at a time.

    The question and the opening of its channel both cause it; two at once would not see each other's message.
    """
    key = f"bot.ask_approval:{run_id}:{digest}"
    args: dict[str, str | int] = {"run_id": run_id, "digest": digest}
    return Job(task="bot.ask_approval", args=args, merge=key, lock=key)


def _is_loud(entry: Entry) -> bool:
    """Say whether everybody is told of what somebody did."""
    match entry.event:
        case run.RunRequested(break_glass=reason):
            return bool(reason)
        case steering.AutomationStopped() | steering.AutomationResumed() | steering.GlassBroken():
            return True
        case _:
            return False


def _is_alarming(entry: Entry) -> bool:
    """Say whether everybody is told of something that is broken, because it belongs to no incident."""
    if entry.stream == "system" and isinstance(entry.event, incident.JobAbandoned):
        return entry.event.job != "bot.alarm"  # else it would be said by what cannot say it
    if entry.stream == "system":
        return isinstance(entry.event, _BROKEN)
    return entry.stream.startswith("trigger/") and isinstance(entry.event, incident.ArtefactFailed)


def _of_suggestion(entry: Entry) -> Iterator[Job]:
    match entry.event:
        case starting.RunSuggested(suggestion=suggestion) | run.RunRequested(suggestion=str(suggestion)):
            yield show_suggestion_job(suggestion)
        case incident.MessageKept(artefact=artefact) if artefact.startswith("suggestion:"):
            # It may have been taken up while it was posted.
            yield show_suggestion_job(artefact.removeprefix("suggestion:"))


def _of_incident(entry: Entry, incident_id: str) -> Iterator[Job]:
    event, at = entry.event, entry.recorded_at + SPACING
    if isinstance(event, _SEEN):
        yield refresh_job(incident_id, at)
    if isinstance(event, _SAID) or _is_worth_a_line(event):
        yield _job("bot.say", incident_id, position=entry.position)
    match event:
        case incident.IncidentOpened(private=private):
            yield _job("bot.open_channel", incident_id)
            if not private:
                yield _job("bot.announce", incident_id)
        case incident.ChannelOpened():
            for task in ("bot.set_topic", "bot.pin_summary", "bot.invite", *_SHOW):
                yield _job(task, incident_id)
        case incident.ArtefactFailed(artefact="channel") | incident.JobAbandoned(job="bot.open_channel"):
            for task in _SHOW:
                yield _job(task, incident_id)
        case incident.StatusChanged() | incident.SeverityChanged():
            yield _job("bot.set_topic", incident_id)
        case incident.MessageKept(artefact="summary" | "announcement"):
            yield refresh_job(incident_id, at)  # it may have been written before the newest news
        case incident.PostmortemDrafted():
            yield _job("bot.share_postmortem", incident_id, position=entry.position)


def _of_run(entry: Entry, run_id: str) -> Iterator[Job]:
    event, at = entry.event, entry.recorded_at + SPACING
    match event:
        case incident.MessageKept(artefact=artefact) if artefact.startswith("approval:"):
            yield show_decision_job(run_id)  # it may have been decided while it was posted
            return
        case incident.MessageKept(artefact=artefact) if artefact.startswith("task:"):
            yield show_tasks_job(run_id)  # it may have been done while it was posted
            return
        case run.RunRequested():
            yield show_run_job(run_id, None)
            return
        case run.ApprovalRequested(digest=digest):
            yield ask_job(run_id, digest)
        case steering.StepTold(level="major") if entry.incident_id is not None:
            yield _job("bot.say", entry.incident_id, position=entry.position)
    if isinstance(event, _DECIDES):
        yield show_decision_job(run_id)
    if isinstance(event, _HUMAN) or (isinstance(event, run.StepProbed) and event.found == "unknown"):
        yield show_tasks_job(run_id)
    if not isinstance(event, _UNSEEN):
        yield show_run_job(run_id, at)


def _is_worth_a_line(event: object) -> bool:
    match event:
        case incident.PeopleInvited(missing=missing):
            return bool(missing)
        case incident.JobAbandoned(job=job):
            return job != "bot.say"  # else it would be said by what cannot say it
        case incident.StatusChanged():
            return True
        case _:
            return False


def _job(task: str, incident_id: str, **more: int) -> Job:
    return Job(task=task, args={"incident_id": incident_id, **more})
