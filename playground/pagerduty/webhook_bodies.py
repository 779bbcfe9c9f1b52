"""Webhooks V3 bodies (https://developer.pagerduty.com/docs/webhooks/v3-overview/)."""

import json
from dataclasses import dataclass

from tocsin.playground.pagerduty.addresses import Addresses, Json
from tocsin.playground.pagerduty.naming import maybe_seconds, new_id, now, to_milliseconds, to_seconds
from tocsin.playground.pagerduty.records import Agent, Incident, Note, Responder, StatusUpdate
from tocsin.playground.pagerduty.world import World


@dataclass(frozen=True)
class Webhook:
    """An event's very bytes. `webhook_id` stays the same over all attempts; `lane` is the incident's id."""

    webhook_id: str
    event_id: str
    event_type: str
    lane: str
    body: bytes


class WebhookBodies:
    """Writes an account's events as V3 webhooks carry them."""

    def __init__(self, addresses: Addresses, world: World) -> None:
        self._at = addresses
        self._world = world

    def event(self, event_type: str, lane: str, agent: Agent, data: Json) -> Webhook:
        """Wrap an event's data in its envelope, with a new event id and the time."""
        event_id = new_id("01", 26)
        event: Json = {
            "id": event_id,
            "event_type": event_type,
            "resource_type": event_type.partition(".")[0],
            "occurred_at": to_milliseconds(now()),
            "agent": self._at.mention(agent.reference),
            "client": None if agent.client is None else dict(agent.client),
            "data": data,
        }
        body = json.dumps({"event": event}, separators=(",", ":"), ensure_ascii=False).encode()
        return Webhook(new_id("W", 26), event_id, event_type, lane, body)

    def incident(self, incident: Incident) -> Json:
        """Write `data` of the events about the incident itself."""
        priority = incident.priority.reference if incident.priority else None
        return {
            "id": incident.id,
            "type": "incident",
            **self._at.links(incident.reference.path),
            "number": incident.number,
            "status": incident.status,
            "incident_key": incident.incident_key,
            "created_at": to_seconds(incident.created_at),
            "reopened_at": maybe_seconds(incident.reopened_at),
            "title": incident.title,
            "incident_type": {"name": "incident_default"},
            "service": self._at.mention(incident.service.reference),
            "assignees": [self._at.mention(person.reference) for person, _ in incident.assignees.values()],
            "escalation_policy": self._at.mention(incident.policy.reference),
            "teams": [self._at.mention(self._world.team.reference)],
            "priority": self._at.mention_or_null(priority),
            "urgency": incident.urgency,
            "conference_bridge": None,
            "resolve_reason": None,
        }

    def note(self, incident: Incident, note: Note) -> Json:
        """Write `data` of `incident.annotated`."""
        return {
            "incident": self._mention(incident),
            "id": note.id,
            "content": note.content,
            "trimmed": False,
            "type": "incident_note",
        }

    def responder(self, incident: Incident, asked: Responder) -> Json:
        """Write `data` of `incident.responder.added` and `.replied`."""
        return {
            "incident": self._mention(incident),
            "user": self._at.mention(asked.person.reference),
            "escalation_policy": self._at.mention(incident.policy.reference),
            "message": asked.message,
            "state": asked.state,
            "type": "incident_responder",
        }

    def status_update(self, incident: Incident, update: StatusUpdate) -> Json:
        """Write `data` of `incident.status_update_published`."""
        return {
            "incident": self._mention(incident),
            "id": update.id,
            "message": update.message,
            "trimmed": False,
            "type": "incident_status_update",
        }

    def _mention(self, incident: Incident) -> Json:
        return {**self._at.mention(incident.reference), "summary": incident.title}
