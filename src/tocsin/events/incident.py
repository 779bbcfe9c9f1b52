"""What happens to an incident."""

from datetime import datetime
from typing import Literal

from tocsin.events.base import Event


class IncidentOpened(Event):
    """An incident exists. Its number never changes and is never used again."""

    type: Literal["incident_opened"] = "incident_opened"
    number: int
    title: str
    severity: str
    status: str
    summary: str = ""
    service: str | None = None
    """Slug in the services catalogue of tocsin.yaml."""
    private: bool = False


class AlertReceived(Event):
    """An alert opened the incident or joined it."""

    type: Literal["alert_received"] = "alert_received"
    source: str
    title: str
    service: str
    """The source's own name of it."""
    dedup_key: str
    """The source's id of what is wrong: a PagerDuty incident's id."""
    urgency: str = ""
    url: str = ""


class PageChanged(Event):
    """Something happened to the page at the pager."""

    type: Literal["page_changed"] = "page_changed"
    source: str
    dedup_key: str
    change: Literal[
        "triggered",
        "acknowledged",
        "unacknowledged",
        "resolved",
        "reopened",
        "escalated",
        "reassigned",
        "delegated",
        "priority_updated",
        "annotated",
        "responder_added",
        "responder_replied",
        "other",
    ]
    detail: str = ""
    """Whom, to what, or the note's text."""
    url: str = ""


class StatusChanged(Event):
    """The incident moved through its lifecycle."""

    type: Literal["status_changed"] = "status_changed"
    before: str
    after: str
    reason: str = ""


class SeverityChanged(Event):
    """The incident is worse, or less bad, than it was thought to be."""

    type: Literal["severity_changed"] = "severity_changed"
    before: str
    after: str
    reason: str = ""


class UpdatePosted(Event):
    """Somebody told everybody where things stand."""

    type: Literal["update_posted"] = "update_posted"
    message: str


class RoleAssigned(Event):
    """A person took a role, and whoever had it gave it up."""

    type: Literal["role_assigned"] = "role_assigned"
    role: str
    person: str
    """A Slack user id, or an email where there is none."""
    person_name: str


class MessagePinned(Event):
    """A person put a chat message on the timeline; ``occurred_at`` is the message's own time."""

    type: Literal["message_pinned"] = "message_pinned"
    channel: str
    ts: str
    text: str
    author: str
    permalink: str = ""


class EntryHidden(Event):
    """A timeline entry is shown no more. It stays in the log."""

    type: Literal["entry_hidden"] = "entry_hidden"
    source_ref: str
    """Of the entry, as it was appended."""


class EntryShown(Event):
    """A hidden timeline entry is shown again."""

    type: Literal["entry_shown"] = "entry_shown"
    source_ref: str


class ChannelOpened(Event):
    """The incident's channel exists and is ours."""

    type: Literal["channel_opened"] = "channel_opened"
    channel: str
    name: str


class MessageKept(Event):
    """A message that is edited in place from now on."""

    type: Literal["message_kept"] = "message_kept"
    artefact: str
    """``summary``, ``announcement``, ``run:<id>``, ``approval:<id>``, ``tray``…: one message each."""
    channel: str
    ts: str
    permalink: str = ""


class PeopleInvited(Event):
    """People were brought into the channel."""

    type: Literal["people_invited"] = "people_invited"
    people: tuple[str, ...]
    """Slack ids."""
    names: dict[str, str] = {}
    """What they were called then, by id."""
    missing: tuple[str, ...] = ()
    """Who could not be invited, each with the reason."""


class ArtefactFailed(Event):
    """Something that belongs to the incident could not be made."""

    type: Literal["artefact_failed"] = "artefact_failed"
    artefact: str
    error: str
    mend: str
    """What a person can do about it."""


class PagerNoted(Event):
    """Our note stands at the pager."""

    type: Literal["pager_noted"] = "pager_noted"
    dedup_key: str
    note: str
    """The pager's id of the note."""


class PagerResolved(Event):
    """We resolved the page at the pager, because the incident was resolved here."""

    type: Literal["pager_resolved"] = "pager_resolved"
    dedup_key: str


class PostmortemDrafted(Event):
    """A draft of the postmortem was written."""

    type: Literal["postmortem_drafted"] = "postmortem_drafted"
    version: int
    position: int
    """Log position the draft was folded up to: rendering again gives the same text."""
    digest: str


class DeliveryReceived(Event):
    """A webhook arrived with a good signature; this is the first thing stored of it."""

    type: Literal["delivery_received"] = "delivery_received"
    source: str
    event_id: str
    event_type: str
    subject: str | None = None
    """The source's id of what it is about: a PagerDuty incident's id."""
    change: str | None = None
    """What happened to the page; None: of no consequence, only stored."""
    detail: str = ""
    body: str
    """The payload, with secrets taken out."""


class JobAbandoned(Event):
    """A job gave up after its last retry; a person has to look."""

    type: Literal["job_abandoned"] = "job_abandoned"
    job: str
    error: str
    attempts: int
    at: datetime
