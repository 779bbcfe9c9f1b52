"""Sources: the folders and repositories that runbooks are kept in."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.runbooks.sources import State, state_of, sync_job

router = APIRouter(prefix="/sources", tags=["runbooks"])


class Asked(BaseModel):
    """What was asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """It is looked at as soon as a worker is free; ``GET /api/v1/sources`` says what came of it."""


@router.get("")
async def list_sources(door: TheDoor, actor: TheActor) -> list[State]:
    """List the sources, with what landed of them and every problem of what did not."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        return [state_of(*one) for one in await door.sources.states(session)]


@router.post("/{name}/sync", status_code=202, response_model=Asked)
async def sync_source(name: str, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Have a source looked at now."""

    async def ask(session: AsyncSession) -> Asked:
        door.access.authorize(actor, "runbook.publish")
        await door.jobs.defer(session, [sync_job(door.sources.get(name).name)])
        return Asked(source=name)

    return await once.answer(202, ask)
