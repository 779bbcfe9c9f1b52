"""How a runbook did of late: triggers of one that keeps failing ask before they change anything."""

from collections.abc import Iterable
from typing import Literal, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.db import Database, hold
from tocsin.errors import Conflict
from tocsin.events import Actor, Fact
from tocsin.events import runbook as events
from tocsin.events.run import RunFinished
from tocsin.incidents.tables import Incident
from tocsin.jobs import Job
from tocsin.log import Entry, Log
from tocsin.runbooks.revisions import Revisions, parse
from tocsin.runbooks.tables import Run, Standing

ModeT = TypeVar("ModeT", bound=str)
_GOOD = frozenset({"succeeded", "cancelled", "expired"})


def mode_now(mode: ModeT, standing: Standing | None, limit: int) -> ModeT | Literal["propose"]:
    """Return the mode that a trigger has now: ``auto`` is ``propose`` after ``limit`` failures in a row.

    ``standing`` is None for a runbook that did not fail of late; a ``limit`` of 0 demotes nobody.
    """
    failing = standing is not None and (standing.demoted or 0 < limit <= standing.failures)
    return "propose" if failing and mode == "auto" else mode


def reactions(entry: Entry) -> Iterable[Job]:
    """Return the job that looks at a runbook one of whose runs failed."""
    if isinstance(entry.event, RunFinished) and entry.event.status not in _GOOD and entry.run_id is not None:
        yield Job(task="runbooks.judge", args={"run_id": entry.run_id})


class Standings:
    """Says when a runbook's triggers only propose, and lets them act again."""

    def __init__(
        self, database: Database, log: Log, access: Access, revisions: Revisions, limit: int
    ) -> None:
        self._database = database
        self._log = log
        self._access = access
        self._revisions = revisions
        self._limit = limit

    def only_proposes(self, standing: Standing | None) -> bool:
        """Say whether triggers in ``auto`` mode only propose now."""
        return mode_now("auto", standing, self._limit) != "auto"

    async def judge(self, run_id: str) -> None:
        """Say it, once, when a run was the last of too many that failed: in its incident, or to everybody."""
        async with self._database.transaction() as session:
            run = await session.get_one(Run, run_id)
            await hold(session, f"standing/{run.runbook}")  # two that failed together say it once
            standing = await session.get(Standing, run.runbook)
            news = standing is not None and not standing.demoted and self.only_proposes(standing)
            if standing is None or not news or not await self._acts(session, run):
                return
            demoted = events.TriggersDemoted(
                runbook=run.runbook, digest=run.revision, failures=standing.failures
            )
            incident = await session.get(Incident, run.incident_id) if run.incident_id else None
            told = incident.id if incident is not None and not incident.private else None
            fact = Fact(event=demoted, incident_id=told, source_ref=f"demoted:{run_id}")
            await self._log.append(session, f"incident/{told}" if told else "system", [fact])

    async def rearm(self, session: AsyncSession, actor: Actor, runbook: str, reason: str = "") -> None:
        """Let a runbook's triggers act by themselves again; raise Conflict when they do."""
        self._access.authorize(actor, "runbook.publish")
        await self._revisions.get(session, runbook)
        if await session.get(Standing, runbook) is None:
            raise Conflict(f"the triggers of {runbook} act as they are written; nothing was changed")
        rearmed = events.TriggersRearmed(runbook=runbook, reason=reason.strip())
        fact = Fact(event=rearmed, actor=actor, source=actor.kind)
        await self._log.append(session, f"runbook/{runbook}", [fact])

    async def _acts(self, session: AsyncSession, run: Run) -> bool:
        """Say whether a trigger of what is published acts by itself, and that is what failed."""
        runbook = parse(await self._revisions.get(session, run.runbook, run.revision))
        return any(trigger.mode == "auto" for trigger in runbook.on)
