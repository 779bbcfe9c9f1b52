"""What readers are told of an incident, as JSON and on pages."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.deps import Door
from tocsin.incidents import look
from tocsin.incidents.tables import Incident
from tocsin.postmortems.texts import WebUrl


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class IncidentView(_View):
    """An incident as it stands."""

    id: str
    ref: str
    """What people call it: ``INC-12``."""
    number: int
    title: str
    severity: str
    status: str
    open: bool
    summary: str
    update: str
    """The newest update somebody posted; empty before the first."""
    service: str | None
    private: bool
    opened_by: str
    opened_at: datetime
    resolved_at: datetime | None
    changed_at: datetime
    channel: str | None
    """Id of its Slack channel."""
    channel_name: str | None
    url: str
    """Its page in the console."""


class RoleView(_View):
    """Who has a role now."""

    role: str
    person: str
    """A Slack user id, or an email where there is none."""
    person_name: str


class PageView(_View):
    """A pager's incident that belongs to this one."""

    source: str
    dedup_key: str
    """The pager's own id of it."""
    title: str
    status: str
    url: WebUrl
    changed_at: datetime


class IncidentDetail(IncidentView):
    """An incident with its people and its pages."""

    roles: tuple[RoleView, ...]
    pages: tuple[PageView, ...]


class TimelineRow(_View):
    """One thing that happened, in one sentence."""

    at: datetime
    elapsed: timedelta
    """Since the incident was opened; negative before that."""
    kind: str
    text: str
    actor: str
    actor_role: str | None
    source: str
    permalink: WebUrl
    position: int
    """Of the log entry: the row's stable name."""
    recorded_at: datetime | None
    """When Tocsin learnt it, if that was more than five minutes later."""
    run_id: str | None
    step: str | None
    times: int
    until: datetime | None


def incident_view(door: Door, incident: Incident) -> IncidentView:
    """Return what a list tells of an incident."""
    return IncidentView(**_told(door, incident))


async def incident_detail(door: Door, session: AsyncSession, incident: Incident) -> IncidentDetail:
    """Return what its own page tells."""
    roles = await look.roles(session, incident.id)
    pages = sorted(await look.pages(session, incident.id), key=lambda page: page.dedup_key)
    return IncidentDetail(
        **_told(door, incident),
        roles=tuple(RoleView.model_validate(one) for one in roles),
        pages=tuple(PageView.model_validate(one) for one in pages),
    )


def _told(door: Door, incident: Incident) -> dict[str, object]:
    names = set(IncidentView.model_fields) - {"url"}
    said = {name: getattr(incident, name) for name in names}
    return {**said, "url": f"{door.settings.base_url}/incidents/{incident.ref}"}
