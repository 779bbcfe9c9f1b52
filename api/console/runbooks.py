"""Runbooks: what is published, and starting one."""

from functools import cache
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.console.pages import page
from tocsin.api.deps import TheDoor
from tocsin.api.transactions import committed
from tocsin.runbooks.commands import RunRequest
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.state import RunState

router = APIRouter(prefix="/runbooks")
SHOWN = 100
_INPUT = "input."
"""Before the names of the form's fields that are the runbook's inputs."""


@router.get("")
async def front(
    request: Request, door: TheDoor, actor: TheActor, after: str = "", incident: str = ""
) -> Response:
    """Show the published runbooks."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        published = [one for one in await door.revisions.published(session) if one.runbook > after]
    listed = [(parse(one), one) for one in published[:SHOWN]]
    more = published[SHOWN - 1].runbook if len(published) > SHOWN else None
    return page(request, "runbooks.html.j2", {"runbooks": listed, "more": more, "incident": incident})


@router.get("/{name}")
async def show(name: str, request: Request, door: TheDoor, actor: TheActor, incident: str = "") -> Response:
    """Show one runbook: a form to start it, and the checklist to follow by hand."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        revision = await door.revisions.get(session, name)
    runbook = parse(revision)
    checklist = as_markdown(runbook, revision.digest, door.registry)
    shown = {
        "runbook": runbook,
        "revision": revision,
        "checklist": Markup(_markdown().render(checklist)),  # noqa: S704  # it lets no HTML through
        "incident": incident,
    }
    return page(request, "runbook.html.j2", shown)


@router.post("/{name}/run")
async def start(
    name: str, request: Request, door: TheDoor, actor: TheActor, incident: Annotated[str, Form()] = ""
) -> Response:
    """Start a run with the form's inputs; an empty one is not given."""
    fields = (await request.form()).multi_items()
    inputs = {
        key.removeprefix(_INPUT): value
        for key, value in fields
        if key.startswith(_INPUT) and isinstance(value, str) and value
    }

    async def work(session: AsyncSession) -> RunState:
        wanted = RunRequest(runbook=name, inputs=dict(inputs), trigger="console", from_text=True)
        if incident.strip():
            found = await door.lifecycle.read(session, actor, incident.strip())
            wanted = wanted.model_copy(update={"incident_id": found.id})
        return await door.runs.start(session, actor, wanted)

    run = await committed(door.database, work)
    return RedirectResponse(f"/runs/{run.id}", status_code=303)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")
