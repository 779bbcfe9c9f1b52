"""The composition root: the only place that builds clients, engines and apps, and says who reacts to what."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import procrastinate
from fastapi import FastAPI
from slack_sdk.web.async_client import AsyncWebClient
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.routing import Route

from tocsin import db, outside
from tocsin.access import Access
from tocsin.actions.registry import Registry
from tocsin.api.app import create_app
from tocsin.api.deps import Door
from tocsin.bot import reactions as bot
from tocsin.bot.app import build_app
from tocsin.bot.doors import http_door, run_socket
from tocsin.bot.office import Office
from tocsin.bot.people import People
from tocsin.bot.speech import Speech
from tocsin.bot.tasks import tasks as bot_tasks
from tocsin.db import Database
from tocsin.incidents import pager as paging
from tocsin.incidents import projections as incident_projections
from tocsin.incidents.intake import Intake
from tocsin.incidents.lifecycle import Lifecycle
from tocsin.incidents.pager import PagerDesk
from tocsin.jobs import Backoff, JobQueue, queue_app
from tocsin.log import Log
from tocsin.postmortems import drafts as postmortems
from tocsin.postmortems.drafts import Drafts
from tocsin.runbooks import demotion, firing
from tocsin.runbooks import projections as run_projections
from tocsin.runbooks import reactions as runs
from tocsin.runbooks.almanac import calendars_of
from tocsin.runbooks.care import Care
from tocsin.runbooks.commands import Runs
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.demotion import Standings
from tocsin.runbooks.firing import EVERY_MINUTE, Firing
from tocsin.runbooks.hooks import Hooks
from tocsin.runbooks.landing import Lander
from tocsin.runbooks.oncall import OnCall
from tocsin.runbooks.ownership import Owners
from tocsin.runbooks.preview import Preview
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.proposals import Proposals
from tocsin.runbooks.revisions import Revisions, Shelf
from tocsin.runbooks.sources import POLL, Ground, Sources
from tocsin.runbooks.suggestions import Suggestions
from tocsin.runbooks.switch import Switch
from tocsin.runbooks.triggers import Setting, Triggers
from tocsin.runbooks.uses import actions_of
from tocsin.runbooks.worker import Engine, Worker
from tocsin.settings import Settings
from tocsin.tasks import Task, Tasks
from tocsin.vault import Vault

THREADS = 16
"""Actions at work at the same time, in one process."""
PROJECTORS = (incident_projections.project, run_projections.project)
REACTIONS = (runs.reactions, demotion.reactions, firing.reactions, paging.reactions, postmortems.reactions)


class House:
    """Everything, built and connected, on an open database."""

    def __init__(self, settings: Settings, database: Database, queue: procrastinate.App) -> None:
        organisation, base_url = settings.organisation, settings.base_url
        slack = outside.slack(settings)
        self.settings, self.database, self.queue = settings, database, queue
        self.jobs = JobQueue(queue)
        self.log = Log(self.jobs, PROJECTORS, REACTIONS if slack is None else (*REACTIONS, bot.reactions))
        self.access = Access(organisation)
        self.lifecycle = Lifecycle(self.log, self.access, organisation)
        self.intake = Intake(self.log, self.lifecycle, organisation)
        pager = outside.pager(settings)
        self.pager = PagerDesk(database, self.log, pager, base_url)
        self.connections = outside.connections(settings)
        self.registry = Registry(self.connections)
        vault = Vault(organisation.secrets)
        owners = Owners(settings.runbook_sources)
        shelf = Shelf(self.log, self.access, self.registry, organisation.runbooks.review, owners)
        self.revisions = Revisions(shelf)
        self.proposals = Proposals(shelf, self.revisions)
        self.standings = Standings(
            database, self.log, self.access, self.revisions, organisation.runbooks.demote_after
        )
        copies = settings.data_dir / "git"
        ground = Ground(database, self.log, self.jobs, self.registry, vault, copies, settings.ca_bundle)
        lander = Lander(shelf, self.revisions, self.proposals)
        self.sources = Sources(ground, lander, settings.runbook_sources)
        self.programs = Programs(self.revisions, self.registry, calendars_of(organisation.calendars))
        self.deeds = Deeds(self.registry, ThreadPoolExecutor(THREADS, "action"), vault)
        oncall = OnCall(pager)
        self.runs = Runs(self.log, self.access, self.revisions, self.registry, settings, oncall)
        self.care = Care(self.runs, self.access)
        self.switch = Switch(self.log, self.access)
        self.preview = Preview(database, self.runs, self.programs, self.deeds)
        setting = Setting(self.log, self.runs, self.programs, organisation, base_url)
        self.triggers = Triggers(setting)
        self.hooks = Hooks(self.log, self.triggers, organisation.hooks)
        self.firing = Firing(database, self.triggers, setting)
        self.suggestions = Suggestions(setting, self.access)
        self.worker = Worker(Engine(database, self.log, self.jobs, self.programs, self.deeds))
        self.drafts = Drafts(self.log, database, self.lifecycle, base_url)
        self.office = None if slack is None else self._office(slack)
        """None: no Slack is set up."""
        self.tasks = self._registered()

    def door(self) -> Door:
        """Return what the HTTP routes use."""
        return Door(**{name: getattr(self, name) for name in Door.__dataclass_fields__})

    def app(self) -> FastAPI:
        """Return the HTTP application, with Slack's door in it where Slack comes by HTTP."""
        app = create_app(self.door())
        if self.office is not None and self.settings.slack_signing_secret is not None:
            door = http_door(self.office, build_app(self.office))
            # First, so that Slack's three seconds are not spent on looking at the other routes.
            app.router.routes.insert(0, Route("/slack/events", door, methods=["POST"]))
        return app

    async def listen_to_slack(self) -> None:
        """Listen over Socket Mode until cancelled; return at once where it is not set up."""
        token = self.settings.slack_app_token
        if self.office is not None and token is not None:
            await run_socket(build_app(self.office), token.get_secret_value())

    def _tasks(self) -> list[Task]:
        """Return every kind of job and what it does."""
        return [
            Task("runbooks.advance", self.worker.advance),
            Task("runbooks.wake", self.worker.wake),
            Task("runbooks.hand_over", self.worker.hand_over),
            Task("runbooks.go_on", self.worker.go_on),
            Task("runbooks.tell_channel", self.worker.tell_channel),
            Task("runbooks.fire", self.firing.fire),
            Task("runbooks.strike", self.firing.strike, cron=EVERY_MINUTE),
            Task("runbooks.judge", self.standings.judge),
            Task("runbooks.sync", self.sources.look),
            Task("runbooks.poll", self.sources.poll, Backoff(last=1), cron=POLL),
            Task("pager.note", self.pager.note),
            Task("pager.resolve", self.pager.resolve),
            Task("postmortems.draft", self.drafts.draft),
            *(Task(*named) for named in (bot_tasks(self.office) if self.office else {}).items()),
        ]

    async def warm_up(self) -> None:
        """Import the SDKs of the published runbooks' actions, which takes seconds, before they are needed."""
        async with self.database.transaction() as session:
            revisions = await self.revisions.published(session)
        runbooks = [self.programs.runbook(revision) for revision in revisions]
        used = set().union(*map(actions_of, runbooks))
        await asyncio.to_thread(self.registry.load, used)

    async def has_nothing_published(self) -> bool:
        """Say whether this is a new installation."""
        async with self.database.transaction() as session:
            return not await self.revisions.published_digests(session)

    async def rebuild(self, session: AsyncSession) -> int:
        """Fold every projection again from the log; return how many events there are."""
        await incident_projections.empty(session)
        await run_projections.empty(session)
        return await self.log.replay(session)

    def _registered(self) -> Tasks:
        tasks = Tasks(self.queue, self.jobs, self.database, self.log)
        for task in self._tasks():
            tasks.register(task)
        tasks.register_rescue()
        return tasks

    def _office(self, client: AsyncWebClient) -> Office:
        secret = self.settings.slack_signing_secret
        return Office(
            database=self.database,
            log=self.log,
            queue=self.jobs,
            lifecycle=self.lifecycle,
            runs=self.runs,
            care=self.care,
            switch=self.switch,
            programs=self.programs,
            revisions=self.revisions,
            suggestions=self.suggestions,
            organisation=self.settings.organisation,
            client=client,
            base_url=self.settings.base_url,
            signing_secret=secret.get_secret_value() if secret else None,
            preview=self.preview.plan,
            drafts=self.drafts,
            people=People(client),
            speech=Speech(client),
        )


@asynccontextmanager
async def house(settings: Settings, *, serving: bool = False) -> AsyncIterator[House]:
    """Build everything on an up-to-date database, and take it down again.

    Only who is ``serving`` publishes what its runbook files say now: a command of an older version, or
    without the folders, must not move what others run. Where nothing is published yet, everybody does.
    """
    embedded = None if settings.database_url else db.Embedded(settings.data_dir)
    url = settings.database_url or (embedded.url if embedded else "")
    db.upgrade(url)
    database, queue = Database(url), queue_app(url)
    try:
        async with queue.open_async():
            built = House(settings, database, queue)
            if serving or await built.has_nothing_published():
                await built.sources.sync_folders()
            yield built
    finally:
        await database.close()
        if embedded is not None:
            embedded.stop()
