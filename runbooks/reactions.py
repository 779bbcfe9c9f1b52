"""Which jobs the events of runs cause. Pure."""

from collections.abc import Iterable

from tocsin.events import run as events
from tocsin.events import steering
from tocsin.events.incident import ChannelOpened
from tocsin.jobs import Job
from tocsin.log import Entry

_MOVES = (
    events.RunRequested,
    events.ChannelKnown,
    events.ApprovalGiven,
    events.ApprovalRejected,
    events.CancelRequested,
    events.UnknownResolved,
    steering.ManualCompleted,
    steering.ManualRefused,
    steering.UndoResolved,
    steering.GlassBroken,
    steering.RunResumed,
)


def _begins(entry: Entry) -> bool:
    return isinstance(entry.event, events.RunRequested)


def advance_job(run_id: str) -> Job:
    """Return the job that moves a run on; one of a run at a time, and only one waiting."""
    return Job(
        task="runbooks.advance", args={"run_id": run_id}, lock=f"run:{run_id}", merge=f"advance:{run_id}"
    )


def reactions(entry: Entry) -> Iterable[Job]:
    """Return the jobs of one entry."""
    if isinstance(entry.event, ChannelOpened) or (entry.incident_id and _begins(entry)):
        args: dict[str, str | int] = {"incident_id": entry.incident_id or ""}
        yield Job(task="runbooks.tell_channel", args=args)
    if isinstance(entry.event, steering.AutomationResumed):
        yield Job(task="runbooks.go_on", merge="runbooks.go_on")
    if entry.run_id is None:
        return
    if isinstance(entry.event, _MOVES):
        yield advance_job(entry.run_id)
    if isinstance(entry.event, events.RunFinished):
        yield Job(task="runbooks.hand_over", merge="runbooks.hand_over")
