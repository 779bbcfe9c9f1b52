"""Which runs a webhook starts, and which it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook
from tocsin.events import SYSTEM, Actor
from tocsin.events.incident import ArtefactFailed
from tocsin.incidents.alerts import Alert, Change, Webhook
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Incident
from tocsin.runbooks.tables import Run
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


class Bell:
    """Rings for one incident."""

    def __init__(self, workshop: Workshop, incident: Incident) -> None:
        house = workshop.house
        organisation = house.settings.organisation
        self.workshop, self.incident = workshop, incident
        self._triggers = Triggers(
            Setting(house.log, workshop.runs, house.programs, organisation, "https://t.example")
        )

    async def ring(self, webhook: Webhook) -> list[str]:
        """Let the webhook start what it starts; return the ids of the runs."""
        async with self.workshop.database.transaction() as session:
            return await self._triggers.fire(session, webhook, self.incident)

    async def run(self) -> Run:
        """Return the only run there is."""
        async with self.workshop.database.transaction() as session:
            return (await session.exec(select(Run))).one()

    async def said(self, name: str) -> list[str]:
        """Return what the incident was told of a runbook's trigger."""
        async with self.workshop.database.transaction() as session:
            entries = await self.workshop.house.log.read(session, f"incident/{self.incident.id}")
        failed = [entry.event for entry in entries if isinstance(entry.event, ArtefactFailed)]
        return [event.error for event in failed if event.artefact == f"trigger of {name}"]


@pytest.fixture
async def bell(workshop: Workshop) -> Bell:
    """An incident, and what rings for it."""
    async with workshop.database.transaction() as session:
        wanted = Declaration(title="Checkout is down", service="checkout")
        incident = await workshop.house.lifecycle.declare(session, SYSTEM, wanted)
    return Bell(workshop, incident)


def triggered(trigger: str, **more: Any) -> str:
    return runbook(STEP, on=f"[{{ {trigger} }}]", **more)


async def test_a_page_starts_the_runbook_that_asks_for_it(bell: Bell) -> None:
    await bell.workshop.publish(triggered(ON_PAGE))
    await bell.ring(page())
    run = await bell.run()
    assert (run.runbook, run.trigger, run.mode) == ("boxes", "pagerduty:incident.triggered", "propose")
    assert run.incident_id == bell.incident.id


async def test_an_alert_starts_the_runbook_whose_fields_it_has(bell: Bell) -> None:
    await bell.workshop.publish(triggered("alert: { source: pagerduty, service: Checkout }"))
    assert len(await bell.ring(page())) == 1


async def test_an_alert_with_another_field_starts_nothing(bell: Bell) -> None:
    await bell.workshop.publish(triggered("alert: { source: pagerduty, service: Payments }"))
    assert await bell.ring(page()) == []


async def test_the_trigger_gives_the_inputs(bell: Bell) -> None:
    given = 'with: { title: "${{ event.incident.title }}" }'
    text = triggered(f"{ON_PAGE}, {given}", inputs="{ title: { type: string } }")
    await bell.workshop.publish(text)
    [run_id] = await bell.ring(page())
    assert (await bell.workshop.read(run_id)).inputs == {"title": "Checkout is down"}


@pytest.mark.parametrize(("title", "runs"), [("a deploy failed", 1), ("the disk is full", 0)])
async def test_a_condition_decides(bell: Bell, title: str, runs: int) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, when: \"'deploy' in event.incident.title\""))
    assert len(await bell.ring(page(title))) == runs


async def test_an_old_event_starts_nothing(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, max_age: 10m"))
    assert await bell.ring(page(age=timedelta(minutes=11))) == []


async def test_the_same_key_within_its_window_starts_nothing(bell: Bell) -> None:
    key = 'dedupe: { key: "${{ event.incident.id }}", window: 1h }'
    await bell.workshop.publish(triggered(f"{ON_PAGE}, {key}"))
    assert [len(await bell.ring(page())) for _ in range(2)] == [1, 0]


async def test_the_same_key_after_its_window_starts_a_run(bell: Bell) -> None:
    key = 'dedupe: { key: "${{ event.incident.id }}", window: 0s }'
    await bell.workshop.publish(triggered(f"{ON_PAGE}, {key}"))
    assert [len(await bell.ring(page())) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize(
    ("trigger", "complaint"),
    [
        (f"{ON_PAGE}, when: event.gone.title == 'x'", "event.gone"),
        (f"{ON_PAGE}, when: event.incident.title", "neither true nor false"),
        (f'{ON_PAGE}, with: {{ count: "${{{{ event.incident.title }}}}" }}', "must be a whole number"),
    ],
)
async def test_a_trigger_that_cannot_be_evaluated_says_so_in_the_incident_and_starts_nothing(
    bell: Bell, trigger: str, complaint: str
) -> None:
    await bell.workshop.publish(triggered(trigger, inputs="{ count: { type: integer } }"))
    started = await bell.ring(page())
    [said] = await bell.said("boxes")
    assert (started, complaint in said) == ([], True)


async def test_a_runbook_whose_action_is_not_installed_says_so_and_keeps_no_other_from_starting(
    bell: Bell,
) -> None:
    gone = triggered(ON_PAGE).replace("name: boxes", "name: gone").replace("box.set", "box.gone")
    async with bell.workshop.database.transaction() as session:
        digest = await bell.workshop.house.revisions.record(session, SYSTEM, gone, "gone.yaml")
        await bell.workshop.house.revisions.publish(session, SYSTEM, "gone", digest)
    await bell.workshop.publish(triggered(ON_PAGE))
    assert (len(await bell.ring(page())), len(await bell.said("gone"))) == (1, 1)
