"""The log by REST, and as it grows."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from tests.api.callers import TOKEN, declare

from tocsin.api.live import settled
from tocsin.events import SYSTEM
from tocsin.events.incident import UpdatePosted
from tocsin.log import Entry
from tocsin.main import House

AT = "/api/v1/events"
LONG_AGO, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


async def messages(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    """Read server-sent events as a browser does; comments are passed over."""
    message: dict[str, str] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            message[name] = value
        elif not line and message:
            yield message
            message = {}


async def follow(address: str, count: int, **headers: str) -> list[dict[str, str]]:
    """Return the first messages of the live log."""
    headers = {"Authorization": f"Bearer {TOKEN}", **headers}
    async with (
        httpx2.AsyncClient(base_url=address, headers=headers, timeout=20) as client,
        client.stream("GET", f"{AT}/live") as answer,
    ):
        stream = messages(answer.aiter_lines())
        return [await anext(stream) for _ in range(count)]


async def test_the_log_is_read_from_a_position_on(house: House, script: httpx2.AsyncClient) -> None:
    incident = await declare(house)
    everything = (await script.get(AT, params={"limit": 1000})).json()
    rest = (await script.get(AT, params={"after": everything["items"][0]["position"], "limit": 1000})).json()
    assert (rest["items"], everything["items"][-1]["incident_id"]) == (everything["items"][1:], incident.id)


async def test_one_stream_is_read_alone(house: House, script: httpx2.AsyncClient) -> None:
    incident = await declare(house)
    [event] = (await script.get(AT, params={"stream": f"incident/{incident.id}"})).json()["items"]
    assert (event["type"], event["version"], event["actor"]) == ("incident_opened", 1, "slack:U0ANA")


async def test_new_events_arrive_as_they_happen(house: House, address: str) -> None:
    await declare(house, "Before")
    following = asyncio.create_task(follow(address, 1, **{"Last-Event-ID": str(await newest(house))}))
    incident = await declare(house, "Live")
    [message] = await asyncio.wait_for(following, 15)
    assert (message["event"], json.loads(message["data"])["incident_id"]) == ("incident_opened", incident.id)


async def test_whoever_comes_back_misses_nothing(house: House, address: str) -> None:
    await declare(house, "First")
    [first] = await follow(address, 1, **{"Last-Event-ID": str(await newest(house) - 1)})
    await declare(house, "While away")
    await declare(house, "While away too")
    again = await follow(address, 2, **{"Last-Event-ID": first["id"]})
    assert [json.loads(one["data"])["event"]["title"] for one in again] == ["While away", "While away too"]


async def test_the_log_is_for_auditors_alone(address: str) -> None:
    async with httpx2.AsyncClient(base_url=address) as client:
        assert (await client.get(f"{AT}/live")).status_code == 401


async def newest(house: House) -> int:
    async with house.database.transaction() as session:
        found = await (await session.connection()).execute(text("select max(position) from event"))
        position: int = found.scalar_one()
        return position


def entry(position: int, recorded_at: datetime) -> Entry:
    said: dict[str, Any] = dict.fromkeys(("source_ref", "incident_id", "run_id"))
    return Entry(
        position=position,
        stream="incident/1",
        version=1,
        event=UpdatePosted(message="x"),
        actor=SYSTEM,
        source="tocsin",
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        hash="",
        **said,
    )


@pytest.mark.parametrize(
    ("positions", "recorded_at", "kept"),
    [
        ([5, 6, 7], NOW, [5, 6, 7]),
        ([5, 7, 8], NOW, [5]),
        ([6, 7], NOW, []),
        ([5, 7, 8], LONG_AGO, [5, 7, 8]),
        ([5, 7, 8], NOW - timedelta(seconds=4), [5, 7, 8]),
        ([], NOW, []),
    ],
)
def test_a_gap_is_waited_for_until_nobody_can_fill_it(
    positions: list[int], recorded_at: datetime, kept: list[int]
) -> None:
    entries = [entry(position, recorded_at) for position in positions]
    assert [one.position for one in settled(entries, 4, NOW)] == kept
