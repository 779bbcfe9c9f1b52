"""Incidents: the list, one of them, and its postmortem."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup

from tocsin.api.auth import TheActor
from tocsin.api.console.pages import page
from tocsin.api.deps import TheDoor
from tocsin.api.incident_views import incident_detail, incident_view
from tocsin.api.lists import Lists
from tocsin.api.live import Seen, ThePulse, changes, size_of
from tocsin.api.run_views import run_view
from tocsin.api.transactions import committed
from tocsin.api.v1.postmortems import MEDIA_TYPES
from tocsin.incidents.lifecycle import Declaration
from tocsin.incidents.tables import Incident
from tocsin.postmortems.render import Format
from tocsin.postmortems.timeline import timeline

router = APIRouter()
SHOWN = 50
ROWS = 200
"""Rows of a timeline on one page; the newest ones."""
RUNS = 20
Text = Annotated[str, Form(max_length=3000)]


@router.get("/")
async def front(
    request: Request,
    door: TheDoor,
    pulse: ThePulse,
    actor: TheActor,
    status: Annotated[Literal["open", "resolved", "all"], Query()] = "all",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show the incidents: the open ones, then those that are over."""
    wanted: tuple[Literal["open", "resolved"], ...] = ("open", "resolved") if status == "all" else (status,)
    sections = []
    seen = await pulse.position()
    async with door.database.transaction() as session:
        lists = Lists(door, session, actor)
        for which in wanted:
            found, more = await lists.incidents(which, SHOWN, before)
            views = [incident_view(door, one) for one in found]
            sections.append(
                {"which": which, "incidents": views, "more": more, "leads": await lists.leads(found)}
            )
    shown = {
        "seen": seen,
        "sections": sections,
        "status": status,
        "before": before,
        "organisation": door.settings.organisation,
    }
    return page(request, "incidents.html.j2", shown)


@router.get("/live", response_class=EventSourceResponse)
async def watch_all(pulse: ThePulse, seen: Seen) -> AsyncIterator[ServerSentEvent]:
    """Say ``changed`` whenever something happens to any incident."""
    async for change in changes(pulse, seen, pulse.position):
        yield change


@router.post("/incidents")
async def declare(
    door: TheDoor,
    actor: TheActor,
    title: Annotated[str, Form(min_length=1, max_length=200)],
    severity: Text = "",
    service: Text = "",
    summary: Text = "",
    private: Annotated[bool, Form()] = False,
) -> Response:
    """Declare an incident and show it."""
    wanted = Declaration(
        title=title, severity=severity or None, service=service or None, summary=summary, private=private
    )
    incident = await committed(door.database, lambda session: door.lifecycle.declare(session, actor, wanted))
    return _back(incident.ref)


@router.get("/incidents/{ref}")
async def show(
    ref: str, request: Request, door: TheDoor, actor: TheActor, all: Annotated[bool, Query()] = False
) -> Response:
    """Show one incident, with its people, pages, runs and timeline."""
    async with door.database.snapshot() as session:
        incident = await door.lifecycle.read(session, actor, ref)
        seen = await size_of(session, incident_id=incident.id)
        detail = await incident_detail(door, session, incident)
        runs, more_runs = await Lists(door, session, actor).runs(RUNS, incident_id=incident.id)
        suggestions = await door.suggestions.open(session, actor, incident)
        rows = timeline(await door.log.read_incident(session, incident.id))
    newest = rows if all else rows[-ROWS:]
    shown = {
        "seen": seen,
        "incident": detail,
        "runs": [run_view(door, run, incident) for run in runs],
        "more_runs": more_runs is not None,
        "suggestions": suggestions,
        "rows": newest[::-1],
        "left_out": len(rows) - len(newest),
        "organisation": door.settings.organisation,
    }
    return page(request, "incident.html.j2", shown)


async def _readable(ref: str, door: TheDoor, actor: TheActor) -> Incident:
    async with door.database.transaction() as session:
        return await door.lifecycle.read(session, actor, ref)


@router.get("/incidents/{ref}/live", response_class=EventSourceResponse)
async def watch(
    door: TheDoor, pulse: ThePulse, seen: Seen, incident: Annotated[Incident, Depends(_readable)]
) -> AsyncIterator[ServerSentEvent]:
    """Say ``changed`` whenever something happens to the incident or its runs."""

    async def look() -> int:
        async with door.database.transaction() as session:
            return await size_of(session, incident_id=incident.id)

    async for change in changes(pulse, seen, look):
        yield change


@router.post("/incidents/{ref}/update")
async def update(ref: str, door: TheDoor, actor: TheActor, message: Text) -> Response:
    """Post an update."""
    await committed(door.database, lambda session: door.lifecycle.post_update(session, actor, ref, message))
    return _back(ref)


@router.post("/incidents/{ref}/status")
async def move(ref: str, door: TheDoor, actor: TheActor, status: Text, reason: Text = "") -> Response:
    """Move to another status."""
    await committed(
        door.database, lambda session: door.lifecycle.change_status(session, actor, ref, status, reason)
    )
    return _back(ref)


@router.post("/incidents/{ref}/severity")
async def grade(ref: str, door: TheDoor, actor: TheActor, severity: Text, reason: Text = "") -> Response:
    """Set the severity."""
    await committed(
        door.database, lambda session: door.lifecycle.change_severity(session, actor, ref, severity, reason)
    )
    return _back(ref)


@router.get("/incidents/{ref}/postmortem")
async def postmortem(ref: str, request: Request, door: TheDoor, actor: TheActor) -> Response:
    """Show the postmortem."""
    async with door.database.transaction() as session:
        incident = await door.lifecycle.read(session, actor, ref)
        document = await door.drafts.export(session, actor, ref, "html")
    shown = {"incident": incident_view(door, incident), "document": _body(document)}
    return page(request, "postmortem.html.j2", shown)


@router.get("/incidents/{ref}/postmortem.{format}")
async def download(ref: str, format: Format, door: TheDoor, actor: TheActor) -> Response:
    """Return the postmortem as a file."""
    async with door.database.transaction() as session:
        incident = await door.lifecycle.read(session, actor, ref)
        document = await door.drafts.export(session, actor, ref, format)
    named = {"Content-Disposition": f'attachment; filename="{incident.ref}-postmortem.{format}"'}
    return Response(document, media_type=MEDIA_TYPES[format], headers=named)


def _body(document: str) -> Markup:
    """Return what stands in a document's header and main part; render has escaped every text in it."""
    head, main = document.partition("</header>")[0], document.partition("<main>")[2]
    inside = f"<header>{head.partition('<header>')[2]}</header>{main.rpartition('</main>')[0]}"
    return Markup(inside)  # noqa: S704


def _back(ref: str) -> Response:
    return RedirectResponse(f"/incidents/{ref}", status_code=303)
