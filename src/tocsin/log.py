"""The event log: the only way to change anything, and the only history of it."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue, SerializeAsAny
from sqlalchemy import BigInteger, Column, DateTime, Select, bindparam, inspect, select, text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlmodel import Field, SQLModel, col
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin import db
from tocsin.errors import BrokenChain, StaleStream
from tocsin.events import EVENT, Actor, Fact, IncidentEvent, RunbookEvent, RunEvent
from tocsin.jobs import Job, JobQueue
from tocsin.secrets import redact

GENESIS = "0" * 64
"""The hash before a stream's first event."""


class EventRow(SQLModel, table=True):
    """One line of the log."""

    __tablename__ = "event"

    position: int | None = Field(default=None, primary_key=True)
    stream: str
    version: int
    type: str
    data: dict[str, JsonValue] = Field(sa_column=Column(JSONB))
    actor: dict[str, JsonValue] = Field(sa_column=Column(JSONB))
    source: str
    source_ref: str | None = None
    incident_id: str | None = None
    run_id: str | None = None
    occurred_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    prev_hash: str
    hash: str


class Entry(BaseModel):
    """An event as it stands in the log."""

    model_config = ConfigDict(frozen=True)

    position: int
    stream: str
    version: int
    """From 1, without gaps, per stream."""
    event: SerializeAsAny[IncidentEvent | RunEvent | RunbookEvent]
    actor: Actor
    source: str
    source_ref: str | None
    incident_id: str | None
    run_id: str | None
    occurred_at: datetime
    """When it happened."""
    recorded_at: datetime
    """When we learnt it."""
    hash: str


Projector = Callable[[AsyncSession, Sequence[Entry]], Awaitable[None]]
"""Folds entries into tables, in the transaction that appends them."""
Reaction = Callable[[Entry], Iterable[Job]]
"""Says which jobs an entry causes. Pure: it must not look at anything else."""


class Log:
    """Appends events, folds them into the projections and defers their jobs, in one transaction."""

    def __init__(
        self, queue: JobQueue, projectors: Sequence[Projector], reactions: Sequence[Reaction]
    ) -> None:
        self._queue = queue
        self._projectors = projectors
        self._reactions = reactions

    async def append(
        self,
        session: AsyncSession,
        stream: str,
        facts: Sequence[Fact],
        *,
        expected_version: int | None = None,
    ) -> list[Entry]:
        """Add ``facts`` to ``stream``; the caller commits. Return the entries that are new.

        A fact whose ``source_ref`` the stream already has is left out. Raise StaleStream when the stream
        is not at ``expected_version`` (0: it must not exist yet); None means whatever it is at.
        """
        if expected_version == 0 and len(facts) == 1:
            entries = [await self._begin(session, stream, facts[0])]
        else:
            entries = await self._go_on(session, stream, facts, expected_version)
        return await self._settled(session, entries)

    async def extend(
        self, session: AsyncSession, stream: str, facts: Sequence[Fact], *, version: int, head: str
    ) -> list[Entry]:
        """Add ``facts`` to a stream that the caller holds and has read; return the entries.

        ``version`` and ``head`` are version and hash of its newest event. No fact has a ``source_ref``.
        """
        entries = await self._insert(session, stream, facts, version, head)
        return await self._settled(session, entries)

    async def read(self, session: AsyncSession, stream: str, after: int = 0) -> list[Entry]:
        """Return the stream's entries whose version is above ``after``, oldest first."""
        return await _entries(session, _STREAM, stream=stream, after=after)

    async def read_incident(
        self, session: AsyncSession, incident_id: str, upto: int | None = None
    ) -> list[Entry]:
        """Return all that happened in an incident, its runs included, in the order we learnt it."""
        return await _entries(
            session, _INCIDENT, incident_id=incident_id, upto=_NEWEST if upto is None else upto
        )

    async def read_after(
        self, session: AsyncSession, position: int, limit: int, stream: str | None = None
    ) -> list[Entry]:
        """Return at most ``limit`` entries after ``position``, of one stream or of all."""
        if stream is None:
            return await _entries(session, _AFTER, position=position, limit=limit)
        return await _entries(session, _AFTER_IN, stream=stream, position=position, limit=limit)

    async def replay(self, session: AsyncSession) -> int:
        """Fold the whole log into the projections, which the caller has emptied; return how many entries."""
        position, count = 0, 0
        while batch := await self.read_after(session, position, 1000):
            for project in self._projectors:
                await project(session, batch)
            position, count = batch[-1].position, count + len(batch)
        return count

    async def verify(self, session: AsyncSession) -> int:
        """Walk every hash chain and return how many events hold; raise BrokenChain at the first bad one."""
        heads: dict[str, tuple[int, str]] = {}
        position, count = 0, 0
        while rows := await _rows(session, _AFTER, position=position, limit=1000):
            for row in rows:
                heads[row["stream"]] = _check(row, *heads.get(row["stream"], (0, GENESIS)))
            position, count = rows[-1]["position"], count + len(rows)
        return count

    def _caused(self, entry: Entry) -> Iterator[Job]:
        for react in self._reactions:
            for job in react(entry):
                yield job.model_copy(update={"incident_id": entry.incident_id})

    async def hold(self, session: AsyncSession, stream: str) -> None:
        """Keep everybody else from appending to the stream until the session's transaction is over."""
        await db.hold(session, f"stream/{stream}")

    async def _begin(self, session: AsyncSession, stream: str, fact: Fact) -> Entry:
        """Add the first event of a stream. That there is no other is up to the table: nobody is asked."""
        row = _row(fact, stream, 1, GENESIS, datetime.now(UTC))
        position = (await (await session.connection()).execute(_FIRST, row)).scalar_one_or_none()
        if position is None:
            raise StaleStream(f"{stream} has events already")
        return _entry({**row, "position": position})

    async def _go_on(
        self, session: AsyncSession, stream: str, facts: Sequence[Fact], expected_version: int | None
    ) -> list[Entry]:
        """Add events to a stream that nobody else can add to meanwhile."""
        await self.hold(session, stream)
        version, prev_hash, known = await self._head(session, stream, facts)
        if expected_version is not None and version != expected_version:
            raise StaleStream(f"{stream} is at version {version}, not {expected_version}")
        new = [fact for fact in facts if fact.source_ref is None or fact.source_ref not in known]
        return await self._insert(session, stream, new, version, prev_hash)

    async def _insert(
        self, session: AsyncSession, stream: str, facts: Sequence[Fact], version: int, prev_hash: str
    ) -> list[Entry]:
        now, rows = datetime.now(UTC), []
        for number, fact in enumerate(facts, version + 1):
            rows.append(_row(fact, stream, number, prev_hash, now))
            prev_hash = str(rows[-1]["hash"])
        if not rows:
            return []
        positions = (await (await session.connection()).execute(_NEXT, rows)).scalars().all()
        return [_entry({**row, "position": at}) for row, at in zip(rows, positions, strict=True)]

    async def _settled(self, session: AsyncSession, entries: list[Entry]) -> list[Entry]:
        """Return entries that are new, once they are folded and their jobs deferred."""
        for project in self._projectors:
            await project(session, entries)
        await self._queue.defer(session, [job for entry in entries for job in self._caused(entry)])
        return entries

    async def _head(
        self, session: AsyncSession, stream: str, facts: Sequence[Fact]
    ) -> tuple[int, str, frozenset[str]]:
        """Return version and hash of the newest event, and which of the facts the stream has already.

        A statement of its own, after the lock's: it must see what the lock's last holder committed.
        """
        refs = [fact.source_ref for fact in facts if fact.source_ref is not None]
        connection = await session.connection()
        head = (await connection.execute(_HEAD, {"stream": stream, "refs": refs})).first()
        return (head.version, head.hash, frozenset(head.known)) if head else (0, GENESIS, frozenset())


_FIRST = insert(EventRow).on_conflict_do_nothing().returning(col(EventRow.position))
_NEXT = insert(EventRow).returning(col(EventRow.position), sort_by_parameter_order=True)
_HEAD = text(
    """
    select version, hash, array(
        select source_ref from event where stream = :stream and source_ref = any(cast(:refs as text[]))
    ) as known
    from event where stream = :stream order by version desc limit 1
    """
)


_NEWEST = 2**63 - 1
"""A position that no event has yet."""
# Prepared once: writing such a statement down takes longer than the database needs for it.
_EVENT = inspect(EventRow).local_table.c
_READ = select(*_EVENT).order_by(_EVENT.position)
_STREAM = _READ.where(_EVENT.stream == bindparam("stream"), _EVENT.version > bindparam("after"))
_INCIDENT = _READ.where(
    _EVENT.incident_id == bindparam("incident_id"), _EVENT.position <= bindparam("upto", type_=BigInteger)
)
_AFTER = _READ.where(_EVENT.position > bindparam("position", type_=BigInteger)).limit(bindparam("limit"))
_AFTER_IN = _AFTER.where(_EVENT.stream == bindparam("stream"))


async def _rows(session: AsyncSession, query: Select[Any], **given: str | int) -> list[dict[str, Any]]:
    found = await (await session.connection()).execute(query, given)
    return [dict(row) for row in found.mappings()]


async def _entries(session: AsyncSession, query: Select[Any], **given: str | int) -> list[Entry]:
    return [_entry(row) for row in await _rows(session, query, **given)]


def _row(fact: Fact, stream: str, version: int, prev_hash: str, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {
        "stream": stream,
        "version": version,
        "type": fact.event.type,  # type: ignore[attr-defined]  # every member of the union has one
        "data": _exact(redact(fact.event.model_dump(mode="json"))),
        "actor": _exact(redact(fact.actor.model_dump(mode="json"))),
        "source": fact.source,
        "source_ref": fact.source_ref,
        "incident_id": fact.incident_id,
        "run_id": fact.run_id,
        "occurred_at": fact.occurred_at or now,
        "recorded_at": now,
        "prev_hash": prev_hash,
    }
    return {**row, "hash": _hash(row)}


def _entry(row: dict[str, object]) -> Entry:
    return Entry.model_validate({**row, "event": EVENT.validate_python(row["data"])})


def _hash(row: dict[str, object]) -> str:
    """Return the SHA-256 over the row's canonical JSON, the hash before it included."""
    said = {key: value for key, value in row.items() if key not in {"position", "hash"}}
    line = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_instant)
    return hashlib.sha256(line.encode()).hexdigest()


def _instant(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} has no canonical form")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _exact(value: JsonValue) -> JsonValue:
    """Return ``value`` as jsonb gives it back, so that the hash can be taken again."""
    if isinstance(value, dict):
        return {key.replace("\0", ""): _exact(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _check(row: dict[str, Any], version: int, prev_hash: str) -> tuple[int, str]:
    follows = (row["version"], row["prev_hash"]) == (version + 1, prev_hash)
    if not follows or row["hash"] != _hash(row):
        named = f"event {row['position']} (version {row['version']} of {row['stream']})"
        raise BrokenChain(f"{named} does not match its hash")
    return row["version"], row["hash"]
