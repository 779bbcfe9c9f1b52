"""Writes the account's state as the practice verbs and the page show it."""

from typing import Literal

from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.courier import Attempt, Delivery
from tocsin.playground.pagerduty.naming import to_milliseconds, to_seconds
from tocsin.playground.pagerduty.practice_shapes import (
    AttemptShape,
    DeliveryShape,
    IncidentShape,
    LogLine,
    ServiceShape,
    StateShape,
    SubscriptionShape,
)
from tocsin.playground.pagerduty.records import Incident
from tocsin.playground.pagerduty.subscriptions import Subscription
from tocsin.playground.pagerduty.world import Service


def state_shape(account: Account) -> StateShape:
    """Write the whole account, in short."""
    return StateShape(
        services=tuple(_service(account, service) for service in account.world.services),
        incidents=tuple(incident_shape(account, one) for one in reversed(account.incidents.values())),
        subscriptions=tuple(_subscription(one) for one in account.subscriptions.values()),
        people=tuple(person.handle for person in account.world.people),
    )


def incident_shape(account: Account, incident: Incident) -> IncidentShape:
    """Write an incident, in short."""
    return IncidentShape(
        id=incident.id,
        number=incident.number,
        title=incident.title,
        status=incident.status,
        urgency=incident.urgency,
        priority=None if incident.priority is None else incident.priority.name,
        service=incident.service.id,
        assignees=tuple(person.handle for person, _ in incident.assignees.values()),
        created_at=to_seconds(incident.created_at),
        html_url=f"{account.addresses.web}/web/{incident.reference.path}",
        notes=tuple(note.content for note in incident.notes),
        log=tuple(
            LogLine(at=to_seconds(e.at), kind=e.kind, summary=e.summary, note=e.note) for e in incident.log
        ),
    )


def delivery_shape(delivery: Delivery) -> DeliveryShape:
    """Write a delivery with its attempts."""
    return DeliveryShape(
        event_id=delivery.webhook.event_id,
        event_type=delivery.webhook.event_type,
        webhook_id=delivery.webhook.webhook_id,
        incident=delivery.webhook.lane,
        url=delivery.subscription.url,
        outcome=delivery.outcome,
        attempts=tuple(attempt_shape(attempt) for attempt in delivery.attempts),
    )


def attempt_shape(attempt: Attempt) -> AttemptShape:
    """Write an attempt."""
    at = to_milliseconds(attempt.at)
    return AttemptShape(at=at, seconds=attempt.seconds, status=attempt.status, problem=attempt.problem)


def _service(account: Account, service: Service) -> ServiceShape:
    policy = account.world.policy(service.policy)
    return ServiceShape(
        id=service.id,
        name=service.name,
        description=service.description,
        routing_key=service.routing_key,
        status=_health([i for i in account.incidents.values() if i.service == service]),
        on_call=account.world.on_call(policy, 1).handle,
    )


def _health(incidents: list[Incident]) -> Literal["active", "warning", "critical"]:
    statuses = {incident.status for incident in incidents}
    if "triggered" in statuses:
        return "critical"
    return "warning" if "acknowledged" in statuses else "active"


def _subscription(subscription: Subscription) -> SubscriptionShape:
    disabled = subscription.temporarily_disabled
    return SubscriptionShape(id=subscription.id, url=subscription.url, temporarily_disabled=disabled)
