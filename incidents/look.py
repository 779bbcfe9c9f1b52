"""Looking incidents up."""

import re

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.errors import NotFound
from tocsin.incidents.tables import Assignment, Incident, Kept, Page


async def find(session: AsyncSession, ref: str) -> Incident:
    """Return the incident with this ref (``INC-12``, ``12``), id or channel id; raise NotFound otherwise."""
    number = re.fullmatch(r"(?:INC-)?(\d{1,9})", ref, re.IGNORECASE)
    if number:
        where = col(Incident.number) == int(number[1])
    else:
        where = (col(Incident.id) == ref) | (col(Incident.channel) == ref)
    found = (await session.exec(select(Incident).where(where))).first()
    if found is None:
        raise NotFound(f"there is no incident {ref}")
    return found


async def of_channel(session: AsyncSession, channel: str) -> Incident | None:
    """Return the incident whose channel this is, or None."""
    return (await session.exec(select(Incident).where(Incident.channel == channel))).first()


async def newest(session: AsyncSession, limit: int, only_open: bool = False) -> list[Incident]:
    """Return the newest public incidents."""
    query = select(Incident).where(col(Incident.private).is_(False))
    if only_open:
        query = query.where(col(Incident.resolved_at).is_(None))
    return list((await session.exec(query.order_by(col(Incident.number).desc()).limit(limit))).all())


async def pages(session: AsyncSession, incident_id: str) -> list[Page]:
    """Return the pages of an incident."""
    return list((await session.exec(select(Page).where(Page.incident_id == incident_id))).all())


async def kept(session: AsyncSession, incident_id: str) -> dict[str, Kept]:
    """Return the incident's messages that are edited in place, by artefact."""
    rows = (await session.exec(select(Kept).where(Kept.incident_id == incident_id))).all()
    return {row.artefact: row for row in rows}


async def roles(session: AsyncSession, incident_id: str) -> list[Assignment]:
    """Return who has which role."""
    query = select(Assignment).where(Assignment.incident_id == incident_id)
    return list((await session.exec(query.order_by(col(Assignment.role)))).all())
