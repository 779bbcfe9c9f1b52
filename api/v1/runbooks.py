"""Runbooks: what is published."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.api.auth import TheActor
from tocsin.api.deps import TheDoor
from tocsin.api.paging import NAME, Cursor, Limit, Page, cursor_of, place_of
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.tables import Revision

router = APIRouter(prefix="/runbooks", tags=["runbooks"])


class RunbookView(BaseModel):
    """A published runbook."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    description: str
    owner: str
    tags: tuple[str, ...]
    revision: str
    """Digest of the published revision."""
    number: int
    """Which of its revisions that is, from 1."""
    recorded_at: datetime


class RunbookDetail(RunbookView):
    """A published runbook, whole."""

    content: dict[str, JsonValue]
    """Its canonical form."""
    text: str
    """The file as it was written."""
    checklist: str
    """Markdown, to follow by hand when Tocsin is down."""


@router.get("")
async def list_runbooks(
    door: TheDoor, actor: TheActor, limit: Limit = 100, cursor: Cursor = None
) -> Page[RunbookView]:
    """List the published runbooks, by name."""
    door.access.authorize(actor, "runbook.read")
    after = place_of(cursor, NAME) or ""
    async with door.database.transaction() as session:
        published = [one for one in await door.revisions.published(session) if one.runbook > after]
    return Page(
        items=tuple(RunbookView(**_told(one, parse(one))) for one in published[:limit]),
        next_cursor=cursor_of(published[limit - 1].runbook) if len(published) > limit else None,
    )


@router.get("/{name}")
async def get_runbook(name: str, door: TheDoor, actor: TheActor) -> RunbookDetail:
    """Return the published revision of a runbook."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        revision = await door.revisions.get(session, name)
    runbook = parse(revision)
    return RunbookDetail(
        **_told(revision, runbook),
        content=revision.content,
        text=revision.text,
        checklist=as_markdown(runbook, revision.digest, door.registry),
    )


def _told(revision: Revision, runbook: Runbook) -> dict[str, object]:
    said = runbook.model_dump(include={"name", "title", "description", "owner", "tags"})
    placed = {"revision": revision.digest, "number": revision.number, "recorded_at": revision.recorded_at}
    return {**said, **placed}
