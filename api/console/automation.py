"""The switch that stops everything, and the banner that says so on every page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import SAFE, TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.transactions import committed
from tocsin.runbooks import switch

router = APIRouter(prefix="/automation")


async def known(request: Request, door: TheDoor) -> None:
    """Let the page know whether everything is stopped."""
    if request.method in SAFE:
        async with door.database.transaction() as session:
            request.state.stop = await switch.current(session)


@router.post("/stop")
async def stop(
    door: TheDoor, actor: TheActor, reason: Annotated[str, Form(max_length=3000)] = ""
) -> Response:
    """Let no run begin anything further."""

    async def work(session: AsyncSession) -> None:
        await door.switch.stop(session, actor, reason)

    await committed(door.database, work)
    return RedirectResponse("/runs", status_code=303)


@router.post("/resume")
async def resume(door: TheDoor, actor: TheActor) -> Response:
    """Let every run go on where it was."""

    async def work(session: AsyncSession) -> None:
        await door.switch.resume(session, actor)

    await committed(door.database, work)
    return RedirectResponse("/runs", status_code=303)
