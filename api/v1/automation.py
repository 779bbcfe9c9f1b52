"""The switch that stops everything."""

from fastapi import APIRouter, Response
from pydantic import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.api.run_views import StopView, stop_view
from tocsin.api.step_views import View
from tocsin.api.v1.asked import Body
from tocsin.runbooks import switch

router = APIRouter(prefix="/automation", tags=["automation"])


class Automation(View):
    """Whether runs go on."""

    stopped: StopView | None
    """Null: they do."""


class Halt(Body):
    """Why everything shall stop."""

    reason: str = Field(min_length=1, max_length=3000)


@router.get("")
async def get_automation(door: TheDoor, actor: TheActor) -> Automation:
    """Say whether everything is stopped, since when, by whom and why."""
    door.access.authorize(actor, "run.read")
    async with door.database.transaction() as session:
        return await _now(session)


@router.post("/stop", response_model=Automation)
async def stop_automation(wanted: Halt, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Let no run begin anything further; what is at work comes to its end. Any responder may."""

    async def stop(session: AsyncSession) -> Automation:
        await door.switch.stop(session, actor, wanted.reason)
        return await _now(session)

    return await once.answer(200, stop)


@router.post("/resume", response_model=Automation)
async def resume_automation(once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Let every run go on where it was. An admin does that."""

    async def resume(session: AsyncSession) -> Automation:
        await door.switch.resume(session, actor)
        return await _now(session)

    return await once.answer(200, resume)


async def _now(session: AsyncSession) -> Automation:
    stop = await switch.current(session)
    return Automation(stopped=stop_view(stop) if stop else None)
