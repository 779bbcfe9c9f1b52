"""What a webhook comes down to, whichever source it is from."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.events import Actor


class _Parsed(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Alert(_Parsed):
    """Something is wrong, as a source tells it. Enough to open an incident."""

    title: str
    service: str
    """The source's own id of the service."""
    service_name: str
    urgency: str = ""
    url: str = ""
    priority: str = ""
    open: bool = True
    """False: the source says that it is over."""


class Change(_Parsed):
    """What happened to a page."""

    kind: Literal[
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
    note: str | None = None
    """The source's id of a note, when it is one."""


class Webhook(_Parsed):
    """One delivery of a source, verified and parsed."""

    source: Literal["pagerduty"]
    event_id: str
    """The source's id of this very event, from inside what was signed."""
    event_type: str
    occurred_at: datetime
    actor: Actor
    body: str
    """The payload, as it came."""
    subject: str | None = None
    """The source's id of what it is about; None: about nothing that could be an incident."""
    alert: Alert | None = None
    """None: the payload only refers to it."""
    change: Change | None = None
    """None: stored and counted, and of no consequence."""
    event: dict[str, JsonValue] = {}
    """As runbook triggers see it: ``event``."""
