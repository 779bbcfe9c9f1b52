"""What a trigger suggests, and who takes it up."""

import asyncio

import pytest

from tests.runbooks.bell import ON_PAGE, Bell, page, triggered
from tests.runbooks.world import ANA, BO
from tocsin.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.events import Actor, Event
from tocsin.events.run import RunRequested
from tocsin.runbooks.state import RunState

EVE = Actor(kind="slack", id="U0EVE", name="Eve", email="eve@acme.example")
SUGGESTED = f"{ON_PAGE}, mode: suggest"


async def suggest(bell: Bell, text: str = triggered(SUGGESTED)) -> str:
    """Publish a runbook, ring, and return the suggestion's id."""
    await bell.workshop.publish(text)
    await bell.ring(page())
    [suggestion] = await bell.suggested()
    return suggestion.id


async def take(bell: Bell, suggestion: str, actor: Actor = ANA) -> RunState:
    async with bell.workshop.database.transaction() as session:
        return await bell.suggestions.take(session, actor, suggestion)


async def requested(bell: Bell, run_id: str) -> RunRequested:
    event: Event = (await bell.entries(f"run/{run_id}"))[0].event
    assert isinstance(event, RunRequested)
    return event


async def test_a_trigger_that_suggests_starts_nothing(bell: Bell) -> None:
    await suggest(bell)
    assert await bell.runs() == []


async def test_a_suggestion_stands_on_the_timeline(bell: Bell) -> None:
    await suggest(bell)
    assert await bell.told() == ["boxes suggested (pagerduty:incident.triggered)"]


async def test_whoever_takes_it_up_asks_for_the_run(bell: Bell) -> None:
    state = await take(bell, await suggest(bell))
    run = await bell.run()
    assert (state.requested_by, run.trigger, run.incident_id) == (ANA, "suggestion", bell.incident.id)


async def test_the_run_is_given_what_was_suggested(bell: Bell) -> None:
    given = 'with: { title: "${{ event.incident.title }}" }'
    text = triggered(f"{SUGGESTED}, {given}", inputs="{ title: { type: string } }")
    state = await take(bell, await suggest(bell, text))
    assert state.inputs == {"title": "Checkout is down"}


async def test_the_run_sees_the_event_of_then_and_the_incident_of_now(bell: Bell) -> None:
    suggestion = await suggest(bell)
    async with bell.workshop.database.transaction() as session:
        await bell.workshop.house.lifecycle.change_severity(session, ANA, bell.incident.id, "sev1")
    scope = (await requested(bell, (await take(bell, suggestion)).id)).scope
    event, incident = scope["event"], scope["incident"]
    assert isinstance(event, dict)
    assert isinstance(incident, dict)
    assert (event["type"], incident["severity"], incident["pagerduty_id"]) == (
        "incident.triggered",
        "sev1",
        "PINC",
    )


async def test_a_suggestion_is_taken_up_once(bell: Bell) -> None:
    suggestion = await suggest(bell)
    await take(bell, suggestion)
    with pytest.raises(Conflict, match="Ana has started this already"):
        await take(bell, suggestion, BO)


async def test_of_two_at_once_one_takes_it_up(bell: Bell) -> None:
    suggestion = await suggest(bell)
    tried = [take(bell, suggestion, actor) for actor in (ANA, BO)]
    ended = await asyncio.gather(*tried, return_exceptions=True)
    assert (sorted(type(one).__name__ for one in ended), len(await bell.runs())) == (
        ["Conflict", "RunState"],
        1,
    )


async def test_who_may_not_start_the_runbook_may_not_take_it_up(bell: Bell) -> None:
    suggestion = await suggest(bell)
    with pytest.raises(Forbidden, match="may not start this run"):
        await take(bell, suggestion, EVE)


async def test_what_is_not_there_cannot_be_taken_up(bell: Bell) -> None:
    with pytest.raises(NotFound):
        await take(bell, "nothing")


async def test_a_run_that_could_not_begin_is_not_suggested_and_the_incident_is_told(bell: Bell) -> None:
    await bell.workshop.publish(triggered(SUGGESTED, inputs="{ count: { type: integer, required: true } }"))
    await bell.ring(page())
    [said] = await bell.said("boxes")
    assert (await bell.suggested(), "count" in said) == ([], True)


async def test_a_runbook_only_for_its_triggers_is_still_not_started_by_hand(bell: Bell) -> None:
    suggestion = await suggest(bell)
    await take(bell, suggestion)
    with pytest.raises(Invalid, match="only triggers start boxes"):
        await bell.workshop.start(triggered(SUGGESTED))


async def test_what_nobody_took_up_is_open(bell: Bell) -> None:
    suggestion = await suggest(bell)

    async def listed() -> list[str]:
        async with bell.workshop.database.transaction() as session:
            return [one.id for one in await bell.suggestions.open(session, ANA, bell.incident)]

    before = await listed()
    await take(bell, suggestion)
    assert (before, await listed()) == ([suggestion], [])


async def test_suggestions_survive_a_rebuild_from_the_log(bell: Bell) -> None:
    await take(bell, await suggest(bell))
    before = [one.model_dump() for one in await bell.suggested()]
    async with bell.workshop.database.transaction() as session:
        await bell.workshop.house.rebuild(session)
    assert [one.model_dump() for one in await bell.suggested()] == before
