"""Runs under way by REST: steered, done by hand, asked about, done again, all of them stopped."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.api import boxes
from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook

from tocsin.errors import ErrorClass
from tocsin.events import SYSTEM, Event, Fact
from tocsin.events import run as events
from tocsin.main import House

AT = "/api/v1/runs"


@pytest.fixture
def app(house: House, workshop: Workshop) -> FastAPI:
    return boxes.door_to(house, workshop)


async def begun(workshop: Workshop, text: str, **asked: object) -> str:
    return (await workshop.go(text, **asked)).id


async def seen(script: httpx2.AsyncClient, run_id: str, **query: str) -> dict[str, Any]:
    found: dict[str, Any] = (await script.get(f"{AT}/{run_id}", params=query)).json()
    return found


def addresses(run: dict[str, Any]) -> list[str]:
    return [step["id"] for step in run["steps"]]


# The tree


async def test_items_stand_inside_their_step_and_are_counted(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    run = await seen(script, await begun(workshop, boxes.MANY))
    [group] = run["steps"]
    assert (group["kind"], group["items"]["done"], group["items"]["left_out"]) == ("foreach", 40, 40)


async def test_every_item_is_told_to_who_asks(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run = await seen(script, await begun(workshop, boxes.MANY), every="true")
    assert addresses(run) == ["hosts", *(f"hosts[{number}]" for number in range(40))]


async def test_a_run_says_what_it_waits_for(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run = await seen(script, await begun(workshop, boxes.SLEEPS))
    [wait] = run["waits"]
    assert (wait["cause"], wait["step"], wait["until"]) == ("time", "rest", run["steps"][0]["until"])


# Questions


async def test_a_question_about_a_group_shows_all_its_plans(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    [asked] = (await seen(script, await begun(workshop, boxes.ASKS_A_GROUP)))["approvals"]
    assert [plan["step"] for plan in asked["plans"]] == ["hosts[0]", "hosts[1]"]


async def test_a_question_says_who_is_still_missing_and_what_it_shows(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    run_id = await begun(workshop, boxes.ASKS_A_GROUP)
    [asked] = (await seen(script, run_id))["approvals"]
    answer = await script.post(f"{AT}/{run_id}/approve", json={"digest": asked["digest"]})
    [after] = answer.json()["approvals"]
    assert ([one["principals"] for one in after["missing"]], asked["shown"]) == (
        [["group:sre"]],
        {"run.id": run_id},
    )


async def test_a_gate_asks_without_a_plan(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    [asked] = (await seen(script, await begun(workshop, boxes.GATE)))["approvals"]
    assert (asked["title"], asked["plans"], asked["open"]) == ("Everybody there?", [], True)


@pytest.mark.parametrize(("typed", "status"), [("box 2", 200), ("box 3", 422), ("", 422)])
async def test_an_approval_that_wants_something_typed_takes_nothing_else(
    workshop: Workshop, script: httpx2.AsyncClient, typed: str, status: int
) -> None:
    run_id = await begun(workshop, boxes.TYPES)
    [asked] = (await seen(script, run_id))["approvals"]
    body = {"digest": asked["digest"], "confirm": typed}
    assert (await script.post(f"{AT}/{run_id}/approve", json=body)).status_code == status


# Manual steps


async def test_a_manual_step_tells_what_is_to_be_done(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    manual = (await seen(script, await begun(workshop, boxes.BY_HAND)))["steps"][0]["manual"]
    assert (manual["assignee"], manual["checklist"], list(manual["fields"]), manual["open"]) == (
        "group:sre",
        ["They answered", "They agreed"],
        ["ticket"],
        True,
    )


async def test_a_manual_step_is_done_with_everything_ticked_and_filled_in(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    run_id = await begun(workshop, boxes.BY_HAND)
    body = {"ticked": ["They answered", "They agreed"], "fields": {"ticket": 7}}
    answer = await script.post(f"{AT}/{run_id}/steps/call/complete", json=body)
    [step, _] = answer.json()["steps"]
    assert (step["status"], step["output"], step["reason"]) == (
        "succeeded",
        {"ticket": 7},
        "done by bootstrap",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"ticked": ["They answered"], "fields": {"ticket": 7}},
        {"ticked": ["They answered", "They agreed"], "fields": {"ticket": "seven"}},
        {"ticked": ["They answered", "They agreed"]},
    ],
)
async def test_a_manual_step_that_is_half_done_still_waits(
    workshop: Workshop, script: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    run_id = await begun(workshop, boxes.BY_HAND)
    answer = await script.post(f"{AT}/{run_id}/steps/call/complete", json=body)
    assert (answer.status_code, (await workshop.read(run_id)).step("call").status) == (422, "waiting")


async def test_a_manual_step_is_refused_with_a_reason(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run_id = await begun(workshop, boxes.BY_HAND)
    answer = await script.post(f"{AT}/{run_id}/steps/call/refuse", json={"reason": "closed"})
    assert (answer.json()["steps"][0]["status"], answer.json()["steps"][0]["error"]) == ("failed", "closed")


async def test_a_manual_step_inside_of_an_item_has_its_address(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    text = runbook("{ id: calls, manual: { instructions: Call }, foreach: { items: [eu, us] } }")
    run_id = await begun(workshop, text)
    answer = await script.post(f"{AT}/{run_id}/steps/calls[0]/complete", json={})
    assert answer.json()["steps"][1]["status"] == "succeeded"


async def test_a_manual_step_is_done_once(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run_id = await begun(workshop, runbook("{ id: call, manual: { instructions: Call } }"))
    statuses = [
        (await script.post(f"{AT}/{run_id}/steps/call/complete", json={})).status_code for _ in range(3)
    ]
    assert statuses == [200, 409, 409]


# Steering


async def test_a_paused_run_says_so_and_goes_on_when_it_is_resumed(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    run_id = await begun(workshop, boxes.GATE)
    paused = await script.post(f"{AT}/{run_id}/pause", json={"reason": "a deploy"})
    resumed = await script.post(f"{AT}/{run_id}/resume")
    assert (
        [wait["what"] for wait in paused.json()["waits"] if wait["cause"] == "paused"],
        [wait["cause"] for wait in resumed.json()["waits"]],
    ) == (["bootstrap: a deploy"], ["approval"])


async def test_broken_glass_says_who_and_why(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run_id = await begun(workshop, boxes.SLEEPS)
    answer = await script.post(f"{AT}/{run_id}/break-glass", json={"reason": "fire"})
    assert answer.json()["glass"] == "bootstrap: fire"


async def test_a_run_can_begin_with_broken_glass(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    await workshop.publish(boxes.SLEEPS)
    answer = await script.post(AT, json={"runbook": "boxes", "break_glass": "fire"})
    assert answer.json()["glass"] == "bootstrap: fire"


async def test_a_run_that_ended_is_run_again(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    workshop.world.broken = {("run", "b"): ErrorClass.DENIED}
    run_id = await begun(workshop, runbook(put("one", "a", 1), put("two", "b", 2)))
    answer = await script.post(f"{AT}/{run_id}/rerun", json={"failed": True})
    again = answer.json()
    assert (answer.status_code, again["rerun_of"], again["steps"][0]["status"]) == (202, run_id, "succeeded")


# What only a person can say


async def test_an_unknown_step_asks_and_is_answered(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run_id = await workshop.start(boxes.FIRES)
    happened = (
        events.StepPlanned(step="shot", want={}, plan={}, digest="d", risk="low"),
        events.StepStarted(step="shot", attempt=1, key="k"),
        events.StepProbed(step="shot", found="unknown"),
        events.RunFinished(status="needs_attention", summary="look"),
    )
    await _log(workshop, run_id, *happened)
    [asked] = (await seen(script, run_id))["stuck"]
    answer = await script.post(f"{AT}/{run_id}/resolve-unknown", json={"step": "shot", "happened": False})
    assert (asked["title"], asked["doubt"], answer.json()["stuck"]) == ("Fire", "unknown", [])


async def test_an_undo_that_failed_asks_and_is_answered(
    workshop: Workshop, script: httpx2.AsyncClient
) -> None:
    run_id = await begun(workshop, boxes.GATE)
    failed = events.UndoFailed(step="one", error="403", mend="Put 0 into a by hand.")
    ended = events.RunFinished(status="needs_attention", summary="Put 0 into a by hand.")
    await _log(workshop, run_id, events.UndoStarted(step="one"), failed, ended)
    [asked] = (await seen(script, run_id))["stuck"]
    answer = await script.post(f"{AT}/{run_id}/resolve-undo", json={"step": "one", "undone": True})
    assert (asked["doubt"], asked["told"], answer.json()["stuck"]) == ("undo", "Put 0 into a by hand.", [])


# Everything at once


async def test_everything_is_stopped_with_a_reason_and_goes_on_again(script: httpx2.AsyncClient) -> None:
    at = "/api/v1/automation"
    before = (await script.get(at)).json()["stopped"]
    stopped = (await script.post(f"{at}/stop", json={"reason": "it eats data"})).json()["stopped"]
    after = (await script.post(f"{at}/resume")).json()["stopped"]
    assert (before, stopped["reason"], stopped["stopped_by"], after) == (
        None,
        "it eats data",
        "bootstrap",
        None,
    )


async def test_stopping_twice_is_a_conflict(script: httpx2.AsyncClient) -> None:
    said = [await script.post("/api/v1/automation/stop", json={"reason": "it eats data"}) for _ in range(2)]
    assert [answer.status_code for answer in said] == [200, 409]


async def test_a_run_says_that_everything_is_stopped(workshop: Workshop, script: httpx2.AsyncClient) -> None:
    run_id = await begun(workshop, boxes.SLEEPS)
    await script.post("/api/v1/automation/stop", json={"reason": "it eats data"})
    assert (await seen(script, run_id))["stopped"]["reason"] == "it eats data"


async def _log(workshop: Workshop, run_id: str, *happened: Event) -> None:
    async with workshop.database.transaction() as session:
        facts = [Fact(event=event, actor=SYSTEM, run_id=run_id) for event in happened]
        await workshop.house.log.append(session, f"run/{run_id}", facts)
