"""Locks on resources, over all runs: first come, first served, rows in the database and nothing in memory."""

from collections.abc import Collection, Iterable, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import hold
from tocsin.runbooks.tables import Lock


async def guard(session: AsyncSession, resources: Iterable[str]) -> None:
    """Let nobody else change the lines of these resources until the session's transaction ends."""
    for resource in sorted(resources):
        await hold(session, f"line/{resource}")


async def alone(session: AsyncSession) -> None:
    """Let no other run that holds locks ask for more until the session's transaction ends.

    Two that close a circle together would not see each other. To be called before any line is guarded.
    """
    await guard(session, ["runs that wait for each other"])


async def in_front(session: AsyncSession, run_id: str, resources: tuple[str, ...]) -> tuple[str, ...]:
    """Return the runs that hold or await any of the resources before ``run_id``; empty: it may take them.

    The answer stays true until the session's transaction ends.
    """
    await guard(session, resources)
    own = select(Lock.resource).where(Lock.run_id == run_id)
    query = select(Lock).where(col(Lock.resource).in_(resources) | col(Lock.resource).in_(own))
    return tuple(sorted(_ahead((await session.exec(query)).all(), run_id, resources)))


async def closes_circle(session: AsyncSession, run_id: str, ahead: tuple[str, ...]) -> bool:
    """Say whether one of the runs ``ahead`` waits, by way of others or not, for what ``run_id`` holds."""
    lines = (await session.exec(select(Lock))).all()
    reached, edge = set[str](), set(ahead)
    while edge:
        reached |= edge
        edge = set().union(*(_ahead(lines, one, _awaited(lines, one)) for one in edge)) - reached
    return run_id in reached


async def first_in_line(session: AsyncSession) -> list[str]:
    """Return the runs that wait at the head of some line."""
    query = select(Lock).order_by(Lock.resource, col(Lock.held).desc(), col(Lock.position))
    heads: dict[str, Lock] = {}
    for place in (await session.exec(query)).all():
        heads.setdefault(place.resource, place)
    return sorted({place.run_id for place in heads.values() if not place.held})


def _ahead(lines: Sequence[Lock], run_id: str, resources: Collection[str]) -> set[str]:
    """Return who is before the run in these lines.

    Who waits for what the run itself holds is not: that one cannot go first anyway.
    """
    own = {place.resource: place for place in lines if place.run_id == run_id}
    behind = {place.run_id for place in lines if (mine := own.get(place.resource)) and mine.held}
    return {
        place.run_id
        for place in lines
        if place.resource in resources
        and place.run_id != run_id
        and (place.held or (place.run_id not in behind and _is_before(place, own.get(place.resource))))
    }


def _awaited(lines: Sequence[Lock], run_id: str) -> set[str]:
    return {place.resource for place in lines if place.run_id == run_id and not place.held}


def _is_before(place: Lock, own: Lock | None) -> bool:
    return own is None or place.position < own.position
