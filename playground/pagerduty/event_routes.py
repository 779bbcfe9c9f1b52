"""Events API v2 (https://developer.pagerduty.com/docs/events-api-v2-overview)."""

from typing import Literal
from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field, JsonValue

from tocsin.playground.pagerduty import desk
from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.asking import TheAccount
from tocsin.playground.pagerduty.gate import EVENTS_PATH
from tocsin.playground.pagerduty.incident_requests import Given
from tocsin.playground.pagerduty.records import Agent, Alert, Incident, Severity
from tocsin.playground.pagerduty.world import Service


class Payload(Given):
    """What is wrong, in the common event format."""

    summary: str = Field(min_length=1, max_length=1024)
    source: str
    severity: Severity
    custom_details: dict[str, JsonValue] | str | None = None

    def details(self) -> dict[str, JsonValue]:
        """Give the details as the alert keeps them."""
        given = self.custom_details
        return {
            **(given if isinstance(given, dict) else {"details": given} if given else {}),
            "source": self.source,
        }


class Event(Given):
    """The body of POST /v2/enqueue."""

    routing_key: str
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: str | None = Field(default=None, max_length=255)
    payload: Payload | None = None
    client: str | None = None
    client_url: str | None = None


def event_routes() -> APIRouter:
    """Lay out the one route of the Events API."""
    router = APIRouter()
    router.add_api_route(EVENTS_PATH, enqueue, methods=["POST"])
    return router


async def enqueue(event: Event, account: TheAccount) -> JSONResponse:
    """Take an event in: 202 with its dedup_key, 400 for what cannot be an event."""
    service = account.world.service_of(event.routing_key)
    if service is None:
        return _invalid("Invalid routing key")
    if event.event_action == "trigger":
        if event.payload is None:
            return _invalid("'payload' is missing or blank")
        dedup_key = event.dedup_key or uuid4().hex
        _trigger(account, service, event, event.payload, dedup_key)
        return _accepted(dedup_key)
    if event.dedup_key is None:
        return _invalid("'dedup_key' is missing or blank")
    _follow_up(account, service, event, event.dedup_key)
    return _accepted(event.dedup_key)


def _trigger(account: Account, service: Service, event: Event, payload: Payload, dedup_key: str) -> None:
    by = Agent.monitoring(service, _client(event))
    open_one = _open_alert(account, service, dedup_key)
    if open_one is not None:
        account.note_down(open_one[0], "trigger", by, payload.summary)
        return
    opening = desk.Opening(
        title=payload.summary,
        service=service,
        dedup_key=dedup_key,
        severity=payload.severity,
        details=payload.details(),
    )
    desk.trigger(account, opening, by)


def _follow_up(account: Account, service: Service, event: Event, dedup_key: str) -> None:
    found = _open_alert(account, service, dedup_key)
    if found is None:
        return
    incident, _ = found
    by = Agent.monitoring(service, _client(event))
    if event.event_action == "resolve":
        desk.resolve(account, incident, by)
    else:
        desk.acknowledge(account, incident, by)


def _open_alert(account: Account, service: Service, dedup_key: str) -> tuple[Incident, Alert] | None:
    for incident in account.incidents.values():
        for alert in incident.alerts:
            if incident.service == service and alert.key == dedup_key and not alert.resolved:
                return incident, alert
    return None


def _client(event: Event) -> dict[str, str] | None:
    if event.client is None:
        return None
    return {"name": event.client} | ({"url": event.client_url} if event.client_url else {})


def _accepted(dedup_key: str) -> JSONResponse:
    return JSONResponse({"status": "success", "message": "Event processed", "dedup_key": dedup_key}, 202)


def _invalid(problem: str) -> JSONResponse:
    body = {"status": "invalid event", "message": "Event object is invalid", "errors": [problem]}
    return JSONResponse(body, 400)
