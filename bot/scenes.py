"""Gathers what there is to show of an incident, and of a run."""

from datetime import UTC, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.asks import Question
from tocsin.bot.office import Ask, Links, Office
from tocsin.bot.views.approval import Matter
from tocsin.bot.views.incident import Scene
from tocsin.bot.views.run import Card
from tocsin.incidents import look
from tocsin.incidents.tables import Incident
from tocsin.runbooks import switch
from tocsin.runbooks.state import RunState


async def scene(office: Office, session: AsyncSession, incident: Incident) -> Scene:
    """Return all that there is to show of an incident."""
    return Scene(
        incident=incident,
        organisation=office.organisation,
        url=Links(office.base_url).incident(incident.ref),
        roles=await look.roles(session, incident.id),
        pages=await look.pages(session, incident.id),
    )


async def readable(office: Office, session: AsyncSession, ask: Ask, run_id: str) -> RunState:
    """Return a run; raise NotFound when there is none, or its incident is private and not the asker's."""
    state = await office.runs.read(session, ask.actor, run_id)
    if state.incident_id is not None:
        await office.lifecycle.read(session, ask.actor, state.incident_id)
    return state


async def run_card(office: Office, session: AsyncSession, state: RunState) -> Card:
    """Return all that there is to show of a run."""
    return Card(
        program=await office.programs.read(session, state),
        state=state,
        links=Links(office.base_url),
        now=datetime.now(UTC),
        stop=await switch.current(session),
    )


async def matter(office: Office, session: AsyncSession, state: RunState, question: Question) -> Matter:
    """Return one of a run's questions, with what is shown beside it."""
    program = await office.programs.read(session, state)
    return Matter(question, state, program, Links(office.base_url).run(state.id))
