"""Bodies the incident routes accept. Like PagerDuty, they overlook fields they do not know."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tocsin.playground.pagerduty.records import Status, Urgency


class Given(BaseModel):
    """A part of a request."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Pointer(Given):
    """A mention of a resource by its id."""

    id: str


class Assignment(Given):
    """Somebody to assign an incident to."""

    assignee: Pointer


class IncidentBody(Given):
    """The text an incident is opened with."""

    details: str = ""


class NewIncident(Given):
    """The incident of POST /incidents."""

    title: str = Field(min_length=1)
    service: Pointer
    urgency: Urgency = "high"
    priority: Pointer | None = None
    incident_key: str | None = None
    body: IncidentBody | None = None


class Creation(Given):
    """The body of POST /incidents."""

    incident: NewIncident


class Change(Given):
    """What is to become of an incident; only the fields that are given are touched."""

    type: Literal["incident", "incident_reference"]
    status: Status | None = None
    resolution: str | None = None
    title: str | None = None
    urgency: Urgency | None = None
    priority: Pointer | str | None = None
    escalation_level: int | None = None
    escalation_policy: Pointer | None = None
    assignments: tuple[Assignment, ...] | None = None


class Update(Given):
    """The body of PUT /incidents/{id}."""

    incident: Change


class NamedChange(Change):
    """A change that says whose it is."""

    id: str


class BulkUpdate(Given):
    """The body of PUT /incidents."""

    incidents: tuple[NamedChange, ...] = Field(max_length=250)


class NoteContent(Given):
    """The text of a note."""

    content: str = Field(min_length=1)


class NewNote(Given):
    """The body of POST /incidents/{id}/notes."""

    note: NoteContent


class ResponderTarget(Given):
    """Somebody to ask for help."""

    responder_request_target: Pointer


class ResponderRequest(Given):
    """The body of POST /incidents/{id}/responder_requests."""

    requester_id: str
    message: str = ""
    responder_request_targets: tuple[ResponderTarget, ...]


class NewStatusUpdate(Given):
    """The body of POST /incidents/{id}/status_updates."""

    message: str = Field(min_length=1)
