"""Programs: revisions made ready to run, kept in memory because they never change."""

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.registry import Registry
from tocsin.errors import Conflict
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import Revisions, parse
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Revision
from tocsin.runbooks.work import ActionFacts, Program


class Programs:
    """Finds the program of a run."""

    def __init__(self, revisions: Revisions, registry: Registry) -> None:
        self._revisions = revisions
        self._registry = registry
        self._ready: dict[str, Program] = {}
        self._parsed: dict[str, Runbook] = {}

    async def get(self, session: AsyncSession, state: RunState) -> Program:
        """Return the run's program; raise Conflict when an action changed its meaning since the run began."""
        for uses, version in state.actions.items():
            if self._registry.get(uses).version != version:
                raise Conflict(f"run {state.id[:8]} began with {uses} version {version}, which is no more")
        if state.revision not in self._ready:
            revision = await self._revisions.get(session, state.runbook, state.revision)
            self._ready[state.revision] = self.program(self.runbook(revision))
        return self._ready[state.revision]

    async def published(self, session: AsyncSession) -> list[Runbook]:
        """Return every published runbook, by name."""
        return [await self._known(session, *one) for one in await self._revisions.published_digests(session)]

    async def _known(self, session: AsyncSession, name: str, digest: str) -> Runbook:
        """Return a revision's runbook, asking the database only for one that is new here."""
        if digest not in self._parsed:
            self.runbook(await self._revisions.get(session, name, digest))
        return self._parsed[digest]

    def runbook(self, revision: Revision) -> Runbook:
        """Return a revision's runbook."""
        if revision.digest not in self._parsed:
            self._parsed[revision.digest] = parse(revision)
        return self._parsed[revision.digest]

    def program(self, runbook: Runbook) -> Program:
        """Return a runbook with the facts of its actions; raise NotFound when one is unknown."""
        used = {step.uses for step in runbook.steps if step.uses}
        return Program(runbook=runbook, facts={uses: self._facts(uses) for uses in used})

    def _facts(self, uses: str) -> ActionFacts:
        action = self._registry.get(uses)
        return ActionFacts(
            effect=action.effect, risk=action.risk, undoable=action.undoable(), settle=action.settle
        )
