"""Rings for one incident: what triggers see, and what they start."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlmodel import select

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook
from tocsin.events import Actor, Event
from tocsin.events.incident import ArtefactFailed
from tocsin.events.starting import RunHeldBack
from tocsin.incidents.alerts import Alert, Change, Webhook
from tocsin.incidents.tables import Incident
from tocsin.log import Entry
from tocsin.postmortems.timeline import timeline
from tocsin.runbooks.firing import Firing
from tocsin.runbooks.suggestions import Suggestions
from tocsin.runbooks.tables import Run, Suggestion
from tocsin.runbooks.triggers import Setting, Triggers

STEP = put("one", "a", 1)
ON_PAGE = "pagerduty: { event: incident.triggered }"


def page(title: str = "Checkout is down", *, age: timedelta = timedelta(0)) -> Webhook:
    return Webhook(
        source="pagerduty",
        event_id="01E",
        event_type="incident.triggered",
        occurred_at=datetime.now(UTC) - age,
        actor=Actor(kind="pagerduty", id="PUSER"),
        body="{}",
        subject="PINC",
        alert=Alert(title=title, service="PSVC", service_name="Checkout"),
        change=Change(kind="triggered"),
        event={"type": "incident.triggered", "incident": {"id": "PINC", "title": title}},
    )


def triggered(trigger: str, **more: Any) -> str:
    return runbook(STEP, on=f"[{{ {trigger} }}]", **more)


class Bell:
    """Rings for one incident."""

    def __init__(self, workshop: Workshop, incident: Incident) -> None:
        house = workshop.house
        setting = Setting(
            house.log, workshop.runs, house.programs, house.settings.organisation, "https://t.example"
        )
        self.workshop, self.incident = workshop, incident
        self.now = datetime.now(UTC).replace(second=20, microsecond=0)
        self.triggers = Triggers(setting)
        self.firing = Firing(workshop.database, self.triggers, setting)
        self.suggestions = Suggestions(setting, house.access)

    async def ring(self, webhook: Webhook) -> list[str]:
        """Let the webhook start what it starts; return the ids of the runs."""
        async with self.workshop.database.transaction() as session:
            return await self.triggers.fire(session, webhook, self.incident)

    async def run(self) -> Run:
        """Return the only run there is."""
        [run] = await self.runs()
        return run

    async def runs(self) -> list[Run]:
        """Return the runs, the oldest first."""
        async with self.workshop.database.transaction() as session:
            return list((await session.exec(select(Run).order_by(Run.requested_at))).all())  # type: ignore[arg-type]

    async def suggested(self) -> list[Suggestion]:
        """Return every suggestion, taken up or not."""
        async with self.workshop.database.transaction() as session:
            return list((await session.exec(select(Suggestion))).all())

    async def entries(self, stream: str | None = None) -> list[Entry]:
        """Return what happened in a stream: the incident's, if none is named."""
        async with self.workshop.database.transaction() as session:
            return await self.workshop.house.log.read(session, stream or f"incident/{self.incident.id}")

    async def said(self, name: str, stream: str | None = None) -> list[str]:
        """Return what was said of a runbook's trigger that is wrong."""
        failed = [one for one in await self.events(stream) if isinstance(one, ArtefactFailed)]
        return [event.error for event in failed if event.artefact == f"trigger of {name}"]

    async def held(self, stream: str | None = None) -> list[str]:
        """Return why the triggers of ``boxes`` started nothing."""
        held = [one for one in await self.events(stream) if isinstance(one, RunHeldBack)]
        return [one.why for one in held if one.runbook == "boxes"]

    async def told(self) -> list[str]:
        """Return what the incident's timeline says of ``boxes``."""
        rows = [row.text for row in timeline(await self.entries())]
        return [text for text in rows if text.startswith("boxes ")]

    async def events(self, stream: str | None = None) -> list[Event]:
        return [entry.event for entry in await self.entries(stream)]
