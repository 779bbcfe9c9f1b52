"""REST API v2: incidents and what hangs on them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from tocsin.playground.pagerduty import desk
from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.addresses import Json
from tocsin.playground.pagerduty.asking import Requester, TheAccount, TheWindow
from tocsin.playground.pagerduty.errors import INVALID_INPUT, Refusal
from tocsin.playground.pagerduty.incident_requests import (
    BulkUpdate,
    Change,
    Creation,
    NewNote,
    NewStatusUpdate,
    Pointer,
    ResponderRequest,
    Update,
)
from tocsin.playground.pagerduty.naming import now, to_seconds
from tocsin.playground.pagerduty.records import Agent, Incident


def incident_routes() -> APIRouter:
    """Lay out the incident routes."""
    router = APIRouter()
    router.add_api_route("/incidents", list_incidents, methods=["GET"])
    router.add_api_route("/incidents", create_incident, methods=["POST"], status_code=201)
    router.add_api_route("/incidents", update_incidents, methods=["PUT"])
    router.add_api_route("/incidents/{id}", get_incident, methods=["GET"])
    router.add_api_route("/incidents/{id}", update_incident, methods=["PUT"])
    router.add_api_route("/incidents/{id}/notes", list_notes, methods=["GET"])
    router.add_api_route("/incidents/{id}/notes", add_note, methods=["POST"])
    router.add_api_route("/incidents/{id}/log_entries", list_log_entries, methods=["GET"])
    router.add_api_route("/incidents/{id}/alerts", list_alerts, methods=["GET"])
    router.add_api_route("/incidents/{id}/responder_requests", request_responders, methods=["POST"])
    router.add_api_route("/incidents/{id}/status_updates", publish_status_update, methods=["POST"])
    return router


class Wanted:
    """The filters of GET /incidents."""

    def __init__(
        self,
        statuses: Annotated[list[str] | None, Query(alias="statuses[]")] = None,
        service_ids: Annotated[list[str] | None, Query(alias="service_ids[]")] = None,
        incident_key: str | None = None,
        since: AwareDatetime | None = None,
        until: AwareDatetime | None = None,
    ) -> None:
        self.statuses = statuses
        self.service_ids = service_ids
        self.incident_key = incident_key
        self.since: datetime | None = since
        self.until: datetime | None = until

    def includes(self, incident: Incident) -> bool:
        """Say whether an incident passes every filter; the key may be its own or its alert's."""
        keys = {incident.incident_key, *(alert.key for alert in incident.alerts)}
        return (
            (self.statuses is None or incident.status in self.statuses)
            and (self.service_ids is None or incident.service.id in self.service_ids)
            and (self.incident_key is None or self.incident_key in keys)
            and (self.since is None or incident.created_at >= self.since)
            and (self.until is None or incident.created_at < self.until)
        )


TheWanted = Annotated[Wanted, Depends()]


async def list_incidents(account: TheAccount, window: TheWindow, wanted: TheWanted) -> Json:
    """List incidents, the oldest first."""
    found = [incident for incident in account.incidents.values() if wanted.includes(incident)]
    return window.show("incidents", found, account.rest.incident)


async def create_incident(account: TheAccount, requester: Requester, creation: Creation) -> Json:
    """Open an incident; an open one with the same key on the same service is refused (2001)."""
    new = creation.incident
    service = account.world.service(new.service.id)
    if new.incident_key is not None and _open_with_key(account, new.incident_key, service.id):
        detail = "Open incident with matching dedup key already exists on this service"
        raise Refusal(400, INVALID_INPUT, "Arguments Caused Error", detail)
    opening = desk.Opening(
        title=new.title,
        service=service,
        urgency=new.urgency,
        priority=None if new.priority is None else account.world.priority(new.priority.id),
        incident_key=new.incident_key,
        body=None if new.body is None else new.body.details,
    )
    return {"incident": account.rest.incident(desk.trigger(account, opening, requester))}


async def get_incident(id: str, account: TheAccount) -> Json:
    """Show an incident."""
    return {"incident": account.rest.incident(account.incident(id))}


async def update_incident(id: str, account: TheAccount, requester: Requester, update: Update) -> Json:
    """Change an incident."""
    incident = account.incident(id)
    _apply(account, incident, update.incident, requester)
    return {"incident": account.rest.incident(incident)}


async def update_incidents(account: TheAccount, requester: Requester, update: BulkUpdate) -> Json:
    """Change several incidents, in the order given."""
    incidents = [account.incident(change.id) for change in update.incidents]
    for incident, change in zip(incidents, update.incidents, strict=True):
        _apply(account, incident, change, requester)
    return {"incidents": [account.rest.incident(incident) for incident in incidents]}


async def list_notes(id: str, account: TheAccount) -> Json:
    """List an incident's notes; PagerDuty does not paginate them."""
    return {"notes": [account.rest.note(note) for note in account.incident(id).notes]}


async def add_note(id: str, account: TheAccount, requester: Requester, new: NewNote) -> Json:
    """Add a note."""
    return {
        "note": account.rest.note(desk.annotate(account, account.incident(id), new.note.content, requester))
    }


async def list_log_entries(id: str, account: TheAccount, window: TheWindow) -> Json:
    """List an incident's log, the newest first."""
    incident = account.incident(id)
    return window.show(
        "log_entries", incident.log[::-1], lambda entry: account.rest.log_entry(incident, entry)
    )


async def list_alerts(id: str, account: TheAccount, window: TheWindow) -> Json:
    """List the alerts an incident was opened by."""
    incident = account.incident(id)
    return window.show("alerts", incident.alerts, lambda alert: account.rest.alert(incident, alert))


async def request_responders(id: str, account: TheAccount, request: ResponderRequest) -> Json:
    """Ask people to help. The requester is in the body, not in the From header."""
    incident = account.incident(id)
    by = Agent.over_the_api(account.world.person(request.requester_id))
    people = [account.world.person(t.responder_request_target.id) for t in request.responder_request_targets]
    asked = [desk.ask_for_help(account, incident, person, request.message, by) for person in people]
    return {
        "responder_request": {
            "incident": account.addresses.mention(incident.reference),
            "requester": account.addresses.mention(by.reference),
            "requested_at": to_seconds(now()),
            "message": request.message,
            "responder_request_targets": [
                {
                    "responder_request_target": {
                        "type": "user",
                        "id": one.person.id,
                        "incidents_responders": [account.rest.responder(incident, one)],
                    }
                }
                for one in asked
            ],
        }
    }


async def publish_status_update(
    id: str, account: TheAccount, requester: Requester, new: NewStatusUpdate
) -> Json:
    """Tell subscribers how the incident stands."""
    update = desk.publish_status(account, account.incident(id), new.message, requester)
    return {"status_update": account.rest.status_update(update)}


def _open_with_key(account: Account, key: str, service_id: str) -> bool:
    return any(
        incident.incident_key == key and incident.service.id == service_id and incident.status != "resolved"
        for incident in account.incidents.values()
    )


def _apply(account: Account, incident: Incident, change: Change, by: Agent) -> None:
    if change.title is not None:
        desk.rename(account, incident, change.title, by)
    if change.urgency is not None:
        desk.set_urgency(account, incident, change.urgency, by)
    if "priority" in change.model_fields_set:
        named = change.priority.id if isinstance(change.priority, Pointer) else change.priority
        desk.set_priority(account, incident, None if named is None else account.world.priority(named), by)
    _apply_responsibility(account, incident, change, by)
    _apply_status(account, incident, change, by)


def _apply_responsibility(account: Account, incident: Incident, change: Change, by: Agent) -> None:
    if change.escalation_policy is not None:
        desk.delegate(account, incident, account.world.policy(change.escalation_policy.id), by)
    if change.escalation_level is not None:
        desk.escalate(account, incident, change.escalation_level, by)
    if change.assignments is not None:
        people = [account.world.person(assignment.assignee.id) for assignment in change.assignments]
        desk.reassign(account, incident, people, by)


def _apply_status(account: Account, incident: Incident, change: Change, by: Agent) -> None:
    match change.status, incident.status:
        case "acknowledged", _:
            desk.acknowledge(account, incident, by)
        case "resolved", _:
            desk.resolve(account, incident, by, change.resolution)
        case "triggered", "resolved":
            desk.reopen(account, incident, by)
        case "triggered", "acknowledged":
            desk.unacknowledge(account, incident, by)
