"""How often a trigger may do what it does, counted over all processes."""

import asyncio

import pytest

from tests.runbooks.bell import ON_PAGE, Bell, page, triggered
from tests.runbooks.world import ANA
from tocsin.events.run import RunRequested
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.switch import Switch


async def lowered(bell: Bell) -> list[tuple[str, str]]:
    """Return mode and reason of every run, the oldest first."""
    found: list[tuple[str, str]] = []
    for run in await bell.runs():
        first = (await bell.entries(f"run/{run.id}"))[0].event
        assert isinstance(first, RunRequested)
        found.append((first.mode, first.lowered))
    return found


async def test_within_its_cooldown_a_trigger_starts_one_run(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 1h"))
    assert [len(await bell.ring(page())) for _ in range(3)] == [1, 0, 0]


async def test_after_its_cooldown_a_trigger_starts_the_next_run(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 0s"))
    assert [len(await bell.ring(page())) for _ in range(2)] == [1, 1]


async def test_a_cooldown_counts_no_runs_that_people_start(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 1h }}, {{ manual: true"))
    async with bell.workshop.database.transaction() as session:
        await bell.workshop.runs.start(session, ANA, RunRequest(runbook="boxes"))
    assert len(await bell.ring(page())) == 1


async def test_that_a_trigger_rests_is_said_once(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 365d"))
    for _ in range(3):
        await bell.ring(page())
    assert await bell.held() == ["it did so less than 365d ago, and has a `cooldown`"]


async def test_in_a_storm_runs_ask_first_and_the_log_says_why(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, mode: auto, storm: {{ max: 2, per: 1h }}"))
    for _ in range(3):
        await bell.ring(page())
    why = "its trigger fired 2 times within 1h already: a storm"
    assert await lowered(bell) == [("auto", ""), ("auto", ""), ("propose", why)]


async def test_in_a_storm_the_rest_is_dropped_and_that_is_said_once(bell: Bell) -> None:
    storm = "storm: { max: 1, per: 365d, then: drop }"
    await bell.workshop.publish(triggered(f"{ON_PAGE}, {storm}"))
    started = [len(await bell.ring(page())) for _ in range(4)]
    assert (started, await bell.held()) == (
        [1, 0, 0, 0],
        ["it did so 1 times within 365d, and more is a `storm`"],
    )


async def test_what_was_dropped_stands_on_the_timeline(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, storm: {{ max: 1, per: 365d, then: drop }}"))
    for _ in range(2):
        await bell.ring(page())
    [told] = await bell.told()
    assert told.startswith("boxes not started (pagerduty:incident.triggered): it did so 1 times")


async def test_twenty_at_once_are_counted_one_after_the_other(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, mode: auto, storm: {{ max: 5, per: 1h }}"))
    await asyncio.gather(*(bell.ring(page()) for _ in range(15)))
    modes = sorted(mode for mode, _ in await lowered(bell))
    assert modes == ["auto"] * 5 + ["propose"] * 10


async def test_in_a_storm_a_trigger_that_suggests_says_nothing_further(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, mode: suggest, storm: {{ max: 2, per: 1h }}"))
    for _ in range(4):
        await bell.ring(page())
    assert len(await bell.suggested()) == 2


async def test_a_trigger_that_suggests_rests_after_a_suggestion(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, mode: suggest, cooldown: 1h"))
    for _ in range(2):
        await bell.ring(page())
    assert len(await bell.suggested()) == 1


async def test_a_trigger_that_suggests_knows_a_key_again(bell: Bell) -> None:
    key = 'dedupe: { key: "${{ event.incident.id }}" }'
    await bell.workshop.publish(triggered(f"{ON_PAGE}, mode: suggest, {key}"))
    for _ in range(2):
        await bell.ring(page())
    assert len(await bell.suggested()) == 1


async def test_two_triggers_of_a_runbook_count_for_themselves(bell: Bell) -> None:
    other = f"{ON_PAGE}, when: \"'down' in event.incident.title\", cooldown: 1h"
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 1h }}, {{ {other}"))
    assert len(await bell.ring(page())) == 2


@pytest.mark.parametrize(
    ("guardrail", "told"),
    [("rate_limit: { max: 1, per: 1h }", "guardrails.rate_limit"), ("cooldown: 1h", "guardrails.cooldown")],
)
async def test_a_limit_of_the_runbook_holds_a_trigger_back_and_the_webhook_is_stored(
    bell: Bell, guardrail: str, told: str
) -> None:
    await bell.workshop.publish(triggered(ON_PAGE, guardrails=f"{{ {guardrail} }}"))
    started = [len(await bell.ring(page())) for _ in range(2)]
    [held] = await bell.held()
    assert (started, told in held) == ([1, 0], True)


async def test_while_all_automation_is_stopped_triggers_start_nothing(bell: Bell) -> None:
    await bell.workshop.publish(triggered(ON_PAGE))
    async with bell.workshop.database.transaction() as session:
        await Switch(bell.workshop.house.log, bell.workshop.house.access).stop(session, ANA, "a bad day")
    assert (await bell.ring(page()), await bell.held()) == ([], ["all automation is stopped"])


async def test_what_is_counted_survives_a_rebuild_from_the_log(bell: Bell) -> None:
    await bell.workshop.publish(triggered(f"{ON_PAGE}, cooldown: 1h"))
    await bell.ring(page())
    async with bell.workshop.database.transaction() as session:
        await bell.workshop.house.rebuild(session)
    assert await bell.ring(page()) == []
