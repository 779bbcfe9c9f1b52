"""Gathers what there is to show of an incident."""

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.office import Links, Office
from tocsin.bot.views.incident import Scene
from tocsin.incidents import look
from tocsin.incidents.tables import Incident


async def scene(office: Office, session: AsyncSession, incident: Incident) -> Scene:
    """Return all that there is to show of an incident."""
    return Scene(
        incident=incident,
        organisation=office.organisation,
        url=Links(office.base_url).incident(incident.ref),
        roles=await look.roles(session, incident.id),
        pages=await look.pages(session, incident.id),
    )
