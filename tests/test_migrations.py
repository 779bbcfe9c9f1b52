"""Upgrades: a database of an older version says the same afterwards, and the same as its log."""

import json
from collections.abc import Mapping

import psycopg
from sqlmodel import select

from tests.runbooks.houses import text
from tests.shelf import named
from tocsin import db
from tocsin.db import Database
from tocsin.jobs import JobQueue, queue_app
from tocsin.log import Log
from tocsin.runbooks import projections
from tocsin.runbooks.load import load
from tocsin.runbooks.tables import Pointer, Revision

OLD, NEW = load(text("pay"), ""), load(text("pay", "look", "rest"), "")
ANA = {"kind": "cli", "id": "ana", "name": "ana", "email": None}
SYSTEM = {"kind": "system", "id": "tocsin", "name": "Tocsin", "email": None}


async def test_what_was_published_stays_so_and_is_what_the_log_says(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("create database test_migrations")
    url = named(postgres, "test_migrations")
    db.upgrade(url, "0005")
    fill(url)
    db.upgrade(url)
    database = Database(url)
    migrated = await rows(database)
    async with database.transaction() as session:
        await projections.empty(session)
        await Log(JobQueue(queue_app(url)), (projections.project,), ()).replay(session)
    assert migrated == await rows(database)
    assert [json.loads(row)["digest"] for row in migrated["pointer"]] == [NEW.digest]
    await database.close()


async def rows(database: Database) -> dict[str, list[str]]:
    async with database.transaction() as session:
        found = {
            table.__tablename__: (await session.exec(select(table))).all() for table in (Revision, Pointer)
        }
    return {str(name): sorted(row.model_dump_json() for row in table) for name, table in found.items()}


def fill(url: str) -> None:
    """Write what the version before wrote when two revisions were recorded and published."""
    with psycopg.connect(url, autocommit=True) as connection:
        for number, runbook in enumerate((OLD, NEW), 1):
            recorded = {
                "type": "revision_recorded",
                "runbook": "pay",
                "digest": runbook.digest,
                "content": runbook.model_dump(mode="json"),
                "text": "as it was written",
                "origin": "pay.yaml",
            }
            append(connection, recorded, ANA)
            published = {
                "type": "revision_published",
                "runbook": "pay",
                "digest": runbook.digest,
                "previous": None if number == 1 else OLD.digest,
            }
            append(connection, published, SYSTEM)
            connection.execute(
                "insert into revision select 'pay', %s, %s, data -> 'content', data ->> 'text', 'pay.yaml', "
                "recorded_at from event where data ->> 'digest' = %s and type = 'revision_recorded'",
                (runbook.digest, number, runbook.digest),
            )
        connection.execute("insert into published values ('pay', %s, false)", (NEW.digest,))


def append(connection: psycopg.Connection, data: Mapping[str, object], actor: Mapping[str, object]) -> None:
    connection.execute(
        "insert into event"
        " (stream, version, type, data, actor, source, occurred_at, recorded_at, prev_hash, hash)"
        " select 'runbook/pay', count(*) + 1, %s, %s, %s, 'cli', now(), now(), '', '' from event",
        (data["type"], json.dumps(data), json.dumps(actor)),
    )
