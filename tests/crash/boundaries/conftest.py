"""Fixtures of the campaign: a far side, and a house whose connections nobody takes for a worker's."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack

import psycopg
import pytest
from psycopg import sql

from tests.crash.boundaries.campaign import Campaign
from tests.crash.boundaries.ledger import Ledger, build
from tests.shelf import named
from tocsin import db, jobs
from tocsin.main import house as build_house
from tocsin.settings import Settings

Muster = Callable[..., Campaign]
"""Begins a campaign: with so many workers, and a mistake planted in them or none."""


@pytest.fixture
def ledger_url(postgres: str, database_url: str) -> Iterator[str]:
    """The URL of a far side on which nothing has happened yet."""
    name = database_url.rpartition("/")[2].partition("?")[0] + "_ledger"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        build(named(postgres, name))
        yield named(postgres, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
async def muster(
    database_url: str, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Muster]:
    # A worker that finds itself alone takes over at once what a dead one left; people are no workers.
    monkeypatch.setattr(db, "process", lambda: "people")
    monkeypatch.setattr(jobs, "process", lambda: "people")
    ledger = Ledger(ledger_url)
    async with build_house(Settings(database_url=database_url)) as house:
        with ExitStack() as stack:

            def begin(workers: int, plant: str = "") -> Campaign:
                campaign = Campaign(house, ledger, ledger_url, workers, plant)
                stack.callback(campaign.stop)
                return campaign

            yield begin
    ledger.close()
