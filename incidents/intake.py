"""Takes webhooks in: stored first, told apart from what came before, and put on the right incident."""

from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import hold
from tocsin.errors import StaleStream
from tocsin.events import SYSTEM, Event, Fact
from tocsin.events import incident as events
from tocsin.incidents.alerts import Alert, Webhook
from tocsin.incidents.lifecycle import RESOLVED, Declaration, Lifecycle
from tocsin.incidents.tables import Delivery, Incident, Page
from tocsin.log import Entry, Log
from tocsin.organisation import Organisation

NOTE_MARK = "Tocsin follows this as"
"""How every note of ours begins; it comes back as a webhook, and is no news."""


@dataclass(frozen=True)
class Taken:
    """What became of a webhook."""

    duplicate: bool = False
    incident: Incident | None = None
    news: bool = False
    """It changed what we know: triggers look at it."""


class Intake:
    """Takes verified webhooks in. The caller commits."""

    def __init__(self, log: Log, lifecycle: Lifecycle, organisation: Organisation) -> None:
        self._log = log
        self._lifecycle = lifecycle
        self._organisation = organisation

    async def take(self, session: AsyncSession, webhook: Webhook) -> Taken:
        """Store the webhook and put it on its incident; the same one again changes nothing."""
        if not await self._stored(session, webhook):
            return Taken(duplicate=True)
        if webhook.subject is None or webhook.change is None:
            return Taken()
        page = await self._page(session, webhook.source, webhook.subject)
        if page is not None:
            incident = await session.get_one(Incident, page.incident_id)
            return await self._follow(session, webhook, incident, page)
        if webhook.alert is None or not webhook.alert.open:
            return Taken()  # it stays in the log until the page it belongs to is known
        incident = await self._open_or_join(session, webhook, webhook.alert)
        return Taken(incident=incident, news=True)

    async def _stored(self, session: AsyncSession, webhook: Webhook) -> bool:
        stored = events.DeliveryReceived(
            **webhook.model_dump(include=_STORED),
            change=webhook.change.kind if webhook.change else None,
            detail=webhook.change.detail if webhook.change else "",
        )
        fact = Fact(event=stored, actor=webhook.actor, source=webhook.source, occurred_at=webhook.occurred_at)
        stream = f"delivery/{webhook.source}/{webhook.event_id}"
        try:
            await self._log.append(session, stream, [fact], expected_version=0)
        except StaleStream:
            return False
        return True

    async def _page(self, session: AsyncSession, source: str, key: str) -> Page | None:
        # Events of one page come one after the other: two that arrive together must not open two incidents.
        await hold(session, f"page/{source}/{key}")
        return await session.get(Page, (source, key))

    async def _open_or_join(self, session: AsyncSession, webhook: Webhook, alert: Alert) -> Incident:
        service = self._organisation.service_of_page(alert.service)
        incident = await self._joinable(session, service, webhook)
        if incident is None:
            wanted = Declaration(title=alert.title[:200] or "Untitled page", service=service)
            incident = await self._lifecycle.declare(session, SYSTEM, wanted, at=webhook.occurred_at)
        await self._append(session, webhook, incident, _received(webhook, alert))
        await self._catch_up(session, webhook, incident)
        return incident

    async def _joinable(
        self, session: AsyncSession, service: str | None, webhook: Webhook
    ) -> Incident | None:
        """Return the open incident of the service that is young enough to take another page in."""
        if service is None or not self._organisation.join_window:
            return None
        await hold(session, f"service/{service}")
        oldest = webhook.occurred_at - timedelta(seconds=self._organisation.join_window)
        query = select(Incident).where(
            Incident.service == service,
            col(Incident.resolved_at).is_(None),
            col(Incident.private).is_(False),
            col(Incident.opened_at) >= oldest,
        )
        return (await session.exec(query.order_by(col(Incident.number)).limit(1))).first()

    async def _catch_up(self, session: AsyncSession, webhook: Webhook, incident: Incident) -> None:
        """Put on the timeline what is stored of the page, this webhook included: it may have come late."""
        query = select(Delivery.event_id).where(
            Delivery.source == webhook.source,
            Delivery.subject == webhook.subject,
            col(Delivery.change).is_not(None),
            Delivery.change != "triggered",
        )
        for event_id in (await session.exec(query.order_by(col(Delivery.position)))).all():
            stream = f"delivery/{webhook.source}/{event_id}"
            for entry in await self._log.read(session, stream):
                await self._append_stored(session, entry, incident)

    async def _append_stored(self, session: AsyncSession, entry: Entry, incident: Incident) -> None:
        stored = entry.event
        assert isinstance(stored, events.DeliveryReceived)  # noqa: S101  # nothing else is in such a stream
        changed = events.PageChanged.model_validate(
            {
                "source": stored.source,
                "dedup_key": stored.subject,
                "change": stored.change,
                "detail": stored.detail,
            }
        )
        fact = Fact(
            event=changed,
            actor=entry.actor,
            source=stored.source,
            source_ref=f"{stored.source}:{stored.event_id}:change",
            incident_id=incident.id,
            occurred_at=entry.occurred_at,
        )
        await self._log.append(session, f"incident/{incident.id}", [fact])

    async def _follow(self, session: AsyncSession, webhook: Webhook, incident: Incident, page: Page) -> Taken:
        if _is_ours(webhook, page):
            return Taken(incident=incident)
        newest = webhook.occurred_at >= page.changed_at
        await self._append(session, webhook, incident, _changed(webhook))
        if newest and webhook.change is not None:
            await self._keep_up(session, webhook, incident, page, webhook.change.kind)
        return Taken(incident=incident, news=newest)

    async def _keep_up(
        self, session: AsyncSession, webhook: Webhook, incident: Incident, page: Page, kind: str
    ) -> None:
        """Let the incident follow its pages: resolved with the last of them, open again with any."""
        if self._organisation.pagerduty.on_resolved == "note":
            return
        if kind == "resolved" and incident.open and not await self._others_open(session, incident, page):
            await self._lifecycle.change_status(
                session, webhook.actor, incident.id, RESOLVED, "resolved in PagerDuty"
            )
        if kind in {"reopened", "triggered"} and not incident.open:
            await self._lifecycle.reopen(session, webhook.actor, incident.id, f"{kind} in PagerDuty")

    async def _others_open(self, session: AsyncSession, incident: Incident, page: Page) -> bool:
        query = select(Page).where(
            Page.incident_id == incident.id,
            Page.status != "resolved",
            Page.dedup_key != page.dedup_key,
        )
        return (await session.exec(query.limit(1))).first() is not None

    async def _append(
        self, session: AsyncSession, webhook: Webhook, incident: Incident, event: Event
    ) -> None:
        fact = Fact(
            event=event,
            actor=webhook.actor,
            source=webhook.source,
            source_ref=f"{webhook.source}:{webhook.event_id}",
            incident_id=incident.id,
            occurred_at=webhook.occurred_at,
        )
        await self._log.append(session, f"incident/{incident.id}", [fact])


_STORED = {"source", "event_id", "event_type", "subject", "body"}


def _received(webhook: Webhook, alert: Alert) -> events.AlertReceived:
    return events.AlertReceived(
        source=webhook.source,
        title=alert.title,
        service=alert.service_name,
        dedup_key=webhook.subject or "",
        urgency=alert.urgency,
        url=alert.url,
    )


def _changed(webhook: Webhook) -> events.PageChanged:
    change = webhook.change
    assert change is not None and webhook.subject is not None  # noqa: S101,PT018  # take() looked
    return events.PageChanged(
        source=webhook.source,
        dedup_key=webhook.subject,
        change=change.kind,
        detail=change.detail,
        url=webhook.alert.url if webhook.alert else "",
    )


def _is_ours(webhook: Webhook, page: Page) -> bool:
    """Say whether we caused it ourselves: our own resolve, or our own note."""
    change = webhook.change
    if change is None:
        return False
    if change.kind == "annotated":
        return change.detail.startswith(NOTE_MARK)
    return change.kind == "resolved" and page.resolved_by_us
