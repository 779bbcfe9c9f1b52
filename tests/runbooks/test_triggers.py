"""Which runs a webhook starts, and which it does not."""

from datetime import timedelta

import pytest

from tests.runbooks.bell import ON_PAGE, Bell, page, triggered
from tocsin.events import SYSTEM


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
