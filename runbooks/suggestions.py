"""What triggers suggest, and people who take it up: command → authorize → event. The caller commits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.db import hold
from tocsin.errors import Conflict, NotFound
from tocsin.events import Actor
from tocsin.events.starting import RunSuggested
from tocsin.incidents.tables import Incident
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.occasions import Scope
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tables import Suggestion
from tocsin.runbooks.triggers import Setting

_SHOWN = 20
_FRESH = timedelta(days=1)
"""How long what belongs to no incident is worth a look."""


class Suggestions:
    """The commands on suggestions, the same for every door."""

    def __init__(self, setting: Setting, access: Access) -> None:
        self._setting = setting
        self._access = access

    async def open(
        self, session: AsyncSession, actor: Actor, incident: Incident | None
    ) -> Sequence[Suggestion]:
        """Return what nobody has taken up, the newest first: of an incident, or what belongs to none."""
        self._access.authorize(actor, "run.read")
        query = select(Suggestion).where(col(Suggestion.run_id).is_(None))
        if incident is not None:
            query = query.where(Suggestion.incident_id == incident.id)
        else:
            since = datetime.now(UTC) - _FRESH
            query = query.where(col(Suggestion.incident_id).is_(None), col(Suggestion.suggested_at) > since)
        return (await session.exec(query.order_by(col(Suggestion.position).desc()).limit(_SHOWN))).all()

    async def read(self, session: AsyncSession, actor: Actor, suggestion_id: str) -> Suggestion:
        """Return a suggestion; raise NotFound."""
        self._access.authorize(actor, "run.read")
        found = await session.get(Suggestion, suggestion_id, populate_existing=True)
        if found is None:
            raise NotFound("there is no such suggestion; nothing was started")
        return found

    async def take(self, session: AsyncSession, actor: Actor, suggestion_id: str) -> RunState:
        """Start what is suggested, as the actor; raise Conflict when somebody did already."""
        await hold(session, f"suggestion/{suggestion_id}")
        found = await self.read(session, actor, suggestion_id)
        if found.run_id is not None:
            raise Conflict(f"{found.taken_by} has started this already: run {found.run_id[:8]}")
        [entry] = await self._setting.log.read_after(session, found.position - 1, 1)
        assert isinstance(entry.event, RunSuggested)  # noqa: S101  # the projection is of such events
        request = RunRequest(
            runbook=found.runbook,
            inputs=entry.event.inputs,
            incident_id=found.incident_id,
            trigger="suggestion",
            scope=await self._scope(session, found, entry.event.scope),
            suggestion=found.id,
        )
        return await self._setting.runs.start(session, actor, request)

    async def _scope(self, session: AsyncSession, found: Suggestion, then: Scope) -> Scope:
        """Return what was seen when it was suggested, with the incident as it is now."""
        before = then.get("incident")
        if found.incident_id is None or not isinstance(before, dict):
            return then
        seen = self._setting.seen(await session.get_one(Incident, found.incident_id))
        return {**then, "incident": {**seen, "pagerduty_id": before.get("pagerduty_id")}}
