"""Hooks through the real app and a real database: who may call, what is taken, and what it starts."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from sqlmodel import col, select

from tocsin.api.app import create_app
from tocsin.db import Database
from tocsin.errors import BadSetting
from tocsin.events import SYSTEM
from tocsin.events.run import RunRequested
from tocsin.incidents.tables import Delivery
from tocsin.main import House
from tocsin.runbooks.tables import Run
from tocsin.settings import load

SECRET = "a-secret-of-the-hook"
DEPLOYED = """\
schema: runbook/v1
name: deployed
title: After a deployment
on:
  - webhook: deploys
    when: event.status == 'done'
    with: { service: "${{ event.services[0] }}", region: "${{ env.region }}" }
    mode: auto
inputs:
  service: { type: string }
  region: { type: string }
steps: [{ id: hold, wait: 1h }]
"""
BODY = b'{"status": "done", "services": ["checkout"]}'


class Hook:
    """Calls a hook as its sender does."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client

    async def call(self, body: bytes = BODY, name: str = "deploys", **headers: str) -> httpx2.Response:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return await self.send(body, name, X_Tocsin_Signature=f"sha256={signature}", **headers)

    async def send(self, body: bytes, name: str = "deploys", **headers: str) -> httpx2.Response:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.client.post(f"/webhooks/runbooks/{name}", content=body, headers=given)


@pytest.fixture
def organisation(organisation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("EMPTY_SECRET", "")
    return f"""{organisation}
env: {{ region: eu-west-1 }}
hooks:
  deploys: {{ secret: {{ file: {tmp_path}/secret }} }}
  lost: {{ secret: {{ file: /nowhere/secret }} }}
  bare: {{ secret: {{ env: EMPTY_SECRET }} }}
"""


@pytest.fixture
async def hook(house: House) -> AsyncIterator[Hook]:
    async with house.database.transaction() as session:
        digest = await house.revisions.record(session, SYSTEM, DEPLOYED, "deployed.yaml")
        await house.revisions.publish(session, SYSTEM, "deployed", digest)
    transport = httpx2.ASGITransport(create_app(house.door()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin") as client:
        yield Hook(client)


async def runs(house: House) -> list[Run]:
    async with house.database.transaction() as session:
        return list((await session.exec(select(Run).order_by(col(Run.requested_at)))).all())


async def stored(house: House) -> list[Delivery]:
    async with house.database.transaction() as session:
        return list((await session.exec(select(Delivery))).all())


async def test_a_call_starts_the_runbook_that_looks_out_for_it(hook: Hook, house: House) -> None:
    answer = await hook.call()
    [run] = await runs(house)
    assert (answer.status_code, answer.text) == (202, f"stored: run {run.id[:8]}\n")
    assert (run.runbook, run.trigger, run.mode, run.incident_id) == (
        "deployed",
        "webhook:deploys",
        "auto",
        None,
    )


async def test_the_body_and_env_are_seen_by_expressions(hook: Hook, house: House) -> None:
    await hook.call()
    [run] = await runs(house)
    async with house.database.transaction() as session:
        [first] = await house.log.read(session, f"run/{run.id}")
    assert isinstance(first.event, RunRequested)
    assert first.event.inputs == {"service": "checkout", "region": "eu-west-1"}
    assert first.event.scope["env"] == {"region": "eu-west-1"}


async def test_a_call_that_meets_no_condition_is_stored_and_starts_nothing(hook: Hook, house: House) -> None:
    answer = await hook.call(b'{"status": "failed"}')
    assert (answer.status_code, len(await runs(house)), len(await stored(house))) == (202, 0, 1)


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "00", "sha256=\u00e9", "sha1=abc"])
async def test_a_wrong_signature_is_refused_and_nothing_is_stored(
    hook: Hook, house: House, signature: str
) -> None:
    headers = {b"X-Tocsin-Signature": signature.encode()}
    answer = await hook.client.post("/webhooks/runbooks/deploys", content=BODY, headers=headers)
    assert (answer.status_code, await stored(house)) == (401, [])


async def test_a_body_changed_by_one_byte_is_refused(hook: Hook) -> None:
    signature = hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()
    answer = await hook.send(BODY + b" ", X_Tocsin_Signature=f"sha256={signature}")
    assert answer.status_code == 401


async def test_the_secret_itself_is_taken_as_a_bearer_token(hook: Hook) -> None:
    assert (await hook.send(BODY, Authorization=f"Bearer {SECRET}")).status_code == 202


@pytest.mark.parametrize("authorization", ["Bearer wrong", "Bearer ", "Bearer", f"Basic {SECRET}", SECRET])
async def test_another_token_is_refused(hook: Hook, authorization: str) -> None:
    assert (await hook.send(BODY, Authorization=authorization)).status_code == 401


@pytest.mark.parametrize("name", ["nothing", "Deploys", "deploys%00"])
async def test_a_hook_that_is_not_there_refuses_like_a_wrong_signature(hook: Hook, name: str) -> None:
    known, unknown = await hook.send(BODY), await hook.call(name=name)
    assert (unknown.status_code, unknown.text) == (known.status_code, known.text)


@pytest.mark.parametrize("name", ["lost", "bare"])
async def test_a_hook_whose_secret_is_not_there_takes_nothing(hook: Hook, house: House, name: str) -> None:
    signature = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    signed = await hook.send(BODY, name, X_Tocsin_Signature=f"sha256={signature}")
    shown = await hook.send(BODY, name, Authorization="Bearer ")
    assert ([signed.status_code, shown.status_code], await stored(house)) == ([503, 503], [])


async def test_more_than_256_kb_is_refused(hook: Hook) -> None:
    assert (await hook.call(b'"' + b"x" * (256 * 1024) + b'"')).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe\xff",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'"\\ud800"',
        b"[" * 5000,
        b"[" * 60 + b"]" * 60,
    ],
)
async def test_what_is_no_json_that_can_be_stored_is_refused(hook: Hook, house: House, body: bytes) -> None:
    assert ((await hook.call(body)).status_code, await stored(house)) == (422, [])


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"text"', b"{}", b'{"$secret": "statuspage"}', b'"\\u0000"']
)
async def test_any_json_is_taken(hook: Hook, body: bytes) -> None:
    assert (await hook.call(body)).status_code == 202


async def test_the_same_body_again_is_the_same_call(hook: Hook, house: House) -> None:
    answers = [await hook.call() for _ in range(3)]
    assert [answer.text.partition(":")[0] for answer in answers] == ["stored", "duplicate", "duplicate"]
    assert len(await runs(house)) == 1


async def test_the_same_body_at_once_is_one_call(hook: Hook, house: House) -> None:
    answers = await asyncio.gather(*(hook.call() for _ in range(20)))
    assert ({answer.status_code for answer in answers}, len(await runs(house))) == ({202}, 1)


async def test_the_same_key_is_the_same_call_whatever_it_says(hook: Hook, house: House) -> None:
    await hook.call(Idempotency_Key="one")
    answer = await hook.call(BODY + b" ", Idempotency_Key="one")
    assert (answer.text.partition(":")[0], len(await runs(house))) == ("duplicate", 1)


async def test_another_key_is_another_call(hook: Hook, house: House) -> None:
    for key in ("one", "two"):
        await hook.call(Idempotency_Key=key)
    assert len(await runs(house)) == 2


async def test_the_same_body_is_another_call_when_an_hour_has_passed(hook: Hook, house: House) -> None:
    await hook.call()
    async with house.database.transaction() as session:
        # The log lets nobody change it; that an hour has passed is said to it as its owner can.
        connection = await session.connection()
        await connection.exec_driver_sql("alter table event disable trigger all")
        await connection.exec_driver_sql("update event set recorded_at = recorded_at - interval '61 minutes'")
        await connection.exec_driver_sql("alter table event enable trigger all")
    await hook.call()
    assert len(await runs(house)) == 2


async def test_a_database_that_is_down_is_503(house: House) -> None:
    door = replace(house.door(), database=Database("postgresql://127.0.0.1:1/nothing"))
    transport = httpx2.ASGITransport(create_app(door))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin") as client:
        assert (await Hook(client).call()).status_code == 503


def test_a_hook_without_a_secret_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "tocsin.yaml").write_text("hooks: { deploys: {} }\n")
    with pytest.raises(BadSetting, match=r"tocsin.yaml: hooks.deploys.secret: Field required"):
        load({"TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml")})
