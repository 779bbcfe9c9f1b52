"""One run of which a caller wants something: found, done to, and told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.idempotency import Once, TheOnce
from tocsin.api.run_views import RunDetail, readable_run, run_detail
from tocsin.events import Actor
from tocsin.runbooks.state import RunState

Act = Callable[[AsyncSession, RunState], Awaitable[RunState]]


class Body(BaseModel):
    """Base of what callers send."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Asked:
    """A run, and who asks for something to be done to it."""

    run_id: str
    once: Once
    door: Door
    actor: Actor

    async def answer(self, act: Act, status: int = 200) -> Response:
        """Do it once, to a run that the caller may know of; answer with the run that it returns."""

        async def work(session: AsyncSession) -> RunDetail:
            state = await readable_run(self.door, session, self.actor, self.run_id)
            return await run_detail(self.door, session, await act(session, state))

        return await self.once.answer(status, work)


async def _asked(run_id: str, once: TheOnce, door: TheDoor, actor: TheActor) -> Asked:
    return Asked(run_id, once, door, actor)


TheRun = Annotated[Asked, Depends(_asked)]
