"""The database: who holds the embedded server, who else is connected, and what a frozen process may hold."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from tocsin.db import Database, Embedded

HOLD = """
import sys, time
from pathlib import Path
from tocsin.db import Embedded

Embedded(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not under pytest's own folder: every pytest that starts closes that to PostgreSQL's user.
    made = Path(tempfile.mkdtemp(prefix="tocsin-db-"))
    yield made
    shutil.rmtree(made)


def test_the_embedded_server_ends_with_its_last_holder_though_another_one_was_killed(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        embedded = Embedded(folder)
        killed.kill()
    embedded.stop()
    assert not (folder / "postgres" / "postmaster.pid").exists()


async def test_a_process_is_alone_though_it_has_many_connections(database: Database) -> None:
    async with database.transaction() as session:
        await (await session.connection()).execute(text("select 1"))
        assert await database.is_alone()


async def test_a_process_is_not_alone_beside_another_one(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, application_name="tocsin 7@elsewhere"):
        assert not await database.is_alone()


async def test_people_who_look_into_the_database_are_no_process_of_tocsin(
    database: Database, database_url: str
) -> None:
    with psycopg.connect(database_url, application_name="psql"):
        assert await database.is_alone()


async def test_a_transaction_does_not_wait_for_a_frozen_process_for_ever(database: Database) -> None:
    async with database.transaction() as session:
        found = await (await session.connection()).execute(text("show idle_in_transaction_session_timeout"))
        assert found.scalar_one() == "20s"
