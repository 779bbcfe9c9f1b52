"""What a run would change, asked by REST."""

from typing import Any

import httpx2
from sqlmodel import func, select

from tocsin.events import SYSTEM
from tocsin.log import EventRow
from tocsin.main import House

LOOKS = """\
schema: runbook/v1
name: looks
title: Looks
permissions: { run: ["*"] }
inputs: { word: { type: string, required: true } }
steps:
  - { id: rest, name: Rest, wait: 5m }
  - { id: gate, name: Everybody there?, approve: { from: [{ group: sre }, { role: admin, count: 2 }] } }
  - id: call
    uses: http.request
    with: { connection: "http:nobody", method: POST, path: "/${{ inputs.word }}" }
  - id: again
    uses: http.request
    with: { connection: "http:nobody", method: POST, path: "/${{ steps.call.outputs.status }}" }
"""
AT = "/api/v1/runbooks/looks/plan"


async def publish(house: House) -> str:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, LOOKS, "looks.yaml")
        await house.revisions.publish(session, SYSTEM, "looks", digest)
    return digest


async def planned(script: httpx2.AsyncClient) -> dict[str, Any]:
    answer: dict[str, Any] = (await script.post(AT, json={"inputs": {"word": "say"}})).json()
    return answer


async def test_a_plan_names_its_revision_and_every_step(house: House, script: httpx2.AsyncClient) -> None:
    digest = await publish(house)
    plan = await planned(script)
    assert (plan["revision"], [one["step"] for one in plan["steps"]]) == (
        digest,
        ["rest", "gate", "call", "again"],
    )


async def test_what_cannot_be_planned_yet_says_why(house: House, script: httpx2.AsyncClient) -> None:
    await publish(house)
    rest, _, call, again = (await planned(script))["steps"]
    assert (rest["note"], call["failed"], again["plan"]) == ("waits 5m", True, None)
    assert again["note"].startswith("planned when call has run")


async def test_a_plan_says_who_would_have_to_approve(house: House, script: httpx2.AsyncClient) -> None:
    await publish(house)
    asked = (await planned(script))["steps"][1]["approvals"]
    assert [(one["principals"], one["count"]) for one in asked] == [(["group:sre"], 1), (["role:admin"], 2)]


async def test_a_plan_writes_no_event(house: House, script: httpx2.AsyncClient) -> None:
    await publish(house)
    before = await _events(house)
    await planned(script)
    assert await _events(house) == before


async def test_a_missing_input_is_named(house: House, script: httpx2.AsyncClient) -> None:
    await publish(house)
    answer = await script.post(AT, json={})
    assert (answer.status_code, "`word` is required" in answer.json()["detail"]) == (422, True)


async def _events(house: House) -> int:
    async with house.database.transaction() as session:
        return (await session.exec(select(func.count()).select_from(EventRow))).one()
