"""Fixtures for all tests: a real PostgreSQL, a database as good as new for each, the house built on it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.shelf import Shelf, named
from tocsin.db import Database, Embedded
from tocsin.main import House
from tocsin.main import house as build_house
from tocsin.settings import Settings, load

pytest_plugins = ["tests.systems", "tests.turns"]

CAREFUL = ("fsync", "full_page_writes", "synchronous_commit")
"""What a server does against power cuts. The tests' one is thrown away, and no test cuts its power."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server whose ``template_tocsin`` database has the schema and the library."""
    # Not under pytest's own folder: every pytest that starts closes that to PostgreSQL's user.
    folder = Path(tempfile.mkdtemp(prefix="tocsin-tests-"))
    embedded = Embedded(folder)
    with psycopg.connect(embedded.url, autocommit=True) as connection:
        for careful in CAREFUL:
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(careful)))
        connection.execute("select pg_reload_conf()")
        connection.execute("create database template_tocsin")
    asyncio.run(_stock(named(embedded.url, "template_tocsin")))
    yield embedded.url
    embedded.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shelf(postgres: str) -> Shelf:
    """The database that the tests of a process take turns with."""
    return Shelf(postgres, "tests", "template_tocsin")


@pytest.fixture
def database_url(shelf: Shelf) -> Iterator[str]:
    """The URL of a database with the whole schema and the library's runbooks, as if nobody had used it."""
    yield shelf.url
    shelf.put_back()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Connections to a fresh database."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def organisation() -> str:
    """The text of ``tocsin.yaml``; a test module may override it."""
    return (Path(__file__).parent / "tocsin.yaml").read_text()


@pytest.fixture
def settings(database_url: str, organisation: str, tmp_path: Path) -> Settings:
    """Settings as an installation would have them, without Slack and PagerDuty."""
    (tmp_path / "tocsin.yaml").write_text(organisation)
    return load(
        {
            "TOCSIN_CONFIG": str(tmp_path / "tocsin.yaml"),
            "TOCSIN_DATABASE_URL": database_url,
            "TOCSIN_PAGERDUTY_WEBHOOK_SECRETS": "new-secret,old-secret",
            "TOCSIN_BOOTSTRAP_TOKEN": "bootstrap-token-of-the-tests",
        }
    )


@pytest.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    """Everything, built on a fresh database; no worker runs."""
    async with build_house(settings) as built:
        yield built


async def _stock(url: str) -> None:
    """Publish the library once, for every test's database to be a copy."""
    async with build_house(Settings(database_url=url)):
        pass
