"""Incidents."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.api.incident_views import (
    IncidentDetail,
    IncidentView,
    TimelineRow,
    incident_detail,
    incident_view,
)
from tocsin.api.lists import INCIDENT_PLACE, Lists
from tocsin.api.paging import Cursor, Limit, Page, cursor_of, place_of
from tocsin.errors import Invalid
from tocsin.incidents.lifecycle import Declaration
from tocsin.postmortems.timeline import Row, timeline

router = APIRouter(prefix="/incidents", tags=["incidents"])
RowPlace = tuple[datetime, int]
"""Where a timeline goes on: after the row of that time, with this log position."""
ROW_PLACE: TypeAdapter[RowPlace] = TypeAdapter(RowPlace)


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Declared(_Body):
    """What it takes to declare an incident."""

    title: str = Field(min_length=1, max_length=200)
    severity: str | None = None
    """Left out: the service's, or the default one."""
    service: str | None = None
    """Slug in the services catalogue."""
    services: tuple[str, ...] = Field(default=(), max_length=20)
    """The first one counts; for callers that think in lists."""
    summary: str = Field(default="", max_length=3000)
    private: bool = False

    def declaration(self) -> Declaration:
        """Return the command; raise Invalid when ``service`` and ``services`` say different things."""
        first = next(iter(self.services), None)
        if self.service is not None and first not in {None, self.service}:
            raise Invalid("`service` and `services` name different services; give one of the two")
        return Declaration(
            title=self.title,
            severity=self.severity,
            service=self.service or first,
            summary=self.summary,
            private=self.private,
        )


class StatusWanted(_Body):
    """A status to move to."""

    status: str
    reason: str = Field(default="", max_length=3000)


class SeverityWanted(_Body):
    """A severity to set."""

    severity: str
    reason: str = Field(default="", max_length=3000)


class Update(_Body):
    """Where things stand, for everybody."""

    message: str = Field(min_length=1, max_length=3000)


class Reason(_Body):
    """Why."""

    reason: str = Field(default="", max_length=3000)


@router.post("", status_code=201, response_model=IncidentView)
async def declare_incident(wanted: Declared, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Declare an incident."""

    async def declare(session: AsyncSession) -> IncidentView:
        incident = await door.lifecycle.declare(session, actor, wanted.declaration())
        return incident_view(door, incident)

    return await once.answer(201, declare)


@router.get("")
async def list_incidents(
    door: TheDoor,
    actor: TheActor,
    status: Annotated[Literal["open", "all"], Query()] = "all",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[IncidentView]:
    """List incidents, the newest first."""
    async with door.database.transaction() as session:
        found, more = await Lists(door, session, actor).incidents(
            status, limit, place_of(cursor, INCIDENT_PLACE)
        )
    return Page(
        items=tuple(incident_view(door, one) for one in found),
        next_cursor=None if more is None else cursor_of(more),
    )


@router.get("/{ref}")
async def get_incident(ref: str, door: TheDoor, actor: TheActor) -> IncidentDetail:
    """Return one incident, by ``INC-12``, number or id, with its roles and pages."""
    async with door.database.transaction() as session:
        return await incident_detail(door, session, await door.lifecycle.read(session, actor, ref))


@router.post("/{ref}/status", response_model=IncidentView)
async def change_status(
    ref: str, wanted: StatusWanted, once: TheOnce, door: TheDoor, actor: TheActor
) -> Response:
    """Move the incident to another status."""

    async def change(session: AsyncSession) -> IncidentView:
        done = await door.lifecycle.change_status(session, actor, ref, wanted.status, wanted.reason)
        return incident_view(door, done)

    return await once.answer(200, change)


@router.post("/{ref}/severity", response_model=IncidentView)
async def change_severity(
    ref: str, wanted: SeverityWanted, once: TheOnce, door: TheDoor, actor: TheActor
) -> Response:
    """Set the severity."""

    async def change(session: AsyncSession) -> IncidentView:
        done = await door.lifecycle.change_severity(session, actor, ref, wanted.severity, wanted.reason)
        return incident_view(door, done)

    return await once.answer(200, change)


@router.post("/{ref}/updates", response_model=IncidentView)
async def post_update(ref: str, update: Update, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Tell everybody where things stand."""

    async def post(session: AsyncSession) -> IncidentView:
        return incident_view(door, await door.lifecycle.post_update(session, actor, ref, update.message))

    return await once.answer(200, post)


@router.post("/{ref}/resolve", response_model=IncidentView)
async def resolve_incident(
    ref: str, once: TheOnce, door: TheDoor, actor: TheActor, why: Reason | None = None
) -> Response:
    """End the incident."""

    async def resolve(session: AsyncSession) -> IncidentView:
        return incident_view(door, await door.lifecycle.resolve(session, actor, ref, _reason(why)))

    return await once.answer(200, resolve)


@router.post("/{ref}/reopen", response_model=IncidentView)
async def reopen_incident(
    ref: str, once: TheOnce, door: TheDoor, actor: TheActor, why: Reason | None = None
) -> Response:
    """Take a resolved incident up again."""

    async def reopen(session: AsyncSession) -> IncidentView:
        return incident_view(door, await door.lifecycle.reopen(session, actor, ref, _reason(why)))

    return await once.answer(200, reopen)


@router.get("/{ref}/timeline")
async def get_timeline(
    ref: str, door: TheDoor, actor: TheActor, limit: Limit = 100, cursor: Cursor = None
) -> Page[TimelineRow]:
    """Return what happened, in the order it happened."""
    place = place_of(cursor, ROW_PLACE)
    async with door.database.transaction() as session:
        incident = await door.lifecycle.read(session, actor, ref)
        entries = await door.log.read_incident(session, incident.id)
    rows = [row for row in timeline(entries) if place is None or _place(row) > place]
    return Page(
        items=tuple(TimelineRow.model_validate(row) for row in rows[:limit]),
        next_cursor=cursor_of(_place(rows[limit - 1])) if len(rows) > limit else None,
    )


def _place(row: Row) -> RowPlace:
    return row.at, row.position


def _reason(why: Reason | None) -> str:
    return why.reason if why else ""
