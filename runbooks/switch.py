"""The switch that stops everything: while it is off, no run begins anything further."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.errors import Conflict, Invalid
from tocsin.events import Actor, Event, Fact
from tocsin.events.steering import AutomationResumed, AutomationStopped
from tocsin.log import Log
from tocsin.runbooks.tables import Stop

STREAM = "system"


async def is_stopped(session: AsyncSession) -> bool:
    """Say whether everything is stopped."""
    return await current(session) is not None


async def current(session: AsyncSession) -> Stop | None:
    """Return who stopped everything, when and why; None: runs go on."""
    return (await session.exec(select(Stop).limit(1))).first()


class Switch:
    """Stops all automation, and lets it go on. The caller commits."""

    def __init__(self, log: Log, access: Access) -> None:
        self._log = log
        self._access = access

    async def stop(self, session: AsyncSession, actor: Actor, reason: str) -> None:
        """Begin nothing further in any run; what is at work comes to its end. Any responder may."""
        self._access.authorize(actor, "run.cancel")
        if not reason.strip():
            raise Invalid("say why: everybody will ask. Nothing was stopped.")
        if await is_stopped(session):
            raise Conflict("everything is stopped already; nothing was changed")
        await self._say(session, actor, AutomationStopped(reason=reason.strip()))

    async def resume(self, session: AsyncSession, actor: Actor) -> None:
        """Let every run go on where it was. An admin does that."""
        self._access.authorize(actor, "automation.resume")
        if not await is_stopped(session):
            raise Conflict("nothing is stopped; nothing was changed")
        await self._say(session, actor, AutomationResumed())

    async def _say(self, session: AsyncSession, actor: Actor, event: Event) -> None:
        await self._log.append(session, STREAM, [Fact(event=event, actor=actor, source=actor.kind)])
