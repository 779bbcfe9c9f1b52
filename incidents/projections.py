"""Folds incident events into the tables."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.events import incident as events
from tocsin.incidents.tables import Assignment, Delivery, Incident, Kept, Page
from tocsin.log import Entry

TABLES = (Incident, Page, Delivery, Kept, Assignment)

_PAGE_STATUS = {
    "triggered": "triggered",
    "unacknowledged": "triggered",
    "reopened": "triggered",
    "acknowledged": "acknowledged",
    "resolved": "resolved",
}


async def empty(session: AsyncSession) -> None:
    """Forget everything that was folded."""
    for table in TABLES:
        await session.exec(delete(table))


async def project(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Fold entries; those of no interest change nothing."""
    for entry in entries:
        event = entry.event
        if isinstance(event, events.IncidentOpened):
            session.add(_opened(entry, event))
        elif isinstance(event, events.DeliveryReceived):
            session.add(_delivered(entry, event))
        elif entry.incident_id is not None and entry.stream == f"incident/{entry.incident_id}":
            await _change(session, entry)
        else:
            continue
        await session.flush()


def _opened(entry: Entry, event: events.IncidentOpened) -> Incident:
    return Incident(
        id=entry.incident_id or "",
        **event.model_dump(exclude={"type"}),
        opened_by=str(entry.actor),
        opened_by_id=f"{entry.actor.kind}:{entry.actor.id}",
        opened_at=entry.occurred_at,
        changed_at=entry.recorded_at,
    )


def _delivered(entry: Entry, event: events.DeliveryReceived) -> Delivery:
    return Delivery(
        source=event.source,
        event_id=event.event_id,
        event_type=event.event_type,
        subject=event.subject,
        change=event.change,
        position=entry.position,
    )


async def _change(session: AsyncSession, entry: Entry) -> None:
    incident = await session.get_one(Incident, entry.incident_id)
    incident.changed_at = entry.recorded_at
    match entry.event:
        case events.StatusChanged(after=after):
            incident.status = after
            incident.resolved_at = entry.occurred_at if after == "resolved" else None
        case events.SeverityChanged(after=after):
            incident.severity = after
        case events.UpdatePosted(message=message):
            incident.update = message
        case events.ChannelOpened(channel=channel, name=name):
            incident.channel, incident.channel_name = channel, name
        case events.PeopleInvited(people=people):
            incident.people = sorted({*incident.people, *people})
        case events.MessageKept() as kept:
            await session.merge(Kept(incident_id=incident.id, **kept.model_dump(exclude={"type"})))
        case events.RoleAssigned() as role:
            await session.merge(Assignment(incident_id=incident.id, **role.model_dump(exclude={"type"})))
        case _:
            await _change_page(session, entry, incident)
    session.add(incident)


async def _change_page(session: AsyncSession, entry: Entry, incident: Incident) -> None:
    match entry.event:
        case events.AlertReceived() as alert:
            page = Page(
                source=alert.source,
                dedup_key=alert.dedup_key,
                incident_id=incident.id,
                title=alert.title,
                status="triggered",
                url=alert.url,
                changed_at=entry.occurred_at,
            )
            session.add(page)
        case events.PageChanged(change=change) as changed:
            page = await session.get_one(Page, (changed.source, changed.dedup_key))
            if change in _PAGE_STATUS and entry.occurred_at >= page.changed_at:
                page.status, page.changed_at = _PAGE_STATUS[change], entry.occurred_at
                page.resolved_by_us = page.resolved_by_us and change == "resolved"
        case events.PagerResolved(dedup_key=key):
            page = await session.get_one(Page, ("pagerduty", key))
            page.status, page.changed_at, page.resolved_by_us = "resolved", entry.occurred_at, True
        case _:
            pass
