"""Suggestions: taking one up."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.transactions import committed
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/suggestions")


@router.post("/{suggestion_id}/run")
async def run(suggestion_id: str, door: TheDoor, actor: TheActor) -> Response:
    """Start what a trigger suggests, and show the run."""

    async def work(session: AsyncSession) -> RunState:
        found = await door.suggestions.read(session, actor, suggestion_id)
        if found.incident_id is not None:
            await door.lifecycle.read(session, actor, found.incident_id)
        return await door.suggestions.take(session, actor, found.id)

    state = await committed(door.database, work)
    return RedirectResponse(f"/runs/{state.id}", status_code=303)
