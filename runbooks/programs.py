"""Programs: revisions made ready to run, kept in memory because they never change."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.registry import Registry
from tocsin.errors import Conflict
from tocsin.runbooks.calendars import Calendars
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import Revisions, parse
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Revision
from tocsin.runbooks.uses import actions_of
from tocsin.runbooks.work import Program, facts_of


class Programs:
    """Finds the program of a run."""

    def __init__(self, revisions: Revisions, registry: Registry, calendars: Calendars) -> None:
        self._revisions = revisions
        self._registry = registry
        self._calendars = calendars
        self._ready: dict[tuple[object, ...], Program] = {}
        self._parsed: dict[str, Runbook] = {}
        self._authors: dict[str, str] = {}
        """Who wrote each revision, by its digest, as approvals name them. Nobody wrote a folder's."""

    async def get(self, session: AsyncSession, state: RunState) -> Program:
        """Return the run's program; raise Conflict when an action changed its meaning since the run began."""
        for uses, version in state.actions.items():
            if self._registry.get(uses).version != version:
                raise Conflict(f"run {state.id[:8]} began with {uses} version {version}, which is no more")
        key = (state.revision, *sorted(state.subs.items()))
        if key not in self._ready:
            runbook = await self._known(session, state.runbook, state.revision)
            self._ready[key] = await self.made(session, runbook, state.subs)
        return self._ready[key]

    async def read(self, session: AsyncSession, state: RunState) -> Program:
        """Return the run's program for who only reads it, without the facts of actions that may be no more.

        Raise NotFound when one of its revisions is not recorded.
        """
        key = ("read", state.revision, *sorted(state.subs.items()))
        if key not in self._ready:
            runbook = await self._known(session, state.runbook, state.revision)
            self._ready[key] = await self.made(session, runbook, state.subs, acting=False)
        return self._ready[key]

    async def made(
        self, session: AsyncSession, runbook: Runbook, pins: Mapping[str, str], *, acting: bool = True
    ) -> Program:
        """Return a runbook's program with those that it calls, each at the revision that is pinned."""
        subs: dict[str, Program] = {}
        for name in sorted({step.runbook for step in runbook.walk() if step.runbook}):
            sub = await self._known(session, name, pins[name])
            subs[name] = await self.made(session, sub, pins, acting=acting)
        facts = {uses: facts_of(self._registry.get(uses)) for uses in actions_of(runbook)} if acting else {}
        return Program(runbook, facts, subs, self._calendars, self._authors.get(runbook.digest))

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
            author = revision.written_by
            if author.kind != "system":
                self._authors[revision.digest] = (author.email or f"{author.kind}:{author.id}").lower()
        return self._parsed[revision.digest]
