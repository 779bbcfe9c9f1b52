"""One PagerDuty account: its world, its incidents, its subscriptions."""

from pydantic import BaseModel, ConfigDict, SecretStr

from tocsin.playground.pagerduty.acme import acme
from tocsin.playground.pagerduty.addresses import Addresses, Json
from tocsin.playground.pagerduty.courier import Courier, Pace
from tocsin.playground.pagerduty.errors import Refusal
from tocsin.playground.pagerduty.gate import Gate
from tocsin.playground.pagerduty.naming import new_id, now
from tocsin.playground.pagerduty.records import Agent, Incident, LogEntry, LogKind
from tocsin.playground.pagerduty.rest_bodies import RestBodies
from tocsin.playground.pagerduty.subscriptions import Subscription
from tocsin.playground.pagerduty.webhook_bodies import WebhookBodies

PRACTICE_TOKEN = "practice-pagerduty-token"
LOG_WORDS: dict[LogKind, str] = {
    "trigger": "Triggered",
    "assign": "Assigned",
    "acknowledge": "Acknowledged",
    "unacknowledge": "Unacknowledged",
    "resolve": "Resolved",
    "reopen": "Reopened",
    "escalate": "Escalated",
    "delegate": "Delegated",
    "priority_change": "Priority changed",
    "urgency_change": "Urgency changed",
    "field_value_change": "Title changed",
    "annotate": "Note added",
    "responder_request": "Help asked for",
    "responder_reply": "Request answered",
    "status_update": "Status update sent",
}


class AccountSettings(BaseModel):
    """How an account is set up. Without a `webhook_url` nobody is told until somebody subscribes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    addresses: Addresses
    api_token: SecretStr = SecretStr(PRACTICE_TOKEN)
    webhook_url: str | None = None
    webhook_secrets: tuple[SecretStr, ...] = ()
    requests_per_minute: int = 960
    pace: Pace = Pace()


class Account:
    """The state of the practice PagerDuty. Use it from one event loop only."""

    def __init__(self, settings: AccountSettings) -> None:
        self.world = acme()
        self.gate = Gate(settings.api_token.get_secret_value(), settings.requests_per_minute)
        self.courier = Courier(settings.pace)
        self.rest = RestBodies(settings.addresses, self.world)
        self.hooks = WebhookBodies(settings.addresses, self.world)
        self.addresses = settings.addresses
        self.incidents: dict[str, Incident] = {}
        self._settings = settings
        self.subscriptions = self._first_subscriptions()

    async def reset(self) -> None:
        """Go back to the beginning: no incident, no delivery, no fault, the first subscription alone."""
        await self.courier.clear()
        self.gate.clear()
        self.incidents.clear()
        self.subscriptions = self._first_subscriptions()

    def incident(self, id_: str) -> Incident:
        """Find an incident. Raises Refusal 404."""
        if id_ not in self.incidents:
            raise Refusal.not_found(f"Incident {id_}")
        return self.incidents[id_]

    def subscription(self, id_: str) -> Subscription:
        """Find a webhook subscription. Raises Refusal 404."""
        if id_ not in self.subscriptions:
            raise Refusal.not_found(f"Webhook subscription {id_}")
        return self.subscriptions[id_]

    def note_down(self, incident: Incident, kind: LogKind, agent: Agent, note: str | None = None) -> None:
        """Add a line to an incident's log."""
        summary = f"{LOG_WORDS[kind]} by {agent.reference.summary}"
        incident.log.append(LogEntry(new_id("R", 26), kind, summary, agent, now(), note))

    def announce(self, event_type: str, incident: Incident, agent: Agent, data: Json | None = None) -> None:
        """Send an event to every subscription that wants it; without `data` the incident is the data."""
        data = self.hooks.incident(incident) if data is None else data
        webhook = self.hooks.event(event_type, incident.id, agent, data)
        for subscription in self.subscriptions.values():
            if subscription.wants(event_type, incident.service.id, self.world.team.id):
                self.courier.post(webhook, subscription)

    def ping(self, subscription: Subscription, agent: Agent) -> None:
        """Send the test event to one subscription."""
        data: Json = {"message": "Hello from your friend Pagey!", "type": "ping"}
        self.courier.post(self.hooks.event("pagey.ping", "pagey", agent, data), subscription)

    def _first_subscriptions(self) -> dict[str, Subscription]:
        if self._settings.webhook_url is None:
            return {}
        secrets = tuple(secret.get_secret_value() for secret in self._settings.webhook_secrets)
        first = Subscription(self._settings.webhook_url, secrets, description="Tocsin")
        return {first.id: first}
