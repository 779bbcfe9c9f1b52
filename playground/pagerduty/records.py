"""What changes while an incident goes on. Only `Account` and the verbs of `desk` write these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from tocsin.playground.pagerduty.world import Person, Policy, Priority, Reference, Service

Status = Literal["triggered", "acknowledged", "resolved"]
Urgency = Literal["high", "low"]
Severity = Literal["critical", "error", "warning", "info"]
ReplyState = Literal["pending", "joined", "declined"]
LogKind = Literal[
    "trigger",
    "assign",
    "acknowledge",
    "unacknowledge",
    "resolve",
    "reopen",
    "escalate",
    "delegate",
    "priority_change",
    "urgency_change",
    "field_value_change",
    "annotate",
    "responder_request",
    "responder_reply",
    "status_update",
]


@dataclass(frozen=True)
class Agent:
    """Who does something, and through what: `client` is the webhook's `event.client`."""

    reference: Reference
    channel: Literal["website", "api"]
    client: Mapping[str, str] | None = None
    person: Person | None = None

    @classmethod
    def at_the_website(cls, person: Person) -> "Agent":
        return cls(person.reference, "website", {"name": "PagerDuty"}, person)

    @classmethod
    def over_the_api(cls, person: Person) -> "Agent":
        return cls(person.reference, "api", None, person)

    @classmethod
    def monitoring(cls, service: Service, client: Mapping[str, str] | None) -> "Agent":
        return cls(service.integration, "api", client)


@dataclass(frozen=True)
class Note:
    """A note on an incident."""

    id: str
    content: str
    author: Reference
    at: datetime


@dataclass(frozen=True)
class LogEntry:
    """A line of an incident's log; `kind` goes before `_log_entry` in its type."""

    id: str
    kind: LogKind
    summary: str
    agent: Agent
    at: datetime
    note: str | None = None


@dataclass
class Alert:
    """What a monitoring tool sent. `key` is the sender's dedup_key."""

    id: str
    key: str
    summary: str
    severity: Severity
    details: Mapping[str, JsonValue]
    at: datetime
    resolved: bool = False


@dataclass
class Responder:
    """Somebody asked to help."""

    person: Person
    requester: Reference
    message: str
    at: datetime
    state: ReplyState = "pending"


@dataclass(frozen=True)
class StatusUpdate:
    """A message to the incident's subscribers."""

    id: str
    message: str
    sender: Reference
    at: datetime


@dataclass
class Incident:
    """An incident and everything that hangs on it."""

    id: str
    number: int
    title: str
    service: Service
    policy: Policy
    urgency: Urgency
    created_at: datetime
    status: Status = "triggered"
    level: int = 1
    incident_key: str | None = None
    priority: Priority | None = None
    body: str | None = None
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: Reference | None = None
    assignees: dict[str, tuple[Person, datetime]] = field(default_factory=dict)
    acknowledgements: dict[str, tuple[Reference, datetime]] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    responders: dict[str, Responder] = field(default_factory=dict)
    status_updates: list[StatusUpdate] = field(default_factory=list)

    @property
    def reference(self) -> Reference:
        summary = f"[#{self.number}] {self.title}"
        return Reference(id=self.id, kind="incident", summary=summary, path=f"incidents/{self.id}")
