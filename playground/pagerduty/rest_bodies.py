"""REST API v2 bodies (https://developer.pagerduty.com/api-reference, examples of the OpenAPI description)."""

from tocsin.playground.pagerduty.addresses import Addresses, Json
from tocsin.playground.pagerduty.naming import maybe_seconds, to_seconds
from tocsin.playground.pagerduty.records import Alert, Incident, LogEntry, Note, Responder, StatusUpdate
from tocsin.playground.pagerduty.world import Reference, World


class RestBodies:
    """Writes an account's incidents as the REST API answers them."""

    def __init__(self, addresses: Addresses, world: World) -> None:
        self._at = addresses
        self._world = world

    def incident(self, incident: Incident) -> Json:
        """Write an incident. Those opened by an alert have no `incident_key`; their alert holds it."""
        return {
            **self._head(incident.reference),
            "incident_number": incident.number,
            "title": incident.title,
            "created_at": to_seconds(incident.created_at),
            "updated_at": to_seconds(incident.log[-1].at),
            "status": incident.status,
            "incident_key": incident.incident_key,
            "urgency": incident.urgency,
            "body": None if incident.body is None else {"type": "incident_body", "details": incident.body},
            "resolve_reason": None,
            "incident_type": {"name": "incident_default"},
            "alert_counts": _count(incident.alerts),
            "is_mergeable": incident.status != "resolved",
            "pending_actions": [],
            "conference_bridge": None,
            **self._relations(incident),
            **self._people(incident),
        }

    def _relations(self, incident: Incident) -> Json:
        first = incident.log[0]
        return {
            "service": self._at.mention(incident.service.reference),
            "escalation_policy": self._at.mention(incident.policy.reference),
            "teams": [self._at.mention(self._world.team.reference)],
            "priority": self._at.mention_or_null(incident.priority.reference if incident.priority else None),
            "first_trigger_log_entry": self._at.mention(_log_reference(incident, first)),
        }

    def _people(self, incident: Incident) -> Json:
        return {
            "assigned_via": "escalation_policy",
            "assignments": [
                {"at": to_seconds(at), "assignee": self._at.mention(person.reference)}
                for person, at in incident.assignees.values()
            ],
            "acknowledgements": [
                {"at": to_seconds(at), "acknowledger": self._at.mention(who)}
                for who, at in incident.acknowledgements.values()
            ],
            "last_status_change_at": maybe_seconds(incident.changed_at),
            "last_status_change_by": self._at.mention_or_null(incident.changed_by),
            "resolved_at": maybe_seconds(incident.resolved_at),
            "incidents_responders": [
                self.responder(incident, asked) for asked in incident.responders.values()
            ],
            "responder_requests": [],
        }

    def note(self, note: Note) -> Json:
        return {
            "id": note.id,
            "user": self._at.mention(note.author),
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note.content,
            "created_at": to_seconds(note.at),
            "updated_at": to_seconds(note.at),
        }

    def log_entry(self, incident: Incident, entry: LogEntry) -> Json:
        channel = {"type": entry.agent.channel}
        return {
            **self._head(_log_reference(incident, entry)),
            "created_at": to_seconds(entry.at),
            "agent": self._at.mention(entry.agent.reference),
            "channel": channel if entry.note is None else {"type": "note", "summary": entry.note},
            "incident": self._at.mention(incident.reference),
            "teams": [self._at.mention(self._world.team.reference)],
            "contexts": [],
        }

    def alert(self, incident: Incident, alert: Alert) -> Json:
        path = f"incidents/{incident.id}/alerts/{alert.id}"
        return {
            **self._head(Reference(id=alert.id, kind="alert", summary=alert.summary, path=path)),
            "created_at": to_seconds(alert.at),
            "status": "resolved" if alert.resolved else "triggered",
            "alert_key": alert.key,
            "severity": alert.severity,
            "suppressed": False,
            "service": self._at.mention(incident.service.reference),
            "incident": {"id": incident.id, "type": "incident_reference"},
            "integration": self._at.mention(incident.service.integration),
            "body": {"type": "alert_body", "contexts": [], "details": dict(alert.details)},
        }

    def responder(self, incident: Incident, asked: Responder) -> Json:
        return {
            "state": asked.state,
            "user": self._at.mention(asked.person.reference),
            "incident": self._at.mention(incident.reference),
            "message": asked.message,
            "requester": self._at.mention(asked.requester),
            "requested_at": to_seconds(asked.at),
            "updated_at": to_seconds(asked.at),
        }

    def status_update(self, update: StatusUpdate) -> Json:
        return {
            "id": update.id,
            "message": update.message,
            "sender": self._at.mention(update.sender),
            "created_at": to_seconds(update.at),
        }

    def _head(self, thing: Reference) -> Json:
        return {"id": thing.id, "type": thing.kind, "summary": thing.summary, **self._at.links(thing.path)}


def _log_reference(incident: Incident, entry: LogEntry) -> Reference:
    path = f"incidents/{incident.id}/log_entries/{entry.id}"
    return Reference(id=entry.id, kind=f"{entry.kind}_log_entry", summary=entry.summary, path=path)


def _count(alerts: list[Alert]) -> Json:
    resolved = sum(alert.resolved for alert in alerts)
    return {"all": len(alerts), "triggered": len(alerts) - resolved, "resolved": resolved}
