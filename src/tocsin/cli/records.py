"""``tocsin audit`` and ``tocsin db``: the log itself, and what is folded from it."""

import time

import typer
from sqlalchemy import text
from sqlmodel import col, func, select

from tocsin.cli.opening import actor, opened
from tocsin.cli.printing import waiting
from tocsin.log import EventRow


async def verify() -> None:
    """Walk the hash chain of every stream.

    Exits with 1, and the position of the first event that does not match, when somebody changed the log.

    Example: `tocsin audit verify`
    """
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "audit.read")
        begun = time.monotonic()
        with waiting("Walking the hash chains"):
            events = await house.log.verify(session)
            streams = (await session.exec(select(func.count(func.distinct(col(EventRow.stream)))))).one()
    typer.echo(f"{events} events in {streams} streams match their hashes ({time.monotonic() - begun:.1f} s)")


async def upgrade() -> None:
    """Bring the schema up to date.

    Every command does that when it starts, one process at a time; this one does nothing else.

    Example: `tocsin db upgrade`
    """
    async with opened() as house, house.database.transaction() as session:
        connection = await session.connection()
        revision = (await connection.execute(text("select version_num from alembic_version"))).scalar_one()
    typer.echo(f"the schema is at {revision}, which is the newest")


async def rebuild() -> None:
    """Fold every table again from the log.

    All in one transaction: others see the tables as they were until it ends.

    Example: `tocsin db rebuild`
    """
    begun = time.monotonic()
    async with opened() as house, house.database.transaction() as session:
        house.access.authorize(actor(), "audit.read")
        with waiting("Folding the log"):
            events = await house.rebuild(session)
    typer.echo(f"every table is folded again from {events} events ({time.monotonic() - begun:.1f} s)")
