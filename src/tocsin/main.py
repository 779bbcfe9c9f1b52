"""The composition root: the only place that builds clients, engines and apps, and says who reacts to what."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

import procrastinate
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin import db
from tocsin.access import Access
from tocsin.actions.pagerduty import Pager, PagerAccess
from tocsin.actions.registry import Registry
from tocsin.api.deps import Door
from tocsin.connections import Connections, SlackConnection
from tocsin.db import Database
from tocsin.incidents import pager
from tocsin.incidents import projections as incident_projections
from tocsin.incidents.intake import Intake
from tocsin.incidents.lifecycle import Lifecycle
from tocsin.incidents.pager import PagerDesk
from tocsin.jobs import JobQueue, queue_app
from tocsin.log import Log
from tocsin.postmortems import drafts as postmortems
from tocsin.postmortems.drafts import Drafts
from tocsin.runbooks import projections as run_projections
from tocsin.runbooks import reactions as run_reactions
from tocsin.runbooks.commands import Runs
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.revisions import LIBRARY, Revisions
from tocsin.runbooks.triggers import Setting, Triggers
from tocsin.runbooks.worker import Engine, Worker
from tocsin.settings import Settings
from tocsin.tasks import Task, Tasks
from tocsin.vault import Vault

THREADS = 16
"""Actions at work at the same time, in one process."""


@dataclass(frozen=True)
class House:
    """Everything, built and connected."""

    settings: Settings
    database: Database
    queue: procrastinate.App
    log: Log
    access: Access
    registry: Registry
    lifecycle: Lifecycle
    intake: Intake
    revisions: Revisions
    programs: Programs
    runs: Runs
    triggers: Triggers
    worker: Worker
    pager: PagerDesk
    drafts: Drafts
    deeds: Deeds

    def door(self) -> Door:
        """Return what the HTTP routes use."""
        return Door(**{name: getattr(self, name) for name in Door.__dataclass_fields__})

    def tasks(self) -> list[Task]:
        """Return every kind of job and what it does."""
        return [
            Task("runbooks.advance", self.worker.advance),
            Task("runbooks.wake", self.worker.wake),
            Task("runbooks.hand_over", self.worker.hand_over),
            Task("runbooks.tell_channel", self.worker.tell_channel),
            Task("pager.note", self.pager.note),
            Task("pager.resolve", self.pager.resolve),
            Task("postmortems.draft", self.drafts.draft),
        ]

    async def rebuild(self, session: AsyncSession) -> int:
        """Fold every projection again from the log; return how many events there are."""
        await incident_projections.empty(session)
        await run_projections.empty(session)
        return await self.log.replay(session)


@asynccontextmanager
async def house(settings: Settings) -> AsyncIterator[House]:
    """Build everything on an up-to-date database, and take it down again."""
    embedded = None if settings.database_url else db.Embedded(settings.data_dir)
    url = settings.database_url or (embedded.url if embedded else "")
    db.upgrade(url)
    database, queue = Database(url), queue_app(url)
    try:
        async with queue.open_async():
            built = _build(settings, database, queue)
            async with database.transaction() as session:
                await built.revisions.sync(session, [LIBRARY, *settings.runbook_folders])
            yield built
    finally:
        await database.close()
        if embedded is not None:
            embedded.stop()


def _build(settings: Settings, database: Database, queue: procrastinate.App) -> House:
    organisation, access = settings.organisation, Access(settings.organisation)
    jobs = JobQueue(queue)
    log = Log(jobs, PROJECTORS, REACTIONS)
    registry = Registry(_connections(settings))
    revisions = Revisions(log, access)
    programs = Programs(revisions, registry)
    deeds = Deeds(registry, ThreadPoolExecutor(THREADS, "action"), Vault(organisation.secrets))
    lifecycle = Lifecycle(log, access, organisation)
    runs = Runs(log, access, revisions, registry)
    built = House(
        settings=settings,
        database=database,
        queue=queue,
        log=log,
        access=access,
        registry=registry,
        lifecycle=lifecycle,
        intake=Intake(log, lifecycle, organisation),
        revisions=revisions,
        programs=programs,
        runs=runs,
        triggers=Triggers(Setting(log, runs, revisions, programs, organisation, settings.base_url)),
        worker=Worker(Engine(database, log, jobs, programs, deeds)),
        pager=PagerDesk(database, log, _pager(settings), settings.base_url),
        drafts=Drafts(log, database, lifecycle, settings.base_url),
        deeds=deeds,
    )
    tasks = Tasks(queue, database, log)
    for task in built.tasks():
        tasks.register(task)
    tasks.register_rescue()
    return built


PROJECTORS = (incident_projections.project, run_projections.project)
REACTIONS = (run_reactions.reactions, pager.reactions, postmortems.reactions)


def _connections(settings: Settings) -> Connections:
    named = dict(settings.organisation.connections)
    if settings.slack_bot_token is not None:
        named.setdefault(
            "main", SlackConnection(token=settings.slack_bot_token, api_url=f"{settings.slack_api_url}/")
        )
    return Connections(named, str(settings.ca_bundle) if settings.ca_bundle else None)


def _pager(settings: Settings) -> Pager | None:
    if settings.pagerduty_api_token is None:
        return None
    ca_bundle = str(settings.ca_bundle) if settings.ca_bundle else None
    return Pager(
        PagerAccess(
            token=settings.pagerduty_api_token,
            base_url=settings.pagerduty_api_url,
            sender=settings.pagerduty_from,
            ca_bundle=ca_bundle,
        )
    )
