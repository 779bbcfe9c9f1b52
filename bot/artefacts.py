"""Where a run's messages stand: each is posted once, and its place is kept in the log."""

from datetime import datetime

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.office import Office
from tocsin.bot.places import place_of
from tocsin.bot.speech import Said, Words
from tocsin.bot.wire import Refused
from tocsin.events import Fact
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.runbooks.state import RunState

logger = structlog.get_logger(__name__)


class Artefacts:
    """The messages of runs, each by a name of its own."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def show(self, state: RunState, artefact: str, words: Words, since: datetime) -> None:
        """Post a message, unless it is not known yet where: the opening of the channel comes back to it."""
        try:
            place = await place_of(self._office, state.incident_id)
            if place is None:
                return
            said = await self._office.speech.post(place, f"{state.id}:{artefact}", words, since)
        except Refused as refused:
            await self._complain(state, artefact, refused)
            return
        kept = events.MessageKept(artefact=artefact, channel=said.channel, ts=said.ts)
        fact = Fact(
            event=kept,
            source="slack",
            source_ref=f"slack:kept:{state.id}:{artefact}",
            incident_id=state.incident_id,
            run_id=state.id,
        )
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, _stream(state, artefact), [fact])

    async def edit(self, state: RunState, artefact: str, said: Said, words: Words) -> None:
        """Let a message say something else."""
        try:
            await self._office.speech.edit(said, words)
        except Refused as refused:
            await self._complain(state, artefact, refused)

    async def kept(self, session: AsyncSession, state: RunState, artefact: str) -> Said | None:
        """Return where the message stands; None: it was not posted yet."""
        if state.incident_id is not None:
            row = (await look.kept(session, state.incident_id)).get(artefact)
            return Said(row.channel, row.ts) if row else None
        for entry in await self._office.log.read(session, _stream(state, artefact)):
            match entry.event:
                case events.MessageKept(artefact=found, channel=channel, ts=ts) if found == artefact:
                    return Said(channel, ts)
        return None

    async def _complain(self, state: RunState, artefact: str, refused: Refused) -> None:
        """Say that the run cannot be shown, on the incident if there is one. The run goes on."""
        if state.incident_id is None:
            logger.warning("run_not_shown", run=state.id, artefact=artefact, error=str(refused))
            return
        failed = events.ArtefactFailed(artefact=_named(artefact), error=refused.code, mend=refused.mend)
        fact = Fact(
            event=failed,
            source="slack",
            source_ref=f"slack:failed:{_named(artefact)}:{state.id}:{refused.code}",
            incident_id=state.incident_id,
        )
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, f"incident/{state.incident_id}", [fact])


def _named(artefact: str) -> str:
    """Return what people call the message."""
    sort = artefact.partition(":")[0]
    return {"run": "run's message", "approval": "approval", "task": "task of a run"}[sort]


def _stream(state: RunState, artefact: str) -> str:
    """Return where a message of the run is stored; never the run's own stream, which its worker guards."""
    return f"incident/{state.incident_id}" if state.incident_id else f"message/{state.id}:{artefact}"
