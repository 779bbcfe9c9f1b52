"""The same POST twice is one command: ``Idempotency-Key``.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Column, DateTime, delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.transactions import Work, committed
from tocsin.db import Database
from tocsin.errors import Invalid

KEPT = timedelta(days=7)
"""How long an answer can be asked for again."""


class Answer(SQLModel, table=True):
    """What a POST with a key was answered. No projection: it is not in the log, and may be forgotten."""

    __tablename__ = "idempotency"

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request: str
    """SHA-256 of method, path and body: a key is for one request."""
    status: int = 0
    body: str = ""
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))


@dataclass(frozen=True)
class Once:
    """Does a command and stores its answer in one transaction; the second time it only answers."""

    database: Database
    caller: str
    key: str | None
    request: str

    async def answer(self, status: int, work: Work[BaseModel]) -> Response:
        """Return what ``work`` returns as JSON; raise Invalid when the key was used for something else.

        A command that fails stores nothing, and the key can be used again.
        """

        async def claimed(session: AsyncSession) -> tuple[int, str]:
            known = await self._claim(session)
            if known is not None:
                return known.status, known.body
            body = (await work(session)).model_dump_json()
            await self._store(session, status, body)
            return status, body

        code, body = await committed(self.database, claimed)
        return Response(body, status_code=code, media_type="application/json")

    async def _claim(self, session: AsyncSession) -> Answer | None:
        """Take the key, waiting for whoever is at it; return the answer if there is one."""
        if self.key is None:
            return None
        now = datetime.now(UTC)
        await session.exec(delete(Answer).where(col(Answer.created_at) < now - KEPT))
        mine = {"caller": self.caller, "key": self.key, "request": self.request, "created_at": now}
        taking = insert(Answer).values(status=0, body="", **mine).on_conflict_do_nothing()
        taken = await (await session.connection()).execute(taking.returning(col(Answer.key)))
        if taken.first() is not None:
            return None
        known = await session.get_one(Answer, (self.caller, self.key))
        if known.request != self.request:
            raise Invalid(
                "this Idempotency-Key was used for another request; nothing was done. Take a new key."
            )
        return known

    async def _store(self, session: AsyncSession, status: int, body: str) -> None:
        if self.key is not None:
            answer = await session.get_one(Answer, (self.caller, self.key))
            answer.status, answer.body = status, body
            session.add(answer)


async def _once(
    request: Request,
    door: TheDoor,
    actor: TheActor,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=255)] = None,
) -> Once:
    """Return the request's chance to be done once."""
    said: Sequence[bytes] = (request.method.encode(), request.url.path.encode(), await request.body())
    digest = hashlib.sha256(b"\0".join(said)).hexdigest()
    return Once(door.database, f"{actor.kind}:{actor.id}", idempotency_key, digest)


TheOnce = Annotated[Once, Depends(_once)]
