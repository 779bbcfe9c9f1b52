"""Keeps the pager's side of an incident up to date: a note with our link, and resolved when we are."""

import asyncio
from collections.abc import Iterable

from tocsin.actions.pagerduty import Pager
from tocsin.db import Database
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.events import Event, Fact
from tocsin.events import incident as events
from tocsin.incidents.intake import NOTE_MARK
from tocsin.incidents.look import pages
from tocsin.incidents.tables import Incident
from tocsin.jobs import Job
from tocsin.log import Entry, Log

SOURCE = "pagerduty"


def reactions(entry: Entry) -> Iterable[Job]:
    """Return the jobs of one entry."""
    event, incident_id = entry.event, entry.incident_id or ""
    if isinstance(event, events.AlertReceived) and event.source == SOURCE:
        args: dict[str, str | int] = {"incident_id": incident_id, "dedup_key": event.dedup_key}
        yield Job(task="pager.note", args=args)
    if isinstance(event, events.StatusChanged) and event.after == "resolved":
        yield Job(
            task="pager.resolve", args={"incident_id": incident_id}, merge=f"pager.resolve:{incident_id}"
        )


class PagerDesk:
    """The jobs. ``pager`` is None where no PagerDuty token is set: then they do nothing."""

    def __init__(self, database: Database, log: Log, pager: Pager | None, base_url: str) -> None:
        self._database = database
        self._log = log
        self._pager = pager
        self._base_url = base_url

    async def note(self, incident_id: str, dedup_key: str) -> None:
        """Leave our link at the page."""
        if self._pager is None:
            return
        async with self._database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
        content = f"{NOTE_MARK} {incident.ref}: {self._base_url}/incidents/{incident.ref}"
        try:
            note = await asyncio.to_thread(self._pager.note, dedup_key, content)
        except ActionFailed as error:
            await self._give_up(incident_id, f"note on page {dedup_key}", error)
            return
        noted = events.PagerNoted(dedup_key=dedup_key, note=note)
        await self._append(incident_id, noted, f"pager_note:{dedup_key}")

    async def resolve(self, incident_id: str) -> None:
        """Resolve what is still open at the pager."""
        if self._pager is None:
            return
        async with self._database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
            due = [page for page in await pages(session, incident_id) if page.source == SOURCE]
        for page in due:
            if incident.open or page.status == "resolved":
                continue
            # Said before it is done: its webhook may be back before the call returns.
            resolved = events.PagerResolved(dedup_key=page.dedup_key)
            await self._append(incident_id, resolved, f"pager_resolve:{page.dedup_key}:{page.changed_at}")
        for page in due:
            if not incident.open:
                await self._resolve_there(incident_id, page.dedup_key)

    async def _resolve_there(self, incident_id: str, dedup_key: str) -> None:
        if self._pager is None:
            return
        try:
            await asyncio.to_thread(self._pager.resolve, dedup_key)
        except ActionFailed as error:
            await self._give_up(incident_id, f"resolving page {dedup_key}", error)

    async def _give_up(self, incident_id: str, what: str, error: ActionFailed) -> None:
        """Let the job come back for what may pass; say the rest in the channel, once."""
        if error.retryable:
            raise error
        mend = {
            ErrorClass.DENIED: "Check TOCSIN_PAGERDUTY_API_TOKEN, then do it by hand in PagerDuty.",
            ErrorClass.MISSING: "The page is gone at PagerDuty; there is nothing to do.",
        }.get(error.kind, "Do it by hand in PagerDuty.")
        failed = events.ArtefactFailed(artefact=what, error=str(error), mend=mend)
        await self._append(incident_id, failed, f"artefact_failed:{what}")

    async def _append(self, incident_id: str, event: Event, ref: str) -> None:
        fact = Fact(event=event, source_ref=ref, incident_id=incident_id)
        async with self._database.transaction() as session:
            await self._log.append(session, f"incident/{incident_id}", [fact])
