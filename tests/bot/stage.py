"""The bot in a small town: practice workspace, real bolt app, real worker, real database."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import uvicorn
from sqlmodel import col, select

from tocsin.bot.office import Office
from tocsin.events import SYSTEM
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Incident
from tocsin.log import Entry
from tocsin.main import House, house
from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings as Practice
from tocsin.playground.slack.workspace import Workspace
from tocsin.serve import work
from tocsin.settings import Settings, load

SECRET = "practice-signing-secret"
PATIENCE = 20
"""Seconds Slack would wait for an answer here: how busy the machine is says nothing about the bot."""
TELL = """\
schema: runbook/v1
name: tell
title: Tell the customers
on: [{ slash: notice }]
inputs:
  text: { type: string, required: true }
permissions: { run: [group:sre], approve: [group:sre], connections: ["slack:main"] }
steps:
  - id: post
    name: Post the notice
    uses: slack.post
    with: { connection: "slack:main", channel: C0GENERAL, text: "${{ inputs.text }}" }
    approve: { from: [group:sre], expires: 20m }
"""
T = TypeVar("T")


@dataclass
class Stage:
    """Everything a test plays with."""

    office: Office
    player: Player
    address: str
    """The workspace's."""
    door: str
    """Where the bot hears Slack over HTTP."""

    async def play(self, act: Callable[..., T], *args: object, **named: object) -> T:
        """Let people do something; their hands are synchronous."""
        return await asyncio.to_thread(act, *args, **named)

    async def declared(self, title: str = "Checkout is slow", user: str = "ana") -> Incident:
        """Declare by command and wait for the channel with everything in it."""
        await self.play(self.player.command, user, "#general", f"/incident declare {title}")
        incident = await self.incident()
        await self.artefact(incident.id, "summary")
        await self.until(lambda: self._people(incident.id))
        return await self.incident()

    async def _people(self, incident_id: str) -> bool:
        return any(entry.event.type == "people_invited" for entry in await self.entries(incident_id))

    async def incident(self) -> Incident:
        """Return the newest incident."""
        async with self.office.database.transaction() as session:
            incident = (await session.exec(select(Incident).order_by(col(Incident.number).desc()))).first()
        assert incident is not None
        return incident

    async def entries(self, incident_id: str) -> list[Entry]:
        """Return what happened in the incident."""
        async with self.office.database.transaction() as session:
            return await self.office.log.read_incident(session, incident_id)

    async def types(self, incident_id: str) -> list[str]:
        """Return the types of what happened."""
        return [entry.event.type for entry in await self.entries(incident_id)]

    async def artefact(self, incident_id: str, name: str) -> None:
        """Wait until a message of the incident is kept."""

        async def kept() -> bool:
            found = await self.entries(incident_id)
            return any(getattr(entry.event, "artefact", "").startswith(name) for entry in found)

        await self.until(kept)

    async def until(self, look: Callable[[], Awaitable[object]], seconds: float = 12) -> None:
        """Wait until ``look`` says yes."""
        async with asyncio.timeout(seconds):
            while not await look():  # noqa: ASYNC110  # what is waited for is in a database
                await asyncio.sleep(0.05)


ORGANISATION = """\
announcements: incidents
services:
  checkout: { name: Checkout, people: [bo@acme.example, gone@acme.example] }
teams:
  sre: { members: [ana@acme.example, bo@acme.example, chidi@acme.example] }
access: { responder: ["group:sre"] }
"""


@asynccontextmanager
async def opened(database_url: str, folder: Path, *, by_socket: bool = False) -> AsyncIterator[Stage]:
    """Build all of it around a fresh database, as ``serve`` does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        workspace = Workspace(Practice(request_url=door, rate_limits=False, ack_seconds=PATIENCE))
        with hosted(workspace) as address, Player(address) as player:
            settings = _settings(database_url, folder, address, by_socket=by_socket)
            async with house(settings, serving=True) as built, _running(built, listener):
                assert built.office is not None
                yield Stage(built.office, player, address, door)


def _settings(database_url: str, folder: Path, address: str, *, by_socket: bool) -> Settings:
    (folder / "tocsin.yaml").write_text(ORGANISATION)
    (folder / "runbooks").mkdir()
    (folder / "runbooks" / "tell.yaml").write_text(TELL)
    environment = {
        "TOCSIN_CONFIG": str(folder / "tocsin.yaml"),
        "TOCSIN_DATABASE_URL": database_url,
        "TOCSIN_BASE_URL": "http://console.example",
        "TOCSIN_RUNBOOKS": str(folder / "runbooks"),
        "TOCSIN_SLACK_API_URL": f"{address}/api",
        "TOCSIN_SLACK_BOT_TOKEN": "xoxb-practice",
        "TOCSIN_SLACK_SIGNING_SECRET": SECRET,
    }
    return load(environment | ({"TOCSIN_SLACK_APP_TOKEN": "xapp-practice"} if by_socket else {}))


@asynccontextmanager
async def _running(built: House, listener: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(built.app(), log_level="warning", lifespan="off"))
    stop = asyncio.Event()
    parts = [
        asyncio.create_task(server.serve(sockets=[listener])),
        asyncio.create_task(work(built, stop)),
        asyncio.create_task(built.listen_to_slack()),
    ]
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        stop.set()
        await asyncio.gather(*parts[:2])
        parts[2].cancel()
        await asyncio.gather(parts[2], return_exceptions=True)


async def declare(stage: Stage, **wanted: object) -> Incident:
    """Declare an incident behind Slack's back, as a webhook does."""
    async with stage.office.database.transaction() as session:
        return await stage.office.lifecycle.declare(session, SYSTEM, Declaration.model_validate(wanted))
