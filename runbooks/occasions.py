"""What triggers look at: something happened, and this is what expressions see of it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import JsonValue

from tocsin.events import Event
from tocsin.events import incident as incidents
from tocsin.events import run as runs
from tocsin.incidents.alerts import Webhook
from tocsin.incidents.tables import Incident
from tocsin.log import Entry
from tocsin.runbooks.model import Trigger

Scope = dict[str, JsonValue]


@dataclass(frozen=True)
class Occasion:
    """Something that may start runs."""

    about: str
    """As the run's ``trigger`` will say."""
    at: datetime
    """When it happened."""
    scope: Scope
    """``event``, ``alert`` and ``incident``."""
    suits: Callable[[Trigger], bool]
    """Says whether a trigger looks out for it."""
    incident: Incident | None = None
    """The incident that the runs will belong to."""
    depth: int = 0
    """How many runs stand before it."""
    once: str | None = None
    """Its name: looked at a second time, it starts nothing. None: whoever tells of it tells once."""


def of_webhook(webhook: Webhook, incident: Incident, seen: Scope) -> Occasion:
    """Return what an alert source told; ``seen`` is the incident that it is put on."""
    alert = _alert(webhook, incident)
    begins = webhook.change is not None and webhook.change.kind == "triggered"

    def suits(trigger: Trigger) -> bool:
        if trigger.pagerduty is not None:
            return webhook.source == "pagerduty" and trigger.pagerduty == webhook.event_type
        if trigger.alert is None or alert is None or not begins:
            return False
        return all(alert.get(field) == value for field, value in trigger.alert.items())

    scope: Scope = {"event": webhook.event, "alert": alert}
    scope["incident"] = {**seen, "pagerduty_id": webhook.subject}
    about = f"{webhook.source}:{webhook.event_type}"
    return Occasion(about, webhook.occurred_at, scope, suits, incident)


def _alert(webhook: Webhook, incident: Incident) -> Scope | None:
    if webhook.alert is None:
        return None
    return {
        "source": webhook.source,
        "service": webhook.alert.service_name,
        "severity": incident.severity,
        "title": webhook.alert.title,
        "labels": {},
        "dedup_key": webhook.subject,
        "status": "firing" if webhook.alert.open else "resolved",
        "url": webhook.alert.url,
    }


def of_hook(name: str, event: JsonValue, at: datetime) -> Occasion:
    """Return the call of a hook; ``event`` is the body that came with it."""
    scope: Scope = {"event": event, "alert": None, "incident": None}
    return Occasion(f"webhook:{name}", at, scope, lambda trigger: trigger.webhook == name)


def of_tick(name: str, at: datetime) -> Occasion:
    """Return a time of a schedule; ``name`` is the trigger's."""
    event: Scope = {"type": "schedule", "id": f"{name}/{at.isoformat()}", "occurred_at": at.isoformat()}
    scope: Scope = {"event": event, "alert": None, "incident": None}
    return Occasion("schedule", at, scope, lambda trigger: trigger.schedule is not None)


Change = Literal["opened", "severity", "status"]


def change_of(event: Event) -> Change | None:
    """Return what happened to an incident, as triggers call it; None: nothing that they look out for."""
    match event:
        case incidents.IncidentOpened():
            return "opened"
        case incidents.SeverityChanged():
            return "severity"
        case incidents.StatusChanged():
            return "status"
        case _:
            return None


def of_incident(entry: Entry, change: Change, incident: Incident, seen: Scope) -> Occasion:
    """Return what happened to one of our incidents, whoever caused it."""
    said = entry.event.model_dump(mode="json", include={"before", "after", "reason"})
    event: Scope = {**_head(entry, f"incident.{change}"), "actor": str(entry.actor), **said}
    scope: Scope = {"event": event, "alert": None, "incident": seen}
    return Occasion(
        about=f"incident:{change}",
        at=entry.occurred_at,
        scope=scope,
        suits=lambda trigger: trigger.incident == change,
        incident=incident,
        once=str(entry.position),
    )


def of_end(entry: Entry, began: runs.RunRequested, incident: Incident | None, seen: Scope | None) -> Occasion:
    """Return the end of a run; ``seen`` is the incident that it belongs to."""
    said = entry.event.model_dump(mode="json", include={"status", "summary", "outputs"})
    run: Scope = {"id": entry.run_id, "runbook": began.runbook, "inputs": began.inputs, **said}
    status = said["status"]

    def suits(trigger: Trigger) -> bool:
        ended = trigger.runbook
        return ended is not None and (ended.name, ended.status) == (began.runbook, status)

    return Occasion(
        about=f"runbook:{began.runbook}:{status}",
        at=entry.occurred_at,
        scope={
            "event": {**_head(entry, f"run.{status}"), "run": run},
            "alert": None,
            "incident": seen,
        },
        suits=suits,
        incident=incident,
        depth=began.depth + 1,
        once=str(entry.position),
    )


def _head(entry: Entry, kind: str) -> Scope:
    return {"type": kind, "id": str(entry.position), "occurred_at": entry.occurred_at.isoformat()}
