"""Shows what triggers suggest: one message each, with a button until somebody takes it up."""

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.office import Links, Office
from tocsin.bot.places import place_of
from tocsin.bot.reactions import show_suggestion_job
from tocsin.bot.speech import Said
from tocsin.bot.views.suggestion import suggested
from tocsin.bot.wire import Refused
from tocsin.events import Fact
from tocsin.events import incident as events
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.tables import Suggestion

logger = structlog.get_logger(__name__)


class SuggestionMessages:
    """The jobs of the messages of suggestions."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def show(self, suggestion: str) -> None:
        """Post the suggestion's message, or let it say what became of it."""
        async with self._office.database.transaction() as session:
            found = await session.get_one(Suggestion, suggestion)
            runbook = parse(await self._office.revisions.get(session, found.runbook))
            said = await self._kept(session, found)
        words = suggested(found, runbook, Links(self._office.base_url))
        try:
            if said is not None:
                await self._office.speech.edit(said, words)
                return
            place = await place_of(self._office, found.incident_id)
            if place is not None:  # else show_all() comes back when it is known
                key = f"{found.id}:suggestion"
                await self._keep(found, await self._office.speech.post(place, key, words, found.suggested_at))
        except Refused as refused:
            await self._complain(found, refused)

    async def show_all(self, incident_id: str) -> None:
        """Show what is suggested for the incident, now that it is known where."""
        async with self._office.database.transaction() as session:
            query = select(Suggestion.id).where(Suggestion.incident_id == incident_id)
            open_ones = (await session.exec(query.where(col(Suggestion.run_id).is_(None)))).all()
            await self._office.queue.defer(session, [show_suggestion_job(one) for one in open_ones])

    async def _keep(self, found: Suggestion, said: Said) -> None:
        kept = events.MessageKept(artefact=_artefact(found), channel=said.channel, ts=said.ts)
        ref = f"slack:kept:{_artefact(found)}"
        fact = Fact(event=kept, source="slack", source_ref=ref, incident_id=found.incident_id)
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, _stream(found), [fact])

    async def _kept(self, session: AsyncSession, found: Suggestion) -> Said | None:
        for entry in await self._office.log.read(session, _stream(found)):
            match entry.event:
                case events.MessageKept(artefact=artefact, channel=channel, ts=ts) if artefact == _artefact(
                    found
                ):
                    return Said(channel, ts)
        return None

    async def _complain(self, found: Suggestion, refused: Refused) -> None:
        """Say that it cannot be shown, on the incident if there is one."""
        if found.incident_id is None:
            logger.warning("suggestion_not_shown", suggestion=found.id, error=str(refused))
            return
        failed = events.ArtefactFailed(artefact="suggestion", error=refused.code, mend=refused.mend)
        ref = f"slack:failed:suggestion:{refused.code}"
        fact = Fact(event=failed, source="slack", source_ref=ref, incident_id=found.incident_id)
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, f"incident/{found.incident_id}", [fact])


def _artefact(found: Suggestion) -> str:
    return f"suggestion:{found.id}"


def _stream(found: Suggestion) -> str:
    return f"incident/{found.incident_id}" if found.incident_id else f"message/{_artefact(found)}"
