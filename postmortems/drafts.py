"""Drafts and exports: the log's entries in, a document out."""

import asyncio
from collections.abc import Iterable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import Database
from tocsin.errors import NotFound
from tocsin.events import Actor, Fact
from tocsin.events.incident import PostmortemDrafted, StatusChanged
from tocsin.incidents.lifecycle import RESOLVED, Lifecycle
from tocsin.jobs import Job
from tocsin.log import Entry, Log
from tocsin.postmortems.facts import fold
from tocsin.postmortems.render import Format, digest, render

TASK = "postmortems.draft"


def reactions(entry: Entry) -> Iterable[Job]:
    """Ask for a draft when an incident is resolved."""
    if isinstance(entry.event, StatusChanged) and entry.event.after == RESOLVED and entry.incident_id:
        # One draft at a time per incident, so that each knows which versions there are.
        key = f"postmortem:{entry.incident_id}"
        yield Job(task=TASK, args={"incident_id": entry.incident_id}, merge=key, lock=key)


class Drafts:
    """Writes drafts when incidents are resolved, and documents when people ask."""

    def __init__(self, log: Log, database: Database, lifecycle: Lifecycle, base_url: str) -> None:
        self._log = log
        self._database = database
        self._lifecycle = lifecycle
        self._base_url = base_url

    async def draft(self, incident_id: str) -> None:
        """Draft the postmortem of the newest resolution, unless that was done; the log keeps its digest.

        The draft holds what was known at the resolution. Done again, it changes nothing.
        """
        async with self._database.transaction() as session:
            entries = await self._log.read_incident(session, incident_id)
        resolved = _newest_resolution(entries)
        if resolved is None or _is_drafted(resolved, entries):
            return
        known = [entry for entry in entries if entry.position <= resolved.position]
        version = 1 + len(_drafted(entries))
        text = await asyncio.to_thread(self._document, known, "md", version)
        drafted = PostmortemDrafted(version=version, position=resolved.position, digest=digest(text))
        fact = Fact(event=drafted, source_ref=_ref(resolved), incident_id=incident_id)
        async with self._database.transaction() as session:
            await self._log.append(session, f"incident/{incident_id}", [fact])

    async def export(
        self, session: AsyncSession, actor: Actor, ref: str, format: Format, version: int | None = None
    ) -> str:
        """Return the incident's postmortem as a document.

        ``version`` asks for a draft exactly as it was written; None for all that is known now. Raise NotFound
        when there is no such incident or draft, or the incident is private and not the actor's.
        """
        incident = await self._lifecycle.read(session, actor, ref)
        entries = await self._log.read_incident(session, incident.id)
        drafted = _drafted(entries)
        if version is None:
            return await asyncio.to_thread(self._document, entries, format, len(drafted))
        draft = next((one for one in drafted if one.version == version), None)
        if draft is None:
            raise NotFound(f"{incident.ref} has no draft {version}; it has {len(drafted)}")
        known = [entry for entry in entries if entry.position <= draft.position]
        return await asyncio.to_thread(self._document, known, format, version)

    def _document(self, entries: Sequence[Entry], format: Format, version: int) -> str:
        return render(fold(entries, self._base_url, version), format)


def _newest_resolution(entries: Sequence[Entry]) -> Entry | None:
    for entry in reversed(entries):
        if isinstance(entry.event, StatusChanged) and entry.event.after == RESOLVED:
            return entry
    return None


def _drafted(entries: Sequence[Entry]) -> list[PostmortemDrafted]:
    return [entry.event for entry in entries if isinstance(entry.event, PostmortemDrafted)]


def _is_drafted(resolved: Entry, entries: Sequence[Entry]) -> bool:
    return any(entry.source_ref == _ref(resolved) for entry in entries)


def _ref(resolved: Entry) -> str:
    return f"postmortem:{resolved.position}"
