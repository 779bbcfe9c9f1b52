"""Shows what runs ask people to do by hand or to look at: a message each, edited when it is answered."""

from tocsin.bot.artefacts import Artefacts
from tocsin.bot.human_tasks import human_tasks
from tocsin.bot.office import Office
from tocsin.bot.scenes import run_card
from tocsin.bot.views.human_task import TaskCard, shown
from tocsin.runbooks.fold import fold


class RunTasks:
    """The job of these messages."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._artefacts = Artefacts(office)

    async def show(self, run_id: str) -> None:
        """Post what is asked now, and let the other messages say what became of it."""
        async with self._office.database.transaction() as session:
            entries = await self._office.log.read(session, f"run/{run_id}")
            state, tasks = fold(entries), human_tasks(entries)
            if not tasks:
                return
            card = await run_card(self._office, session, state)
            places = [await self._artefacts.kept(session, state, one.artefact(run_id)) for one in tasks]
        for task, said in zip(tasks, places, strict=True):
            words = shown(TaskCard(task, card))
            if said is not None:
                await self._artefacts.edit(state, task.artefact(run_id), said, words)
            elif task.end is None:
                await self._artefacts.show(state, task.artefact(run_id), words, task.asked.recorded_at)
