"""PagerDuty's V3 webhooks.

https://developer.pagerduty.com/docs/webhooks-overview and …/verifying-webhook-signatures
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.errors import BadSignature
from tocsin.events import Actor
from tocsin.incidents.alerts import Alert, Change, Webhook

SIGNATURE = "x-pagerduty-signature"
"""Header: ``v1=<hex>``, several of them with commas while a secret is being replaced."""
MAX_BODY = 300 * 1024
"""Bytes. PagerDuty drops payloads over 256 KB itself."""


class _Part(BaseModel):
    """PagerDuty adds fields without notice, so what we do not know is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Reference(_Part):
    id: str = ""
    summary: str | None = None
    type: str | None = None
    html_url: str | None = None

    @property
    def name(self) -> str:
        return self.summary or self.id


class _Data(_Part):
    """The union of what ``event.data`` holds for the types we act on."""

    id: str | None = None
    type: str | None = None
    title: str | None = None
    html_url: str | None = None
    status: str | None = None
    urgency: str | None = None
    content: str | None = None
    state: str | None = None
    message: str | None = None
    service: _Reference | None = None
    priority: _Reference | None = None
    assignees: tuple[_Reference, ...] = ()
    incident: _Reference | None = None
    user: _Reference | None = None
    escalation_policy: _Reference | None = None


class _Event(_Part):
    id: str
    event_type: str
    occurred_at: datetime
    agent: _Reference | None = None
    data: _Data


class _Payload(_Part):
    event: _Event


def verify(signatures: str, body: bytes, secrets: Sequence[bytes]) -> None:
    """Raise BadSignature unless any ``v1=`` signature is of ``body`` with any of our secrets."""
    theirs = [one.strip() for one in signatures.split(",") if one.strip().startswith("v1=")]
    ours = ["v1=" + hmac.new(secret, body, hashlib.sha256).hexdigest() for secret in secrets]
    good = [hmac.compare_digest(own.encode(), their.encode()) for own in ours for their in theirs]
    if not any(good):
        raise BadSignature(f"{SIGNATURE} does not match the body; check TOCSIN_PAGERDUTY_WEBHOOK_SECRETS")


def parse(body: bytes) -> Webhook:
    """Return what the payload comes down to.

    A body that is no V3 event was signed all the same, so it is PagerDuty's: it is stored as ``unreadable``.
    """
    try:
        raw: dict[str, Any] = json.loads(body)
        event = _Payload.model_validate(raw).event
    except (ValueError, RecursionError):
        return _unreadable(body)
    return Webhook(
        source="pagerduty",
        event_id=event.id,
        event_type=event.event_type,
        occurred_at=event.occurred_at,
        actor=_actor(event.agent),
        body=body.decode("utf-8", "replace"),
        subject=_subject(event),
        alert=_alert(event),
        change=_change(event),
        event=_seen(event, raw),
    )


def _unreadable(body: bytes) -> Webhook:
    return Webhook(
        source="pagerduty",
        event_id=f"sha256:{hashlib.sha256(body).hexdigest()}",
        event_type="unreadable",
        occurred_at=datetime.now(UTC),
        actor=_actor(None),
        body=body.decode("utf-8", "replace"),
    )


def _actor(agent: _Reference | None) -> Actor:
    if agent is None or not agent.id:
        return Actor(kind="pagerduty", id="pagerduty", name="PagerDuty")
    return Actor(kind="pagerduty", id=agent.id, name=agent.name)


def _subject(event: _Event) -> str | None:
    if event.data.incident is not None:
        return event.data.incident.id or None
    return event.data.id if event.data.type == "incident" else None


def _alert(event: _Event) -> Alert | None:
    data = event.data
    if data.type != "incident" or data.title is None or data.service is None:
        return None
    return Alert(
        title=data.title,
        service=data.service.id,
        service_name=data.service.name,
        urgency=data.urgency or "",
        url=data.html_url or "",
        priority=data.priority.name if data.priority else "",
        open=data.status != "resolved",
    )


_KINDS: dict[str, Any] = {
    "incident.triggered": "triggered",
    "incident.acknowledged": "acknowledged",
    "incident.unacknowledged": "unacknowledged",
    "incident.resolved": "resolved",
    "incident.reopened": "reopened",
    "incident.escalated": "escalated",
    "incident.reassigned": "reassigned",
    "incident.delegated": "delegated",
    "incident.priority_updated": "priority_updated",
    "incident.annotated": "annotated",
    "incident.responder.added": "responder_added",
    "incident.responder.replied": "responder_replied",
}


def _change(event: _Event) -> Change | None:
    kind: Literal["other"] | None = _KINDS.get(event.event_type)
    if kind is None:
        return None
    note = event.data.id if event.event_type == "incident.annotated" else None
    return Change(kind=kind, detail=_detail(event), note=note)


def _detail(event: _Event) -> str:
    data = event.data
    match event.event_type:
        case "incident.annotated":
            return data.content or ""
        case "incident.priority_updated":
            return data.priority.name if data.priority else "none"
        case "incident.escalated" | "incident.reassigned" | "incident.delegated":
            return ", ".join(one.name for one in data.assignees)
        case "incident.responder.added" | "incident.responder.replied":
            who = data.user or data.escalation_policy
            return " ".join(one for one in (who.name if who else "", data.state or "") if one)
        case _:
            return ""


def _seen(event: _Event, raw: dict[str, Any]) -> dict[str, JsonValue]:
    """Return the event as expressions see it: a few plain fields, and the payload's data whole."""
    data, reference = event.data, event.data.incident
    incident: dict[str, JsonValue] = {
        "id": reference.id if reference else data.id,
        "title": reference.name if reference else data.title,
        "html_url": reference.html_url if reference else data.html_url,
        "urgency": data.urgency,
        "service": {"id": data.service.id, "name": data.service.name} if data.service else None,
        "priority": data.priority.name if data.priority else None,
    }
    return {
        "id": event.id,
        "type": event.event_type,
        "occurred_at": event.occurred_at.isoformat(),
        "incident": incident,
        "data": raw["event"]["data"],
    }
