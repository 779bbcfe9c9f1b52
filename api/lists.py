"""What is listed: incidents and runs, newest first, without what the reader may not see."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter
from sqlalchemy import tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.deps import Door
from tocsin.errors import NotFound
from tocsin.events import Actor
from tocsin.incidents.tables import Assignment, Incident
from tocsin.runbooks.tables import Run

Which = Literal["open", "resolved", "all"]
RunPlace = tuple[datetime, str]
"""Where the list of runs goes on: after the run requested then, with this id."""
INCIDENT_PLACE = TypeAdapter(int)
RUN_PLACE: TypeAdapter[RunPlace] = TypeAdapter(RunPlace)


class Lists:
    """The lists of one reader, in one transaction."""

    def __init__(self, door: Door, session: AsyncSession, actor: Actor) -> None:
        self._door = door
        self._session = session
        self._actor = actor

    async def incidents(
        self, which: Which, limit: int, before: int | None = None
    ) -> tuple[list[Incident], int | None]:
        """Return at most ``limit`` incidents below number ``before``, and where the next page begins.

        A page is shorter when it would hold private incidents of other people.
        """
        self._door.access.authorize(self._actor, "incident.read")
        query = select(Incident).order_by(col(Incident.number).desc()).limit(limit + 1)
        if which != "all":
            ended = col(Incident.resolved_at)
            query = query.where(ended.is_(None) if which == "open" else ended.is_not(None))
        if before is not None:
            query = query.where(col(Incident.number) < before)
        found = (await self._session.exec(query)).all()
        shown, more = found[:limit], len(found) > limit
        return [one for one in shown if await self._sees(one)], shown[-1].number if more else None

    async def runs(
        self, limit: int, after: RunPlace | None = None, incident_id: str | None = None
    ) -> tuple[list[Run], RunPlace | None]:
        """Return at most ``limit`` runs, and where the next page begins; those of one incident if given."""
        self._door.access.authorize(self._actor, "run.read")
        newest = (col(Run.requested_at).desc(), col(Run.id).desc())
        query = select(Run).order_by(*newest).limit(limit + 1)
        if incident_id is not None:
            query = query.where(Run.incident_id == incident_id)
        if after is not None:
            query = query.where(tuple_(col(Run.requested_at), col(Run.id)) < after)
        found = (await self._session.exec(query)).all()
        shown, more = found[:limit], len(found) > limit
        seen = await self.of_runs(shown)
        kept = [run for run in shown if run.incident_id is None or run.incident_id in seen]
        return kept, (shown[-1].requested_at, shown[-1].id) if more else None

    async def of_runs(self, runs: Iterable[Run]) -> dict[str, Incident]:
        """Return the incidents of the runs that the reader may see, by id."""
        ids = {run.incident_id for run in runs if run.incident_id is not None}
        found = (await self._session.exec(select(Incident).where(col(Incident.id).in_(ids)))).all()
        return {one.id: one for one in found if await self._sees(one)}

    async def leads(self, incidents: Sequence[Incident]) -> dict[str, str]:
        """Return who has the organisation's first role, by incident id."""
        role = next(iter(self._door.settings.organisation.roles), None)
        ids = [one.id for one in incidents]
        query = select(Assignment).where(Assignment.role == role, col(Assignment.incident_id).in_(ids))
        return {one.incident_id: one.person_name for one in (await self._session.exec(query)).all()}

    async def _sees(self, incident: Incident) -> bool:
        if not incident.private:
            return True
        try:
            await self._door.lifecycle.read(self._session, self._actor, incident.id)
        except NotFound:
            return False
        return True
