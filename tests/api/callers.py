"""Who calls in the tests of the HTTP door, and what they do often."""

import re
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import httpx2
from fastapi import FastAPI

from tocsin.api.sessions import COOKIE, Sessions
from tocsin.events import Actor, Event, Fact
from tocsin.events import run as events
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Incident
from tocsin.main import House
from tocsin.runbooks.commands import RunRequest

BASE = "http://127.0.0.1:8080"
TOKEN = "bootstrap-token-of-the-tests"
ANA = Actor(kind="slack", id="U0ANA", name="Ana Ito", email="ana@acme.example")
DIGEST = "d" * 64


class Browser:
    """Sends what a browser sends: the cookie, the origin of a form, and the form's hidden token."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        self.client = httpx2.AsyncClient(
            transport=transport, base_url=BASE, headers={"Accept": "text/html"}, follow_redirects=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def sign_in(self, token: str) -> httpx2.Response:
        return await self.post("/login", token=token, next="/runs")

    def be(self, actor: Actor) -> None:
        """Hold a session of that person, as one would after signing in."""
        sessions: Sessions = self.app.state.sessions
        self.client.cookies.set(COOKIE, sessions.begin(actor))

    async def get(self, path: str) -> httpx2.Response:
        return await self.client.get(path)

    async def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', (await self.get("/")).text)
        assert found is not None
        return found[1]

    async def post(self, path: str, *, origin: str = BASE, **fields: str) -> httpx2.Response:
        return await self.client.post(path, data=fields, headers={"Origin": origin})

    async def submit(self, path: str, **fields: str) -> httpx2.Response:
        """Send one of the console's own forms."""
        return await self.post(path, csrf=await self.csrf(), **fields)


async def declare(house: House, title: str = "Checkout is slow", **more: Any) -> Incident:
    async with house.database.transaction() as session:
        return await house.lifecycle.declare(session, ANA, Declaration(title=title, **more))


async def start(house: House, actor: Actor = ANA, incident: Incident | None = None) -> str:
    """Start a run of a runbook that ships with Tocsin; no worker moves it."""
    wanted = RunRequest(runbook="rollback-deployment", incident_id=incident.id if incident else None)
    async with house.database.transaction() as session:
        return (await house.runs.start(session, actor, wanted)).id


async def ask(house: House, run_id: str) -> None:
    """Let the run ask for approval, as a worker would."""
    change = {
        "resource": "k8s:main/shop/deployment/checkout",
        "field": "image",
        "before": "2.9",
        "after": "2.8",
    }
    plan = {
        "summary": "Return to revision 41",
        "changes": [change],
        "warnings": ["3 of 5 are down"],
        "to": 41,
    }
    await log(
        house,
        run_id,
        events.StepPlanned(step="rollback", want={}, plan=plan, digest="of-the-plan", risk="high"),
        events.ApprovalRequested(
            step="rollback",
            digest=DIGEST,
            approvers=("group:sre",),
            count=1,
            allow_self=False,
            expires_at=datetime.now(UTC) + timedelta(minutes=30),
        ),
    )


async def log(house: House, run_id: str, *happened: Event) -> None:
    facts = [Fact(event=event, run_id=run_id) for event in happened]
    async with house.database.transaction() as session:
        await house.log.append(session, f"run/{run_id}", facts)
