"""What can be done to an incident. Each verb changes it, logs it and announces it, as PagerDuty does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from tocsin.playground.pagerduty.account import Account
from tocsin.playground.pagerduty.errors import ALREADY_RESOLVED, NOT_ESCALATED, Refusal
from tocsin.playground.pagerduty.naming import new_id, now
from tocsin.playground.pagerduty.records import (
    Agent,
    Alert,
    Incident,
    Note,
    ReplyState,
    Responder,
    Severity,
    Status,
    StatusUpdate,
    Urgency,
)
from tocsin.playground.pagerduty.world import Person, Policy, Priority, Service


@dataclass(frozen=True)
class Opening:
    """What an incident is opened with. With a `dedup_key` it is opened by an alert, otherwise by a person."""

    title: str
    service: Service
    urgency: Urgency = "high"
    priority: Priority | None = None
    incident_key: str | None = None
    body: str | None = None
    dedup_key: str | None = None
    severity: Severity = "critical"
    details: Mapping[str, JsonValue] = field(default_factory=dict)


def trigger(account: Account, opening: Opening, by: Agent) -> Incident:
    """Open an incident and assign it to whoever is on call."""
    incident = Incident(
        id=new_id("Q", 14),
        number=len(account.incidents) + 1,
        title=opening.title,
        service=opening.service,
        policy=account.world.policy(opening.service.policy),
        urgency=opening.urgency,
        created_at=now(),
        priority=opening.priority,
        incident_key=opening.incident_key,
        body=opening.body,
    )
    if opening.dedup_key is not None:
        incident.alerts.append(_alert(opening, opening.dedup_key))
    account.incidents[incident.id] = incident
    account.note_down(incident, "trigger", by)
    _assign(account, incident, [account.world.on_call(incident.policy, 1)])
    account.announce("incident.triggered", incident, by)
    return incident


def acknowledge(account: Account, incident: Incident, by: Agent) -> None:
    """Take an incident on. A resolved one is reopened for that; the same person again changes nothing."""
    if incident.status == "resolved":
        reopen(account, incident, by)
    if by.reference.id in incident.acknowledgements:
        return
    incident.acknowledgements[by.reference.id] = (by.reference, now())
    _set_status(incident, "acknowledged", by)
    account.note_down(incident, "acknowledge", by)
    account.announce("incident.acknowledged", incident, by)


def unacknowledge(account: Account, incident: Incident, by: Agent) -> None:
    """Give an acknowledged incident back; it is triggered again."""
    incident.acknowledgements.clear()
    _set_status(incident, "triggered", by)
    account.note_down(incident, "unacknowledge", by)
    account.announce("incident.unacknowledged", incident, by)


def resolve(account: Account, incident: Incident, by: Agent, resolution: str | None = None) -> None:
    """Close an incident and its alerts. Raises Refusal 400 (1001) if it is closed."""
    if incident.status == "resolved":
        raise Refusal(400, ALREADY_RESOLVED, "Incident Already Resolved")
    _set_status(incident, "resolved", by)
    incident.resolved_at = incident.changed_at
    incident.assignees.clear()
    for alert in incident.alerts:
        alert.resolved = True
    account.note_down(incident, "resolve", by, resolution)
    account.announce("incident.resolved", incident, by)


def reopen(account: Account, incident: Incident, by: Agent) -> None:
    """Open a resolved incident again, for whoever is on call."""
    _set_status(incident, "triggered", by)
    incident.resolved_at = None
    incident.acknowledgements.clear()
    incident.reopened_at = now()
    _assign(account, incident, [account.world.on_call(incident.policy, incident.level)])
    account.note_down(incident, "reopen", by)
    account.announce("incident.reopened", incident, by)


def escalate(account: Account, incident: Incident, level: int, by: Agent) -> None:
    """Hand an incident to a level of its policy, from 1. Raises Refusal 400 (1006) beyond the last."""
    if not 1 <= level <= len(incident.policy.levels):
        raise Refusal(400, NOT_ESCALATED, "Cannot Escalate", f"{incident.policy.name} has no level {level}")
    incident.level = level
    _hand_over(account, incident, [account.world.on_call(incident.policy, level)], by)
    account.note_down(incident, "escalate", by)
    account.announce("incident.escalated", incident, by)


def reassign(account: Account, incident: Incident, people: Sequence[Person], by: Agent) -> None:
    """Hand an incident to these people; it is triggered until one of them takes it."""
    _hand_over(account, incident, people, by)
    account.announce("incident.reassigned", incident, by)


def delegate(account: Account, incident: Incident, policy: Policy, by: Agent) -> None:
    """Hand an incident to another escalation policy."""
    incident.policy, incident.level = policy, 1
    _hand_over(account, incident, [account.world.on_call(policy, 1)], by)
    account.note_down(incident, "delegate", by)
    account.announce("incident.delegated", incident, by)


def set_priority(account: Account, incident: Incident, priority: Priority | None, by: Agent) -> None:
    """Set or take away an incident's priority."""
    incident.priority = priority
    account.note_down(incident, "priority_change", by)
    account.announce("incident.priority_updated", incident, by)


def rename(account: Account, incident: Incident, title: str, by: Agent) -> None:
    """Change an incident's title. PagerDuty has no webhook for that."""
    incident.title = title
    account.note_down(incident, "field_value_change", by)


def set_urgency(account: Account, incident: Incident, urgency: Urgency, by: Agent) -> None:
    """Change an incident's urgency. PagerDuty has no webhook for that."""
    incident.urgency = urgency
    account.note_down(incident, "urgency_change", by)


def annotate(account: Account, incident: Incident, content: str, by: Agent) -> Note:
    """Add a note."""
    note = Note(new_id("P", 14), content, by.reference, now())
    incident.notes.append(note)
    account.note_down(incident, "annotate", by, content)
    account.announce("incident.annotated", incident, by, account.hooks.note(incident, note))
    return note


def ask_for_help(account: Account, incident: Incident, person: Person, message: str, by: Agent) -> Responder:
    """Ask somebody to join in."""
    asked = Responder(person, by.reference, message, now())
    incident.responders[person.id] = asked
    account.note_down(incident, "responder_request", by, message)
    account.announce("incident.responder.added", incident, by, account.hooks.responder(incident, asked))
    return asked


def reply(account: Account, incident: Incident, person: Person, state: ReplyState) -> None:
    """Answer a request for help. Raises Refusal 404 if there was none."""
    asked = incident.responders.get(person.id)
    if asked is None:
        raise Refusal.not_found(f"A request to {person.name} on incident {incident.id}")
    asked.state = state
    by = Agent.at_the_website(person)
    account.note_down(incident, "responder_reply", by, state)
    account.announce("incident.responder.replied", incident, by, account.hooks.responder(incident, asked))


def publish_status(account: Account, incident: Incident, message: str, by: Agent) -> StatusUpdate:
    """Tell the incident's subscribers how it stands."""
    update = StatusUpdate(new_id("P", 14), message, by.reference, now())
    incident.status_updates.append(update)
    account.note_down(incident, "status_update", by, message)
    data = account.hooks.status_update(incident, update)
    account.announce("incident.status_update_published", incident, by, data)
    return update


def _alert(opening: Opening, dedup_key: str) -> Alert:
    return Alert(new_id("Q", 14), dedup_key, opening.title, opening.severity, opening.details, now())


def _set_status(incident: Incident, status: Status, by: Agent) -> None:
    incident.status = status
    incident.changed_at = now()
    incident.changed_by = by.reference


def _assign(account: Account, incident: Incident, people: Sequence[Person]) -> None:
    incident.assignees = {person.id: (person, now()) for person in people}
    account.note_down(incident, "assign", Agent(incident.policy.reference, "api"))


def _hand_over(account: Account, incident: Incident, people: Sequence[Person], by: Agent) -> None:
    if incident.status == "resolved":
        raise Refusal(400, ALREADY_RESOLVED, "Incident Already Resolved")
    incident.acknowledgements.clear()
    _set_status(incident, "triggered", by)
    incident.assignees = {person.id: (person, now()) for person in people}
    account.note_down(incident, "assign", by)
