"""The bot in a small town: practice workspace, real bolt app, real worker, real database."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

import procrastinate
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel import select

from tocsin.access import Access
from tocsin.actions.base import Change, Plan
from tocsin.actions.registry import Registry
from tocsin.bot.app import build_app
from tocsin.bot.doors import http_door, run_socket
from tocsin.bot.office import Office
from tocsin.bot.people import People
from tocsin.bot.reactions import reactions
from tocsin.bot.speech import Speech
from tocsin.bot.tasks import tasks
from tocsin.connections import Connections, SlackConnection
from tocsin.db import Database
from tocsin.events import SYSTEM, Actor
from tocsin.incidents import projections as incident_projections
from tocsin.incidents.lifecycle import Declaration, Lifecycle
from tocsin.incidents.tables import Incident
from tocsin.jobs import JobQueue, queue_app
from tocsin.log import Entry, Log
from tocsin.organisation import Organisation
from tocsin.playground.slack.hosting import hosted
from tocsin.playground.slack.player import Player
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.workspace import Workspace
from tocsin.postmortems import drafts
from tocsin.runbooks import projections as run_projections
from tocsin.runbooks import reactions as run_reactions
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.preview import PlannedStep
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.revisions import Revisions
from tocsin.runbooks.worker import Engine, Worker
from tocsin.tasks import Task, Tasks
from tocsin.vault import Vault

SECRET = "practice-signing-secret"
RESPONDERS = ("ana@acme.example", "bo@acme.example", "chidi@acme.example")
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
            found = await session.exec(select(Incident).order_by(Incident.number.desc()))  # type: ignore[attr-defined]
            incident = found.first()
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


async def planned(actor: Actor, request: RunRequest) -> Sequence[PlannedStep]:
    """Plan as main's planner does, for one step."""
    change = Change(
        resource="slack:main/C0GENERAL", field="message", before=None, after=str(request.inputs["text"])
    )
    return [
        PlannedStep("Post the notice", Plan(summary="Post to #general", changes=(change,)), "low"),
        PlannedStep("Then", note="needs what the first step puts out"),
    ]


def organise() -> Organisation:
    """Return the organisation of these tests."""
    return Organisation.model_validate(
        {
            "announcements": "incidents",
            "services": {
                "checkout": {"name": "Checkout", "people": ["bo@acme.example", "gone@acme.example"]}
            },
            "teams": {"sre": {"members": RESPONDERS}},
            "access": {"responder": ["group:sre"]},
        }
    )


@asynccontextmanager
async def opened(
    database_url: str, organisation: Organisation, *, by_socket: bool = False
) -> AsyncIterator[Stage]:
    """Build all of it around a fresh database."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        door = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
        workspace = Workspace(Settings(request_url=door, rate_limits=False))
        with hosted(workspace) as address, Player(address) as player:
            database, queue = Database(database_url), queue_app(database_url)
            async with queue.open_async():
                office = _office(database, queue, organisation, address)
                await _publish(office)
                async with _worker(queue), _doors(office, listener, by_socket):
                    yield Stage(office, player, address, door)
            await office.client.session.close() if office.client.session else None
            await database.close()


def _office(database: Database, queue: procrastinate.App, organisation: Organisation, address: str) -> Office:
    jobs, access = JobQueue(queue), Access(organisation)
    projectors = (incident_projections.project, run_projections.project)
    log = Log(jobs, projectors, (run_reactions.reactions, drafts.reactions, reactions))
    slack = SlackConnection(token=SecretStr("xoxb-practice"), api_url=f"{address}/api/")
    registry = Registry(Connections({"main": slack}, None))
    revisions, lifecycle = Revisions(log, access), Lifecycle(log, access, organisation)
    programs = Programs(revisions, registry)
    client = AsyncWebClient("xoxb-practice", base_url=f"{address}/api/", timeout=5, retry_handlers=[])
    office = Office(
        database=database,
        log=log,
        queue=jobs,
        lifecycle=lifecycle,
        runs=Runs(log, access, revisions, registry),
        revisions=revisions,
        organisation=organisation,
        client=client,
        base_url="http://console.example",
        signing_secret=SECRET,
        preview=planned,
        drafts=drafts.Drafts(log, database, lifecycle, "http://console.example"),
        people=People(client),
        speech=Speech(client),
    )
    deeds = Deeds(registry, ThreadPoolExecutor(2), Vault({}))
    worker = Worker(Engine(database, log, jobs, programs, deeds))
    kinds = Tasks(queue, database, log)
    done = {
        **tasks(office),
        "runbooks.advance": worker.advance,
        "runbooks.wake": worker.wake,
        "runbooks.hand_over": worker.hand_over,
        "runbooks.tell_channel": worker.tell_channel,
        "postmortems.draft": office.drafts.draft,
    }
    for name, function in done.items():
        kinds.register(Task(name, function))
    return office


async def _publish(office: Office) -> None:
    async with office.database.transaction() as session:
        digest = await office.revisions.record(session, SYSTEM, TELL, "tell.yaml")
        await office.revisions.publish(session, SYSTEM, "tell", digest)


@asynccontextmanager
async def _worker(queue: procrastinate.App) -> AsyncIterator[None]:
    running = asyncio.create_task(
        queue.run_worker_async(concurrency=8, fetch_job_polling_interval=0.1, install_signal_handlers=False)
    )
    yield
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def _doors(office: Office, listener: socket.socket, by_socket: bool) -> AsyncIterator[None]:
    app, api = build_app(office), FastAPI()
    api.mount("/slack", http_door(office, app))
    server = uvicorn.Server(uvicorn.Config(api, log_level="warning", lifespan="off"))
    served = asyncio.create_task(server.serve(sockets=[listener]))
    socketed = asyncio.create_task(run_socket(app, "xapp-practice")) if by_socket else None
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await served
    if socketed:
        socketed.cancel()
        await asyncio.gather(socketed, return_exceptions=True)


async def declare(stage: Stage, **wanted: object) -> Incident:
    """Declare an incident behind Slack's back, as a webhook does."""
    async with stage.office.database.transaction() as session:
        return await stage.office.lifecycle.declare(session, SYSTEM, Declaration.model_validate(wanted))
