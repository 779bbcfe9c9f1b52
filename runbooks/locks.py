"""Locks on resources, over all runs: first come, first served, rows in the database and nothing in memory."""

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.runbooks.tables import Lock


async def in_front(session: AsyncSession, run_id: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the runs that hold or await any of the resources before ``run_id``; empty: it may take them.

    The answer stays true until the session's transaction ends.
    """
    connection = await session.connection()
    for resource in sorted(resources):
        await connection.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:s, 1))"), {"s": resource}
        )
    line = (await session.exec(select(Lock).where(col(Lock.resource).in_(resources)))).all()
    own = {place.resource: place.position for place in line if place.run_id == run_id}
    ahead = [
        place
        for place in line
        if place.run_id != run_id and (place.held or place.position < own.get(place.resource, 1 << 62))
    ]
    return tuple(sorted({place.run_id for place in ahead}))


async def first_in_line(session: AsyncSession) -> list[str]:
    """Return the runs that wait at the head of some line."""
    query = select(Lock).order_by(Lock.resource, col(Lock.held).desc(), col(Lock.position))
    heads: dict[str, Lock] = {}
    for place in (await session.exec(query)).all():
        heads.setdefault(place.resource, place)
    return sorted({place.run_id for place in heads.values() if not place.held})
