"""Shows runs: one message that follows the run, and one for every question it asks."""

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.artefacts import Artefacts
from tocsin.bot.asks import questions
from tocsin.bot.office import Office
from tocsin.bot.reactions import ask_job, show_run_job, show_tasks_job
from tocsin.bot.scenes import matter, run_card
from tocsin.bot.views.approval import approval
from tocsin.bot.views.run import progress
from tocsin.log import Entry
from tocsin.runbooks.fold import fold
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Run


class RunMessages:
    """The jobs of a run's messages."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._artefacts = Artefacts(office)

    async def show_run(self, run_id: str) -> None:
        """Post the run's message, or let it say what is."""
        artefact = f"run:{run_id}"
        async with self._office.database.transaction() as session:
            state, _ = await self._run(session, run_id)
            card = await run_card(self._office, session, state)
            said = await self._artefacts.kept(session, state, artefact)
        words = progress(card)
        if said is None:
            await self._artefacts.show(state, artefact, words, state.requested_at)
        else:
            await self._artefacts.edit(state, artefact, said, words)

    async def ask_approval(self, run_id: str, digest: str) -> None:
        """Post a question, unless it is no longer asked."""
        async with self._office.database.transaction() as session:
            state, entries = await self._run(session, run_id)
            wanted = [one for one in questions(entries) if one.digest == digest and one.open]
            asked = [await matter(self._office, session, state, one) for one in wanted]
        for one in asked:
            request = one.question.request
            since = next(entry.recorded_at for entry in entries if entry.event is request)
            await self._artefacts.show(state, one.question.artefact(run_id), approval(one), since)

    async def show_decision(self, run_id: str) -> None:
        """Let every question's message say what became of it."""
        async with self._office.database.transaction() as session:
            state, entries = await self._run(session, run_id)
            asked = []
            for question in questions(entries):
                said = await self._artefacts.kept(session, state, question.artefact(run_id))
                asked.append((await matter(self._office, session, state, question), said))
        for one, said in asked:
            if said is not None:
                await self._artefacts.edit(state, one.question.artefact(run_id), said, approval(one))

    async def show_all(self, incident_id: str) -> None:
        """Show the incident's runs, now that it is known where: its channel opened, or never will."""
        async with self._office.database.transaction() as session:
            found = await session.exec(select(Run.id).where(Run.incident_id == incident_id))
            for run_id in found.all():
                asked = questions(await self._office.log.read(session, f"run/{run_id}"))
                asks = [ask_job(run_id, question.digest) for question in asked if question.open]
                shows = [show_run_job(run_id, None), show_tasks_job(run_id)]
                await self._office.queue.defer(session, [*shows, *asks])

    async def _run(self, session: AsyncSession, run_id: str) -> tuple[RunState, list[Entry]]:
        entries = await self._office.log.read(session, f"run/{run_id}")
        return fold(entries), entries
