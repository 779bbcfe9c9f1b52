"""Runs and runbooks by REST."""

import asyncio
from pathlib import Path

import httpx2
import pytest
from tests.api.callers import DIGEST, ask, declare, log, start

from tocsin.events import run as events
from tocsin.main import House
from tocsin.runbooks import library
from tocsin.runbooks.files import is_test

AT = "/api/v1/runs"
LIBRARY = sorted(file.stem for file in Path(library.__path__[0]).glob("*.yaml") if not is_test(file))


async def test_a_run_is_accepted_and_stands_in_the_list(script: httpx2.AsyncClient) -> None:
    answer = await script.post(AT, json={"runbook": "rollback-deployment", "inputs": {"namespace": "shop"}})
    [listed] = (await script.get(AT)).json()["items"]
    assert (answer.status_code, answer.json()["id"]) == (202, listed["id"])


async def test_a_run_knows_its_steps_from_the_first_moment(script: httpx2.AsyncClient) -> None:
    run = (await script.post(AT, json={"runbook": "rollback-deployment"})).json()
    assert [(step["id"], step["status"]) for step in run["steps"]] == [
        ("before", "pending"),
        ("rollback", "pending"),
    ]


async def test_a_run_of_an_incident_sees_the_incident(house: House, script: httpx2.AsyncClient) -> None:
    incident = await declare(house)
    body = {"runbook": "rollback-deployment", "incident": "INC-1"}
    run = (await script.post(AT, json=body)).json()
    async with house.database.transaction() as session:
        [entry] = await house.log.read(session, f"run/{run['id']}")
    assert isinstance(entry.event, events.RunRequested)
    seen = entry.event.scope["incident"]
    assert (run["incident"], entry.incident_id, isinstance(seen, dict) and seen["ref"]) == (
        "INC-1",
        incident.id,
        "INC-1",
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"runbook": "nothing"}, 404),
        ({"runbook": "rollback-deployment", "inputs": {"colour": "red"}}, 422),
        ({"runbook": "rollback-deployment", "inputs": {"namespace": 7}}, 422),
        ({"runbook": "rollback-deployment", "incident": "INC-9"}, 404),
        ({"runbook": "rollback-deployment", "channel": "draft"}, 404),
        ({"runbook": "rollback-deployment", "channel": "stable"}, 404),
        ({"runbook": "rollback-deployment", "channel": "newest"}, 422),
        ({"runbook": "rollback-deployment", "revision": "00000000"}, 404),
        ({"inputs": {}}, 422),
    ],
)
async def test_a_senseless_run_is_refused(script: httpx2.AsyncClient, body: object, status: int) -> None:
    assert (await script.post(AT, json=body)).status_code == status


async def test_the_plan_shows_before_and_after(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    [plan] = (await script.get(f"{AT}/{run_id}")).json()["plan"]
    assert (plan["changes"][0]["before"], plan["changes"][0]["after"], plan["warnings"]) == (
        "2.9",
        "2.8",
        ["3 of 5 are down"],
    )


async def test_an_approval_names_what_it_is_for(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    [approval] = (await script.get(f"{AT}/{run_id}")).json()["approvals"]
    assert (approval["digest"], approval["approvers"], approval["open"]) == (DIGEST, ["group:sre"], True)


async def test_approving_is_done_and_told(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    answer = await script.post(f"{AT}/{run_id}/approve", json={"digest": DIGEST, "comment": "go"})
    [approval] = answer.json()["approvals"]
    assert (answer.status_code, approval["open"], approval["given_by"]) == (200, False, ["bootstrap"])


async def test_another_plan_than_the_one_asked_is_not_approved(
    house: House, script: httpx2.AsyncClient
) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    answer = await script.post(f"{AT}/{run_id}/approve", json={"digest": "e" * 64})
    assert answer.status_code == 409


async def test_whoever_asked_for_the_run_does_not_approve_it(
    house: House, script: httpx2.AsyncClient
) -> None:
    run_id = (await script.post(AT, json={"runbook": "rollback-deployment"})).json()["id"]
    await ask(house, run_id)
    assert (await script.post(f"{AT}/{run_id}/approve", json={"digest": DIGEST})).status_code == 403


async def test_ten_approvals_at_the_same_time_are_one(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    sent = [script.post(f"{AT}/{run_id}/approve", json={"digest": DIGEST}) for _ in range(10)]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*sent))
    assert statuses == [200] + [409] * 9


async def test_rejecting_says_why(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await ask(house, run_id)
    answer = await script.post(f"{AT}/{run_id}/reject", json={"digest": DIGEST, "reason": "not now"})
    assert answer.json()["steps"][1]["reason"] == "rejected: not now"


async def test_cancelling_a_run_that_is_over_is_a_conflict(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await log(house, run_id, events.RunFinished(status="succeeded", summary="done"))
    assert (await script.post(f"{AT}/{run_id}/cancel", json={})).status_code == 409


async def test_an_unknown_step_is_resolved(house: House, script: httpx2.AsyncClient) -> None:
    run_id = await start(house)
    await log(house, run_id, events.StepProbed(step="rollback", found="unknown"))
    body = {"step": "rollback", "happened": True}
    answer = await script.post(f"{AT}/{run_id}/resolve-unknown", json=body)
    assert answer.json()["steps"][1]["status"] == "running"


async def test_waiting_ends_when_the_run_does(house: House, script: httpx2.AsyncClient) -> None:
    waiting = asyncio.create_task(script.post(AT, json={"runbook": "rollback-deployment", "wait": True}))
    while not (listed := (await script.get(AT)).json()["items"]):  # noqa: ASYNC110  # it is in another task
        await asyncio.sleep(0.02)
    await log(house, listed[0]["id"], events.RunFinished(status="succeeded", summary="done"))
    assert (await waiting).json()["status"] == "succeeded"


async def test_runs_are_listed_page_by_page(house: House, script: httpx2.AsyncClient) -> None:
    started = [await start(house) for _ in range(5)]
    first = (await script.get(AT, params={"limit": 2})).json()
    rest = (await script.get(AT, params={"limit": 9, "cursor": first["next_cursor"]})).json()
    assert [run["id"] for run in first["items"] + rest["items"]] == started[::-1]


async def test_runs_are_listed_by_incident(house: House, script: httpx2.AsyncClient) -> None:
    incident = await declare(house)
    mine, _ = await start(house, incident=incident), await start(house)
    listed = (await script.get(AT, params={"incident": "INC-1"})).json()["items"]
    assert [run["id"] for run in listed] == [mine]


async def test_the_library_is_listed_by_name(script: httpx2.AsyncClient) -> None:
    first = (await script.get("/api/v1/runbooks", params={"limit": 1})).json()
    rest = (await script.get("/api/v1/runbooks", params={"cursor": first["next_cursor"]})).json()
    assert [one["name"] for one in first["items"] + rest["items"]] == LIBRARY


async def test_a_runbook_brings_its_checklist(script: httpx2.AsyncClient) -> None:
    runbook = (await script.get("/api/v1/runbooks/rollback-deployment")).json()
    assert runbook["checklist"].startswith("# Roll back a Deployment\n")
