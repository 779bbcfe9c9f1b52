"""Webhook subscriptions: where events go, which, and whether PagerDuty still bothers."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime

from tocsin.playground.pagerduty.addresses import Json
from tocsin.playground.pagerduty.naming import new_id, now

INCIDENT_EVENTS = tuple(
    f"incident.{what}"
    for what in (
        "acknowledged",
        "annotated",
        "delegated",
        "escalated",
        "priority_updated",
        "reassigned",
        "reopened",
        "resolved",
        "responder.added",
        "responder.replied",
        "status_update_published",
        "triggered",
        "unacknowledged",
    )
)


@dataclass
class Subscription:
    """A webhook subscription. Several secrets sign side by side while one is being replaced."""

    url: str
    secrets: tuple[str, ...]
    events: tuple[str, ...] = INCIDENT_EVENTS
    filter_type: str = "account_reference"
    filter_id: str | None = None
    description: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    active: bool = True
    id: str = field(default_factory=lambda: new_id("P", 7))
    method_id: str = field(default_factory=lambda: new_id("P", 7))
    drops_in_a_row: int = 0
    disabled_until: datetime | None = None

    @property
    def temporarily_disabled(self) -> bool:
        return self.disabled_until is not None and now() < self.disabled_until

    def wants(self, event_type: str, service_id: str, team_id: str) -> bool:
        """Say whether an event about this service and team is for this subscription."""
        scopes = {
            "account_reference": self.filter_id,
            "service_reference": service_id,
            "team_reference": team_id,
        }
        return self.active and event_type in self.events and scopes[self.filter_type] == self.filter_id

    def enable(self) -> None:
        """Let webhooks go out again."""
        self.drops_in_a_row = 0
        self.disabled_until = None

    def sign(self, body: bytes) -> str:
        """Write the X-PagerDuty-Signature header: one v1 value for each secret, comma-separated."""
        return ",".join(f"v1={hmac.new(s.encode(), body, hashlib.sha256).hexdigest()}" for s in self.secrets)

    def body(self, *, reveal: bool = False) -> Json:
        """Write the subscription as the REST API does; the secret is shown only when it is made."""
        return {
            "id": self.id,
            "type": "webhook_subscription",
            "active": self.active,
            "description": self.description,
            "events": list(self.events),
            "filter": {"id": self.filter_id, "type": self.filter_type},
            "delivery_method": {
                "id": self.method_id,
                "type": "http_delivery_method",
                "url": self.url,
                "secret": self.secrets[0] if reveal else None,
                "temporarily_disabled": self.temporarily_disabled,
                "custom_headers": [{"name": name, "value": "-- redacted --"} for name in self.headers],
            },
        }
