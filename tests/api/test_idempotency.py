"""Idempotency keys."""

import asyncio

import httpx2
import pytest
from sqlalchemy import text
from tests.api.callers import declare

from tocsin.incidents.look import newest
from tocsin.main import House

KEY = {"Idempotency-Key": "one"}


async def count(house: House) -> int:
    async with house.database.transaction() as session:
        return len(await newest(session, 100))


async def test_the_same_request_with_the_same_key_is_done_once(
    house: House, script: httpx2.AsyncClient
) -> None:
    for _ in range(3):
        await script.post("/api/v1/incidents", json={"title": "Once"}, headers=KEY)
    assert await count(house) == 1


async def test_the_second_answer_is_the_first_one_to_the_letter(script: httpx2.AsyncClient) -> None:
    first = await script.post("/api/v1/incidents", json={"title": "Once"}, headers=KEY)
    second = await script.post("/api/v1/incidents", json={"title": "Once"}, headers=KEY)
    assert (second.status_code, second.content) == (201, first.content)


async def test_without_a_key_every_request_is_done(house: House, script: httpx2.AsyncClient) -> None:
    for _ in range(2):
        await script.post("/api/v1/incidents", json={"title": "Twice"})
    assert await count(house) == 2


async def test_the_same_key_with_another_body_is_refused(script: httpx2.AsyncClient) -> None:
    await script.post("/api/v1/incidents", json={"title": "One"}, headers=KEY)
    answer = await script.post("/api/v1/incidents", json={"title": "Another"}, headers=KEY)
    assert (answer.status_code, "another request" in answer.json()["detail"]) == (422, True)


async def test_the_same_key_at_another_address_is_refused(house: House, script: httpx2.AsyncClient) -> None:
    incident = await declare(house)
    at = f"/api/v1/incidents/{incident.ref}"
    await script.post(f"{at}/resolve", json={"reason": "gone"}, headers=KEY)
    answer = await script.post(f"{at}/reopen", json={"reason": "gone"}, headers=KEY)
    assert answer.status_code == 422


async def test_a_key_whose_command_failed_can_be_used_again(script: httpx2.AsyncClient) -> None:
    failed = await script.post("/api/v1/incidents/INC-1/resolve", headers=KEY)
    await script.post("/api/v1/incidents", json={"title": "Now it is there"})
    done = await script.post("/api/v1/incidents/INC-1/resolve", headers=KEY)
    assert (failed.status_code, done.status_code) == (404, 200)


async def test_requests_at_the_same_time_are_one_command(house: House, script: httpx2.AsyncClient) -> None:
    sent = [script.post("/api/v1/incidents", json={"title": "Once"}, headers=KEY) for _ in range(8)]
    answers = await asyncio.gather(*sent)
    assert (await count(house), {answer.content for answer in answers}) == (1, {answers[0].content})


async def test_an_answer_is_forgotten_after_a_week(house: House, script: httpx2.AsyncClient) -> None:
    await script.post("/api/v1/incidents", json={"title": "Old"}, headers=KEY)
    async with house.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("update idempotency set created_at = now() - interval '8 days'"))
    answer = await script.post("/api/v1/incidents", json={"title": "New"}, headers=KEY)
    assert answer.json()["title"] == "New"


@pytest.mark.parametrize("key", ["", "k" * 256])
async def test_a_key_that_is_no_key_is_refused(script: httpx2.AsyncClient, key: str) -> None:
    headers = {"Idempotency-Key": key}
    answer = await script.post("/api/v1/incidents", json={"title": "Once"}, headers=headers)
    assert answer.status_code == 422
