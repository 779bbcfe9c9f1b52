"""What the practice verbs take and answer; the emulator and its client `Pager` share them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from tocsin.playground.pagerduty.courier import Outcome
from tocsin.playground.pagerduty.records import ReplyState, Status, Urgency

DEFAULT_SERVICE = "PCHKOUT"
DEFAULT_USER = "bo"


class Shape(BaseModel):
    """A practice request or answer. People are named by handle, id or e-mail address."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Alarm(Shape):
    """What goes wrong. Without a `user` a monitoring tool says so, as an alert with these details."""

    title: str = Field(min_length=1)
    service: str = DEFAULT_SERVICE
    urgency: Urgency = "high"
    details: dict[str, JsonValue] = Field(default_factory=dict)
    priority: str | None = None
    user: str | None = None


class Deed(Shape):
    """Something a person does to an incident at PagerDuty's website."""

    incident: str
    user: str = DEFAULT_USER


class Escalation(Deed):
    """Hand an incident to a level of its policy; without one, to the next."""

    level: int | None = None


class Reassignment(Deed):
    """Hand an incident to people."""

    to: tuple[str, ...] = Field(min_length=1)


class Delegation(Deed):
    """Hand an incident to another escalation policy."""

    policy: str


class Prioritising(Deed):
    """Set an incident's priority by name; None takes it away."""

    priority: str | None


class Annotation(Deed):
    """Write a note."""

    content: str = Field(min_length=1)


class HelpRequest(Deed):
    """Ask somebody to join in."""

    responder: str
    message: str = "Please help"


class Reply(Deed):
    """Answer a request for help; the `user` is the one who was asked."""

    state: ReplyState


class Redelivery(Shape):
    """Send an event's very bytes again, `times` times, one after another or all at once."""

    event_id: str
    times: int = Field(default=1, ge=1, le=1_000)
    concurrently: bool = False


class AttemptShape(Shape):
    """One attempt at a delivery. `status` is None when no answer came in time."""

    at: str
    seconds: float
    status: int | None
    problem: str | None


class DeliveryShape(Shape):
    """A webhook on its way to one subscription."""

    event_id: str
    event_type: str
    webhook_id: str
    incident: str
    url: str
    outcome: Outcome
    attempts: tuple[AttemptShape, ...]


class LogLine(Shape):
    """A line of an incident's log."""

    at: str
    kind: str
    summary: str
    note: str | None


class IncidentShape(Shape):
    """An incident, in short."""

    id: str
    number: int
    title: str
    status: Status
    urgency: Urgency
    priority: str | None
    service: str
    assignees: tuple[str, ...]
    created_at: str
    html_url: str
    notes: tuple[str, ...]
    log: tuple[LogLine, ...]


class ServiceShape(Shape):
    """A service, in short."""

    id: str
    name: str
    description: str
    routing_key: str
    status: Literal["active", "warning", "critical"]
    on_call: str


class SubscriptionShape(Shape):
    """A webhook subscription, in short."""

    id: str
    url: str
    temporarily_disabled: bool


class StateShape(Shape):
    """The whole account, in short; incidents newest first."""

    services: tuple[ServiceShape, ...]
    incidents: tuple[IncidentShape, ...]
    subscriptions: tuple[SubscriptionShape, ...]
    people: tuple[str, ...]
