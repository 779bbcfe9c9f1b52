"""Runbooks: their revisions, and which of them the channels are at."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.api.auth import TheActor
from tocsin.api.deps import Door, TheDoor
from tocsin.api.idempotency import TheOnce
from tocsin.api.paging import NAME, Cursor, Limit, Page, cursor_of, place_of
from tocsin.errors import Invalid, NotFound
from tocsin.events.runbook import Channel
from tocsin.runbooks.change import Change
from tocsin.runbooks.commands import Pins
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.proposals import Outcome
from tocsin.runbooks.revisions import parse
from tocsin.runbooks.show import as_markdown
from tocsin.runbooks.tables import Revision, Standing

router = APIRouter(prefix="/runbooks", tags=["runbooks"])
DIGEST = "^(previous|[0-9a-f]{6,64})$"
"""A digest, the beginning of one, or ``previous``: where the channel was before."""
_WHOLE = "^[0-9a-f]{64}$"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RevisionView(_Part):
    """One content of a runbook, for ever."""

    revision: str
    """Its digest."""
    number: int
    """From 1, by the order in which contents were first seen."""
    recorded_at: datetime
    author: str
    origin: str
    """Path, or git commit and path."""
    repository: str | None
    commit: str | None
    published_at: datetime | None
    """When it was published first; null: never."""


class RunbookView(RevisionView):
    """A runbook, as one of its channels has it."""

    name: str
    title: str
    description: str
    owner: str
    tags: tuple[str, ...]


class RunbookDetail(RunbookView):
    """A runbook, whole."""

    content: dict[str, JsonValue]
    """Its canonical form."""
    text: str
    """The file as it was written."""
    checklist: str
    """Markdown, to follow by hand when Tocsin is down."""
    closure: str | None
    """SHA-256 over the revision, those it calls, the versions of actions, and the organisation's policy, as a
    run that is asked for now records it. Null where none could begin."""
    subs: dict[str, str]
    """The revision of every runbook that it calls, by name."""
    actions: dict[str, int]
    """The version of every action."""
    channels: dict[str, str]
    """The digest that each channel is at: ``published``, ``stable``, and ``draft`` while one is proposed."""
    failures: int
    """Runs of what is published that failed in a row."""
    only_proposes: bool
    """So many did that its triggers ask before they change anything, whatever their mode."""


class ChangeView(_Part):
    """One thing that a change means."""

    kind: str
    text: str
    raises: bool
    """It takes more reviewers."""


class Difference(_Part):
    """What is between two revisions."""

    before: str
    after: str
    changes: tuple[ChangeView, ...]


class OutcomeView(_Part):
    """How a revision stands after a command."""

    revision: RevisionView
    published: bool
    """A channel is at it now; else it is the draft."""
    needed: int
    """People it takes, its author not among them."""
    agreed: tuple[str, ...]
    """Those who count so far."""
    changes: tuple[ChangeView, ...]


class Draft(_Part):
    """A runbook's new content."""

    text: str
    """The whole YAML file."""


class Moved(_Part):
    """Which channel moves to what."""

    revision: str | None = Field(default=None, pattern=DIGEST)
    """Null: the draft, or what is published where there is none."""
    channel: Literal["published", "stable"] = "published"


class Agreed(_Part):
    """A yes to exactly one proposed revision."""

    revision: str = Field(pattern=_WHOLE)
    comment: str = Field(default="", max_length=3000)


class Refused(_Part):
    """A no to exactly one proposed revision."""

    revision: str = Field(pattern=_WHOLE)
    reason: str = Field(min_length=1, max_length=3000)


class Rearmed(_Part):
    """Why the triggers may act by themselves again."""

    reason: str = Field(default="", max_length=3000)


@router.get("")
async def list_runbooks(
    door: TheDoor,
    actor: TheActor,
    channel: Channel = "published",
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[RunbookView]:
    """List the published runbooks, or those of another channel, by name."""
    door.access.authorize(actor, "runbook.read")
    after = place_of(cursor, NAME) or ""
    async with door.database.transaction() as session:
        found = [one for one in await door.revisions.published(session, channel) if one.runbook > after]
    return Page(
        items=tuple(RunbookView(**_told(one, parse(one))) for one in found[:limit]),
        next_cursor=cursor_of(found[limit - 1].runbook) if len(found) > limit else None,
    )


@router.post("", status_code=201, response_model=OutcomeView)
async def propose_runbook(draft: Draft, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Record a runbook's new content and propose it; 409 for one that is kept in git."""

    async def propose(session: AsyncSession) -> OutcomeView:
        door.access.authorize(actor, "runbook.propose")
        revision = await door.revisions.enter(session, actor, draft.text, "api")
        return _outcome(await door.proposals.propose(session, actor, revision))

    return await once.answer(201, propose)


@router.get("/{name}")
async def get_runbook(
    name: str,
    door: TheDoor,
    actor: TheActor,
    channel: Channel = "published",
    revision: str | None = Query(default=None, pattern=DIGEST),
) -> RunbookDetail:
    """Return a runbook: what is published of it, or another revision."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        found = await door.revisions.get(session, name, revision, channel)
        channels = await door.revisions.channels(session, name)
        standing = await session.get(Standing, name)
        pins = await _pins(door, session, found)
    runbook = parse(found)
    return RunbookDetail(
        **_told(found, runbook),
        content=found.content,
        text=found.text,
        checklist=as_markdown(runbook, found.digest, door.registry),
        closure=pins.closure if pins else None,
        subs=pins.subs if pins else {},
        actions=pins.actions if pins else {},
        channels=channels,
        failures=standing.failures if standing else 0,
        only_proposes=door.standings.only_proposes(standing),
    )


@router.get("/{name}/revisions")
async def list_revisions(name: str, door: TheDoor, actor: TheActor, limit: Limit = 50) -> list[RevisionView]:
    """List a runbook's revisions, the newest first."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        found = await door.revisions.history(session, name, limit)
    return [RevisionView(**_revision(one)) for one in found]


@router.get("/{name}/diff")
async def compare_revisions(
    name: str,
    door: TheDoor,
    actor: TheActor,
    before: str | None = Query(default=None, pattern=DIGEST),
    after: str | None = Query(default=None, pattern=DIGEST),
) -> Difference:
    """Say what the change between two revisions means: from what is published to the draft, if not given."""
    door.access.authorize(actor, "runbook.read")
    async with door.database.transaction() as session:
        old = await door.revisions.get(session, name, before, "published")
        new = await door.revisions.get(session, name, after, "published" if after else "draft")
        changes = await door.revisions.changes(session, new, old.digest)
    return Difference(before=old.digest, after=new.digest, changes=_changes(changes))


@router.post("/{name}/publish", response_model=OutcomeView)
async def publish_runbook(name: str, moved: Moved, once: TheOnce, door: TheDoor, actor: TheActor) -> Response:
    """Move a channel to a revision, or propose it where people have to agree first: ``published`` says which.

    One that was published before needs nobody. 409, with the way to a pull request, for what is kept in git.
    """

    async def publish(session: AsyncSession) -> OutcomeView:
        return _outcome(await door.proposals.publish(session, actor, name, moved.revision, moved.channel))

    return await once.answer(200, publish)


@router.post("/{name}/approve", response_model=OutcomeView)
async def approve_revision(
    name: str, agreed: Agreed, once: TheOnce, door: TheDoor, actor: TheActor
) -> Response:
    """Agree with the proposed revision; the last one who has to publishes it by that."""

    async def approve(session: AsyncSession) -> OutcomeView:
        return _outcome(await door.proposals.approve(session, actor, name, agreed.revision, agreed.comment))

    return await once.answer(200, approve)


@router.post("/{name}/reject", response_model=RevisionView)
async def reject_revision(
    name: str, refused: Refused, once: TheOnce, door: TheDoor, actor: TheActor
) -> Response:
    """Refuse the proposed revision; what is published stays."""

    async def reject(session: AsyncSession) -> RevisionView:
        revision = await door.proposals.reject(session, actor, name, refused.revision, refused.reason)
        return RevisionView(**_revision(revision))

    return await once.answer(200, reject)


@router.post("/{name}/rearm", response_model=RunbookView)
async def rearm_runbook(
    name: str, rearmed: Rearmed, once: TheOnce, door: TheDoor, actor: TheActor
) -> Response:
    """Let a runbook's triggers act by themselves again, after it failed too often in a row."""

    async def rearm(session: AsyncSession) -> RunbookView:
        await door.standings.rearm(session, actor, name, rearmed.reason)
        revision = await door.revisions.get(session, name)
        return RunbookView(**_told(revision, parse(revision)))

    return await once.answer(200, rearm)


async def _pins(door: Door, session: AsyncSession, revision: Revision) -> Pins | None:
    """Return what a run would stay on; None where something that it calls or uses is not here."""
    try:
        return await door.runs.pins(session, revision)
    except (Invalid, NotFound):
        return None


def _told(revision: Revision, runbook: Runbook) -> dict[str, object]:
    said = runbook.model_dump(include={"name", "title", "description", "owner", "tags"})
    return {**said, **_revision(revision)}


def _revision(revision: Revision) -> dict[str, object]:
    kept = {"number", "recorded_at", "origin", "repository", "commit", "published_at"}
    told = revision.model_dump(include=kept)
    return {**told, "revision": revision.digest, "author": str(revision.written_by)}


def _outcome(outcome: Outcome) -> OutcomeView:
    judgement = outcome.judgement
    return OutcomeView(
        revision=RevisionView(**_revision(outcome.revision)),
        published=outcome.published,
        needed=judgement.needed,
        agreed=tuple(map(str, judgement.agreed)),
        changes=_changes(judgement.changes),
    )


def _changes(changes: Iterable[Change]) -> tuple[ChangeView, ...]:
    return tuple(ChangeView(kind=one.kind, text=one.text, raises=one.raises) for one in changes)
