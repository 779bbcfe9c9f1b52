"""PagerDuty's webhooks through the real app and a real database."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlmodel import select

from tocsin.api.app import create_app
from tocsin.db import Database
from tocsin.events import Event
from tocsin.incidents.look import newest
from tocsin.incidents.tables import Delivery, Incident, Page
from tocsin.main import House

PAYLOADS = Path(__file__).parent.parent / "payloads" / "pagerduty_v3"
RECORDED = sorted(path.name for path in PAYLOADS.glob("[a-z]*.json"))


def recorded(name: str, **event: Any) -> bytes:
    payload = json.loads((PAYLOADS / f"{name}.json").read_text())
    payload["event"] |= {"occurred_at": datetime.now(UTC).isoformat(), **event}
    return json.dumps(payload).encode()


def signed(body: bytes, *secrets: str) -> dict[str, str]:
    values = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest() for secret in secrets]
    return {"X-PagerDuty-Signature": ",".join(f"v1={value}" for value in values)}


class Sender:
    """Sends webhooks as PagerDuty does."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def send(self, body: bytes, *secrets: str) -> httpx2.Response:
        headers = signed(body, *(secrets or ("new-secret",)))
        return await self.client.post("/webhooks/pagerduty", content=body, headers=headers)


@pytest.fixture
async def pagerduty(house: House) -> AsyncIterator[Sender]:
    transport = httpx2.ASGITransport(create_app(house.door()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin") as client:
        yield Sender(client)


async def timeline(house: House) -> list[Event]:
    async with house.database.transaction() as session:
        [incident] = await newest(session, 10)
        return [entry.event for entry in await house.log.read_incident(session, incident.id)]


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events if not event.type.startswith(("step", "run"))]  # type: ignore[attr-defined]


@pytest.mark.parametrize("secrets", [("new-secret",), ("old-secret",), ("wrong", "old-secret")])
async def test_any_signature_with_any_of_our_secrets_is_accepted(
    pagerduty: Sender, secrets: tuple[str, ...]
) -> None:
    answer = await pagerduty.send(recorded("incident.triggered"), *secrets)
    assert answer.status_code == 202


@pytest.mark.parametrize("signature", ["", "v1=", "v1=00", "v0=abc", "v1=\u00e9"])
async def test_a_bad_signature_is_refused(pagerduty: Sender, signature: str) -> None:
    headers = {b"X-PagerDuty-Signature": signature.encode()}
    body = recorded("incident.triggered")
    answer = await pagerduty.client.post("/webhooks/pagerduty", content=body, headers=headers)
    assert answer.status_code == 401


async def test_a_body_changed_by_one_byte_is_refused(pagerduty: Sender) -> None:
    body = recorded("incident.triggered")
    answer = await pagerduty.client.post(
        "/webhooks/pagerduty", content=body + b" ", headers=signed(body, "new-secret")
    )
    assert answer.status_code == 401


async def test_more_than_300_kb_is_refused(pagerduty: Sender) -> None:
    answer = await pagerduty.send(b"x" * (300 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_signed_body_that_is_no_event_is_stored(pagerduty: Sender, house: House) -> None:
    answer = await pagerduty.send(b"[1, 2")
    async with house.database.transaction() as session:
        [delivery] = (await session.exec(select(Delivery))).all()
    assert (answer.status_code, delivery.event_type) == (202, "unreadable")


async def test_a_database_that_is_down_is_503_so_that_pagerduty_sends_again(
    house: House,
) -> None:
    door = replace(house.door(), database=Database("postgresql://127.0.0.1:1/nothing"))
    transport = httpx2.ASGITransport(create_app(door))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin") as client:
        answer = await Sender(client).send(recorded("incident.triggered"))
    assert answer.status_code == 503


async def test_a_page_opens_an_incident_of_its_service(pagerduty: Sender, house: House) -> None:
    await pagerduty.send(recorded("incident.triggered"))
    async with house.database.transaction() as session:
        [incident] = await newest(session, 10)
    assert (incident.title, incident.service, incident.severity) == (
        "A little bump in the road",
        "checkout",
        "sev2",
    )


async def test_another_page_of_the_service_joins_the_open_incident(pagerduty: Sender, house: House) -> None:
    await pagerduty.send(recorded("incident.triggered"))
    other = json.loads(recorded("incident.triggered", id="another-event"))
    other["event"]["data"]["id"] = "PANOTHER"
    await pagerduty.send(json.dumps(other).encode())
    async with house.database.transaction() as session:
        assert len(await newest(session, 10)) == 1
        assert len((await session.exec(select(Page))).all()) == 2


async def test_fifty_copies_at_once_open_one_incident(pagerduty: Sender, house: House) -> None:
    body = recorded("incident.triggered")
    answers = await asyncio.gather(*(pagerduty.send(body) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {202}
    assert types(await timeline(house)) == ["incident_opened", "alert_received"]


async def test_the_same_event_with_other_headers_is_still_the_same_event(
    pagerduty: Sender, house: House
) -> None:
    body = recorded("incident.triggered")
    await pagerduty.send(body)
    headers = {**signed(body, "new-secret"), "X-Webhook-Id": "a-new-one"}
    answer = await pagerduty.client.post("/webhooks/pagerduty", content=body, headers=headers)
    assert answer.text.startswith("duplicate")


@pytest.mark.parametrize(
    "name",
    [
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.escalated",
        "incident.reassigned",
        "incident.delegated",
        "incident.priority_updated",
        "incident.annotated",
        "incident.responder.added",
        "incident.responder.replied",
    ],
)
async def test_what_happens_to_the_page_lands_on_its_incident(
    pagerduty: Sender, house: House, name: str
) -> None:
    await pagerduty.send(recorded("incident.triggered"))
    await pagerduty.send(recorded(name))
    assert types(await timeline(house)) == ["incident_opened", "alert_received", "page_changed"]


async def test_resolved_there_is_resolved_here_and_reopened_is_reopened(
    pagerduty: Sender, house: House
) -> None:
    for name in ("incident.triggered", "incident.resolved", "incident.reopened"):
        await pagerduty.send(recorded(name))
    changes = [event for event in await timeline(house) if event.type == "status_changed"]  # type: ignore[attr-defined]
    assert [change.after for change in changes] == ["resolved", "investigating"]  # type: ignore[attr-defined]


async def test_a_late_event_is_put_on_the_timeline_and_changes_no_state(
    pagerduty: Sender, house: House
) -> None:
    await pagerduty.send(recorded("incident.triggered"))
    await pagerduty.send(recorded("incident.resolved", occurred_at="2020-10-02T18:45:22.169Z"))
    async with house.database.transaction() as session:
        [incident] = await newest(session, 10)
    assert incident.open


async def test_a_note_that_came_before_its_page_is_caught_up_on(pagerduty: Sender, house: House) -> None:
    await pagerduty.send(recorded("incident.annotated"))
    await pagerduty.send(recorded("incident.triggered"))
    assert types(await timeline(house)) == ["incident_opened", "alert_received", "page_changed"]


async def test_a_note_of_our_own_is_no_news(pagerduty: Sender, house: House) -> None:
    await pagerduty.send(recorded("incident.triggered"))
    note = json.loads(recorded("incident.annotated"))
    note["event"]["data"]["content"] = "Tocsin follows this as INC-1: http://127.0.0.1:8080/incidents/INC-1"
    await pagerduty.send(json.dumps(note).encode())
    assert types(await timeline(house)) == ["incident_opened", "alert_received"]


@pytest.mark.parametrize("name", RECORDED)
async def test_every_recorded_payload_is_stored(pagerduty: Sender, house: House, name: str) -> None:
    body = (PAYLOADS / name).read_bytes()
    answer = await pagerduty.send(body)
    async with house.database.transaction() as session:
        [delivery] = (await session.exec(select(Delivery))).all()
    assert (answer.status_code, delivery.event_type) == (202, json.loads(body)["event"]["event_type"])


async def test_projections_rebuilt_from_the_log_equal_the_live_ones(pagerduty: Sender, house: House) -> None:
    for name in ("incident.triggered", "incident.acknowledged", "incident.annotated", "incident.resolved"):
        await pagerduty.send(recorded(name))

    async def rows() -> list[Any]:
        async with house.database.transaction() as session:
            tables = (Incident, Page, Delivery)
            return [one.model_dump() for table in tables for one in (await session.exec(select(table))).all()]

    live = await rows()
    async with house.database.transaction() as session:
        await house.rebuild(session)
    assert await rows() == live
