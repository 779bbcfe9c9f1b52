"""The runbooks of docs/examples: their texts, in a hurry, and what stands around all of them."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import docs
import httpx2
from sqlmodel import select

from tests.actions.kube import CANARY
from tests.actions.pager import FarPager
from tests.api.test_webhooks_pagerduty import PAYLOADS, recorded, signed
from tests.runbooks.following import publish, read
from tocsin.api.app import create_app
from tocsin.events import Actor
from tocsin.main import House
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run
from tocsin.settings import Settings, load

FOLDER = Path(docs.__file__).parent / "examples"
CALENDARS = """
calendars:
  change-freeze: { windows: [{ from: 2020-12-24T00:00:00Z, to: 2020-12-27T00:00:00Z, why: holidays }] }
"""


def settings_of(database_url: str, organisation: str, folder: Path, pagerduty: FarPager) -> Settings:
    """Return the settings of an installation that reaches a practice PagerDuty."""
    (folder / "tocsin.yaml").write_text(organisation + CALENDARS)
    return load(
        {
            "TOCSIN_CONFIG": str(folder / "tocsin.yaml"),
            "TOCSIN_DATABASE_URL": database_url,
            "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS": "new-secret",
            "TOCSIN_PAGERDUTY_API_TOKEN": CANARY,
            "TOCSIN_PAGERDUTY_API_URL": pagerduty.url,
            "TOCSIN_PAGERDUTY_FROM": "bo@acme.example",
            "TOCSIN_CA_BUNDLE": pagerduty.ca_pem,
        }
    )


async def publish_example(house: House, name: str, changes: Mapping[str, str]) -> None:
    """Publish an example after some changes, each of which has to change something."""
    text = (FOLDER / f"{name}.yaml").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    await publish(house, name, text)


async def page(house: House, incident: str, title: str, service: tuple[str, str], key: str = "key") -> str:
    """Let PagerDuty's webhook tell of an incident; return the id of the run that it starts."""
    data = json.loads((PAYLOADS / "incident.triggered.json").read_text())["event"]["data"]
    about = {"id": service[0], "type": "service_reference", "summary": service[1]}
    data |= {"id": incident, "title": title, "service": about, "incident_key": key}
    body = recorded("incident.triggered", data=data)
    transport = httpx2.ASGITransport(create_app(house.door()))
    async with httpx2.AsyncClient(transport=transport, base_url="http://tocsin") as client:
        answer = await client.post("/webhooks/pagerduty", content=body, headers=signed(body, "new-secret"))
    assert answer.status_code == 202
    return await _started(house)


async def asked(house: House, run_id: str, step: str) -> RunState:
    """Wait until a step asks."""
    async with asyncio.timeout(60):
        while (state := await read(house, run_id)).step(step).status != "awaiting_approval":
            assert not state.over, f"{state.status}: {state.summary}"
            await asyncio.sleep(0.1)
    return state


async def agree(house: House, state: RunState, step: str, who: Actor, confirm: str = "") -> None:
    """Say yes to what a step asks."""
    request = state.step(step).request
    assert request is not None
    async with house.database.transaction() as session:
        await house.runs.approve(session, who, state.id, request.digest, confirm=confirm)


async def _started(house: House) -> str:
    async with asyncio.timeout(20):
        while True:
            async with house.database.transaction() as session:
                found = (await session.exec(select(Run.id))).first()
            if found is not None:
                return found
            await asyncio.sleep(0.1)
