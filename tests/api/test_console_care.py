"""Runs taken care of in the console: the tree, what it waits for, and the forms."""

import pytest
from fastapi import FastAPI
from tests.api import boxes
from tests.api.callers import Browser, log
from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook

from tocsin.events import run as events
from tocsin.main import House


@pytest.fixture
def app(house: House, workshop: Workshop) -> FastAPI:
    return boxes.door_to(house, workshop)


async def page(browser: Browser, run_id: str, query: str = "") -> str:
    return (await browser.get(f"/runs/{run_id}{query}")).text


async def test_the_items_of_a_group_are_counted_and_all_of_them_are_shown_on_request(
    workshop: Workshop, browser: Browser
) -> None:
    run_id = (await workshop.go(boxes.MANY)).id
    some, every = await page(browser, run_id), await page(browser, run_id, "?every=true")
    assert ("40 of 40 done" in some, "hosts[39]" in some, "hosts[39]" in every) == (True, False, True)


async def test_a_page_says_what_the_run_waits_for(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.BY_HAND)).id
    assert "waits for group:sre to do it by hand" in await page(browser, run_id)


async def test_a_manual_step_is_done_by_its_form(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.BY_HAND)).id
    shown = await page(browser, run_id)
    fields = {"csrf": await browser.csrf(), "step": "call", "tick": ["0", "1"], "field.ticket": "7"}
    origin = {"Origin": str(browser.client.base_url).rstrip("/")}
    answer = await browser.client.post(f"/runs/{run_id}/complete", data=fields, headers=origin)
    output = (await workshop.read(run_id)).step("call").output
    assert ("They answered" in shown, answer.status_code, output) == (True, 303, {"ticket": 7})


async def test_a_manual_step_that_is_half_done_still_waits(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.BY_HAND)).id
    answer = await browser.submit(f"/runs/{run_id}/complete", step="call", tick="0")
    assert (answer.status_code, "They agreed" in answer.text) == (422, True)


async def test_a_manual_step_is_refused_by_its_form(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.BY_HAND)).id
    await browser.submit(f"/runs/{run_id}/refuse", step="call", reason="closed")
    assert (await workshop.read(run_id)).step("call").status == "failed"


async def test_what_has_to_be_typed_is_asked_for_in_the_form(workshop: Workshop, browser: Browser) -> None:
    state = await workshop.go(boxes.TYPES)
    [asked] = state.asked()
    shown = await page(browser, state.id)
    answer = await browser.submit(f"/runs/{state.id}/approve", digest=asked.digest, confirm="box 2")
    assert ("Type <code>box 2</code>" in shown, answer.status_code) == (True, 303)


async def test_a_question_about_a_group_shows_its_plans_and_who_is_missing(
    workshop: Workshop, browser: Browser
) -> None:
    shown = await page(browser, (await workshop.go(boxes.ASKS_A_GROUP)).id)
    wanted = ["1 of group:sre and 1 of role:admin", "<h3>hosts[0]</h3>", "<h3>hosts[1]</h3>"]
    assert [one for one in wanted if one not in shown] == []


async def test_a_run_is_paused_and_resumed_by_its_forms(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.GATE)).id
    await browser.submit(f"/runs/{run_id}/pause", reason="a deploy")
    paused = await page(browser, run_id)
    await browser.submit(f"/runs/{run_id}/resume")
    assert ("Paused by bootstrap: a deploy" in paused, (await workshop.read(run_id)).paused) == (True, None)


async def test_broken_glass_is_shown_with_who_and_why(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.SLEEPS)).id
    await browser.submit(f"/runs/{run_id}/break-glass", reason="fire")
    assert "No freeze holds for it, says bootstrap: fire" in await page(browser, run_id)


async def test_a_run_that_ended_is_run_again_by_its_form(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(runbook(put("one", "a", 1)))).id
    answer = await browser.submit(f"/runs/{run_id}/rerun", how="failed")
    assert "Repeats" in (await browser.get(answer.headers["location"])).text


@pytest.mark.parametrize(("field", "status"), [("true", "running"), ("false", "running")])
async def test_a_step_of_unknown_outcome_is_answered_by_its_form(
    workshop: Workshop, browser: Browser, field: str, status: str
) -> None:
    run_id = await workshop.start(boxes.FIRES)
    await log(
        workshop.house,
        run_id,
        events.StepPlanned(step="shot", want={}, plan={}, digest="d", risk="low"),
        events.StepStarted(step="shot", attempt=1, key="k"),
        events.StepProbed(step="shot", found="unknown"),
        events.RunFinished(status="needs_attention", summary="look"),
    )
    shown = await page(browser, run_id)
    await browser.submit(f"/runs/{run_id}/resolve-unknown", step="shot", happened=field)
    assert ("It did not: run it again" in shown, (await workshop.read(run_id)).step("shot").status) == (
        True,
        status,
    )


async def test_an_undo_that_failed_is_answered_by_its_form(workshop: Workshop, browser: Browser) -> None:
    run_id = (await workshop.go(boxes.GATE)).id
    failed = events.UndoFailed(step="one", error="403", mend="Put 0 into a by hand.")
    ended = events.RunFinished(status="needs_attention", summary="look")
    await log(workshop.house, run_id, events.UndoStarted(step="one"), failed, ended)
    shown = await page(browser, run_id)
    await browser.submit(f"/runs/{run_id}/resolve-undo", step="one", undone="true")
    assert ("Put 0 into a by hand." in shown, (await workshop.read(run_id)).undo_failures) == (True, {})


async def test_everything_is_stopped_by_a_form_and_every_page_says_so(browser: Browser) -> None:
    await browser.submit("/automation/stop", reason="it eats data")
    pages = [(await browser.get(path)).text for path in ("/", "/runs", "/runbooks")]
    await browser.submit("/automation/resume")
    after = (await browser.get("/runs")).text
    assert (["it eats data" in one for one in pages], "it eats data" in after) == ([True] * 3, False)


async def test_who_has_no_role_stops_nothing(outsider: Browser) -> None:
    assert (await outsider.submit("/automation/stop", reason="it eats data")).status_code == 403


async def test_a_form_without_its_token_stops_nothing(browser: Browser) -> None:
    answer = await browser.post("/automation/stop", csrf="wrong", reason="it eats data")
    assert answer.status_code == 403
