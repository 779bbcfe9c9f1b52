"""Shows runs: one message that follows the run, and one for every question it asks."""

from datetime import datetime

import structlog
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.asks import questions
from tocsin.bot.office import Links, Office
from tocsin.bot.places import place_of
from tocsin.bot.reactions import ask_job, show_run_job
from tocsin.bot.speech import Said, Words
from tocsin.bot.views.approval import Matter, approval
from tocsin.bot.views.run import progress
from tocsin.bot.wire import Refused
from tocsin.events import Fact
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.log import Entry
from tocsin.runbooks.fold import fold
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run

logger = structlog.get_logger(__name__)


class RunMessages:
    """The jobs of a run's messages."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def show_run(self, run_id: str) -> None:
        """Post the run's message, or let it say what is."""
        async with self._office.database.transaction() as session:
            state, runbook, _ = await self._run(session, run_id)
            said = await self._kept(session, state, f"run:{run_id}")
        words = progress(state, runbook, Links(self._office.base_url).run(run_id))
        try:
            if said is None:
                await self._post(state, f"run:{run_id}", words, state.requested_at)
            else:
                await self._office.speech.edit(said, words)
        except Refused as refused:
            await self._complain(state, "run's message", refused)

    async def ask_approval(self, run_id: str, digest: str) -> None:
        """Post a question, unless it is no longer asked."""
        async with self._office.database.transaction() as session:
            state, runbook, entries = await self._run(session, run_id)
        for question in questions(entries):
            if question.digest == digest and question.open:
                matter = Matter(question, state, runbook, Links(self._office.base_url).run(run_id))
                asked = next(entry for entry in entries if entry.event is question.request)
                try:
                    await self._post(state, question.artefact, approval(matter), asked.recorded_at)
                except Refused as refused:
                    await self._complain(state, "approval", refused)

    async def show_decision(self, run_id: str) -> None:
        """Let every question's message say what became of it."""
        async with self._office.database.transaction() as session:
            state, runbook, entries = await self._run(session, run_id)
            asked = [(one, await self._kept(session, state, one.artefact)) for one in questions(entries)]
        for question, said in asked:
            if said is not None:
                await self._edit(
                    Matter(question, state, runbook, Links(self._office.base_url).run(run_id)), said
                )

    async def show_all(self, incident_id: str) -> None:
        """Show the incident's runs, now that it is known where: its channel opened, or never will."""
        async with self._office.database.transaction() as session:
            found = await session.exec(select(Run.id).where(Run.incident_id == incident_id))
            for run_id in found.all():
                asked = questions(await self._office.log.read(session, f"run/{run_id}"))
                asks = [ask_job(run_id, question.digest) for question in asked if question.open]
                await self._office.queue.defer(session, [show_run_job(run_id, None), *asks])

    async def _edit(self, matter: Matter, said: Said) -> None:
        try:
            await self._office.speech.edit(said, approval(matter))
        except Refused as refused:
            await self._complain(matter.state, "decision", refused)

    async def _run(self, session: AsyncSession, run_id: str) -> tuple[RunState, Runbook, list[Entry]]:
        entries = await self._office.log.read(session, f"run/{run_id}")
        state = fold(entries)
        runbook = parse(await self._office.revisions.get(session, state.runbook, state.revision))
        return state, runbook, entries

    async def _post(self, state: RunState, artefact: str, words: Words, since: datetime) -> None:
        place = await place_of(self._office, state.incident_id)
        if place is None:
            return  # show_all() comes back when it is known
        said = await self._office.speech.post(place, f"{state.id}:{artefact}", words, since)
        kept = events.MessageKept(artefact=artefact, channel=said.channel, ts=said.ts)
        fact = Fact(
            event=kept,
            source="slack",
            source_ref=f"slack:kept:{artefact}",
            incident_id=state.incident_id,
            run_id=state.id,
        )
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, _stream(state, artefact), [fact])

    async def _kept(self, session: AsyncSession, state: RunState, artefact: str) -> Said | None:
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
        failed = events.ArtefactFailed(artefact=artefact, error=refused.code, mend=refused.mend)
        fact = Fact(
            event=failed,
            source="slack",
            source_ref=f"slack:failed:{artefact}:{state.id}:{refused.code}",
            incident_id=state.incident_id,
        )
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, f"incident/{state.incident_id}", [fact])


def _stream(state: RunState, artefact: str) -> str:
    """Return where a message of the run is stored; never the run's own stream, which its worker guards."""
    return f"incident/{state.incident_id}" if state.incident_id else f"message/{state.id}:{artefact}"
