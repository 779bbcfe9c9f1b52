"""A worker whose actions work on the ledger's boxes, and which dies where the ledger says."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tests.crash.boundaries.ledger import Death, Ledger
from tests.crash.boundaries.plants import PLANTS
from tests.runbooks.world import ACTIONS, WorldConnections
from tocsin import main, serve, tasks
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.db import Database
from tocsin.serve import until_signalled, work
from tocsin.settings import Settings

HASTE = 4


class Fate:
    """What is still to happen to this process."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._deaths = ledger.ordered()

    async def due(self, session: AsyncSession) -> Death | None:
        """Return the death that the session's transaction brings, once it is somebody's own."""
        lengths = text("select stream, max(version) from event where stream = any(:streams) group by stream")
        streams = {"streams": list(self._deaths)}
        for stream, version in (await (await session.connection()).execute(lengths, streams)).all():
            if version >= self._deaths[stream].version:
                death = self._deaths.pop(stream)
                if self._ledger.claim(death, os.getpid()):
                    return death
        return None


def mortal(ledger: Ledger) -> type[Database]:
    """Return a database whose transactions can be the last ones of this process."""
    fate = Fate(ledger)

    class Mortal(Database):
        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[AsyncSession]:
            async with super().transaction() as session:
                yield session
                death = await fate.due(session)
                if death is not None and death.kind == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
            if death is not None:
                os.kill(os.getpid(), signal.SIGSTOP if death.kind == "freeze" else signal.SIGKILL)

    return Mortal


def live(url: str, ledger_url: str, plant: str) -> None:
    """Do jobs until killed, in a process of its own; with a mistake planted, if one is named."""
    ledger = Ledger(ledger_url)

    def registry(_: Connections) -> Registry:
        return Registry(WorldConnections(ledger), ACTIONS)

    _hurry()
    setattr(main, "Registry", registry)
    setattr(main, "Database", mortal(ledger))
    if plant:
        PLANTS[plant]()
    asyncio.run(_serve(Settings(database_url=url)))


def _hurry() -> None:
    """Let hearts beat and be missed four times as fast as in service: hundreds of deaths are waited for."""
    setattr(tasks, "STALLED_AFTER", tasks.STALLED_AFTER / HASTE)
    setattr(tasks, "RESCUE_EVERY", "* * * * * */1")
    serve.WORKER_OPTIONS["update_heartbeat_interval"] /= HASTE


async def _serve(settings: Settings) -> None:
    async with main.house(settings) as house, until_signalled() as stop:
        await work(house, stop)
