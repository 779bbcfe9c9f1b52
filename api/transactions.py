"""Commands in transactions."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import Database
from tocsin.errors import StaleStream

ResultT = TypeVar("ResultT")
Work = Callable[[AsyncSession], Awaitable[ResultT]]
TRIES = 5


async def committed(database: Database, work: Work[ResultT], tries: int = TRIES) -> ResultT:
    """Do ``work`` in a transaction of its own.

    When another writer was first it is done again, from reading on: a worker moves a run while somebody
    presses a button, and the button's answer does not depend on that. Raise StaleStream after ``tries``.
    """
    try:
        async with database.transaction() as session:
            return await work(session)
    except StaleStream:
        if tries == 1:
            raise
    return await committed(database, work, tries - 1)
