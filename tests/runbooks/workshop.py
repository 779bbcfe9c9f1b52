"""Runs on a real database: the engine on a world of boxes, and the commands people give it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlmodel import select

from tests.runbooks.world import ANA, BO, World, registry_of
from tocsin.db import Database
from tocsin.events import SYSTEM, Actor
from tocsin.log import Entry
from tocsin.main import House
from tocsin.runbooks.almanac import calendars_of
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.oncall import OnCall
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Lock
from tocsin.runbooks.worker import Engine, Worker
from tocsin.vault import Vault


@dataclass(frozen=True)
class Workshop:
    """A house whose actions work on boxes."""

    house: House
    world: World
    runs: Runs
    worker: Worker

    @property
    def database(self) -> Database:
        """Return its database."""
        return self.house.database

    async def publish(self, text: str) -> str:
        """Record and publish a runbook; return its revision."""
        async with self.database.transaction() as session:
            digest = await self.house.revisions.record(session, SYSTEM, text, "test.yaml")
            await self.house.revisions.publish(session, SYSTEM, "boxes", digest)
        return digest

    async def start(self, text: str, actor: Actor = ANA, **asked: Any) -> str:
        """Ask for a run of a runbook and return its id. Nothing moves it."""
        await self.publish(text)
        async with self.database.transaction() as session:
            return (await self.runs.start(session, actor, RunRequest(runbook="boxes", **asked))).id

    async def go(self, text: str, **asked: Any) -> RunState:
        """Start a run and move it on as far as it goes now."""
        run_id = await self.start(text, **asked)
        await self.worker.advance(run_id)
        return await self.read(run_id)

    async def read(self, run_id: str) -> RunState:
        """Return a run."""
        async with self.database.transaction() as session:
            return await self.runs.read(session, ANA, run_id)

    async def approve(self, run_id: str, digest: str, actor: Actor = BO) -> RunState:
        """Say yes."""
        async with self.database.transaction() as session:
            return await self.runs.approve(session, actor, run_id, digest)

    async def reject(self, run_id: str, digest: str, reason: str, actor: Actor = BO) -> RunState:
        """Say no."""
        async with self.database.transaction() as session:
            return await self.runs.reject(session, actor, run_id, digest, reason)

    async def cancel(self, run_id: str, *, compensate: bool = False) -> RunState:
        """Stop a run."""
        async with self.database.transaction() as session:
            return await self.runs.cancel(session, ANA, run_id, compensate=compensate)

    async def entries(self, run_id: str) -> list[Entry]:
        """Return what happened to a run."""
        async with self.database.transaction() as session:
            return await self.house.log.read(session, f"run/{run_id}")

    async def locks(self) -> set[tuple[str, str, bool]]:
        """Return every place in every line: resource, run, and whether it is held."""
        async with self.database.transaction() as session:
            places: Sequence[Lock] = (await session.exec(select(Lock))).all()
        return {(place.resource, place.run_id, place.held) for place in places}


def workshop_in(house: House, world: World, oncall: OnCall | None = None) -> Workshop:
    """Return a workshop in a house; nobody is on call in it, if nobody is asked."""
    registry = registry_of(world)
    programs = Programs(house.revisions, registry, calendars_of(house.settings.organisation.calendars))
    deeds = Deeds(registry, ThreadPoolExecutor(8), Vault({}))
    worker = Worker(Engine(house.database, house.log, house.jobs, programs, deeds))
    runs = Runs(house.log, house.access, house.revisions, registry, house.settings, oncall)
    return Workshop(house, world, runs, worker)


def asked_of(state: RunState) -> str:
    """Return the digest that the run asks people about."""
    return next(step.request.digest for step in state.steps.values() if step.request)
