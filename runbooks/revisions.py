"""Revisions: every content of a runbook, for ever, and which of them a channel is at."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.actions.base import Risk
from tocsin.actions.registry import Registry
from tocsin.errors import BadRunbook, Conflict, NotFound
from tocsin.events import Actor, Fact
from tocsin.events import runbook as events
from tocsin.log import Log
from tocsin.publishing import Review
from tocsin.runbooks.change import Change
from tocsin.runbooks.load import check, load
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.order import as_written
from tocsin.runbooks.ownership import Owners
from tocsin.runbooks.reviews import Judgement, judge
from tocsin.runbooks.semantics import compare
from tocsin.runbooks.tables import Pointer, Proposal, Revision, Standing
from tocsin.secrets import redact_text

Pointed = Literal["published", "stable"]
"""The channels that a revision is moved to; the draft is what was proposed last."""
PREVIOUS = "previous"
"""Stands for the digest of where the channel was before."""


@dataclass(frozen=True)
class Shelf:
    """What revisions stand on."""

    log: Log
    access: Access
    registry: Registry
    policy: Review
    owners: Owners


class Revisions:
    """Records, publishes and finds revisions. The caller commits."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def record(self, session: AsyncSession, actor: Actor, text: str, origin: str) -> str:
        """Keep a runbook's content and return its digest; raise BadRunbook when it cannot be loaded.

        The same content twice is the same revision. Raise Conflict when the runbook is kept in git.
        """
        return (await self._entered(session, actor, load(text, origin), text, origin)).digest

    async def enter(self, session: AsyncSession, actor: Actor, text: str, origin: str) -> Revision:
        """Keep what a person wrote, its actions checked too; raise BadRunbook or Conflict like ``record``."""
        runbook, problems = await asyncio.to_thread(check, text, origin, self._shelf.registry)
        if runbook is None:
            raise BadRunbook("\n".join(str(one) for one in problems if one.level == "error"))
        return await self._entered(session, actor, runbook, text, origin)

    async def keep(
        self,
        session: AsyncSession,
        actor: Actor,
        runbook: Runbook,
        text: str,
        origin: str,
        provenance: events.Provenance | None = None,
    ) -> None:
        """Keep the content of a runbook that was loaded from this text: who calls this may do that."""
        recorded = events.RevisionRecorded(
            runbook=runbook.name,
            digest=runbook.digest,
            content=runbook.model_dump(mode="json"),
            text=text,
            origin=origin,
            provenance=provenance,
        )
        fact = Fact(event=recorded, actor=actor, source=actor.kind, source_ref=f"revision:{runbook.digest}")
        await self._shelf.log.append(session, f"runbook/{runbook.name}", [fact])

    async def publish(
        self, session: AsyncSession, actor: Actor, name: str, digest: str, channel: Pointed = "published"
    ) -> Revision:
        """Move a channel to a recorded revision; a prefix of the digest is enough.

        Raise Conflict when people have to agree with it first and have not; one that was published before
        needs nobody. The system needs nobody either: it publishes what was reviewed where it comes from.
        """
        self._shelf.access.authorize(actor, "runbook.publish")
        revision = await self.get(session, name, digest, channel)
        if actor.kind != "system" and revision.published_at is None:
            await self._refuse_unreviewed(session, revision)
        await self.move(session, actor, revision, channel)
        return revision

    async def move(
        self, session: AsyncSession, actor: Actor, revision: Revision, channel: Pointed = "published"
    ) -> None:
        """Move a channel to a revision that may be there: who calls this has made sure of that."""
        now = await session.get(Pointer, (revision.runbook, channel))
        same = now is not None and now.digest == revision.digest
        if now is not None and same and (actor.kind == "system" or await self._is_settled(session, now)):
            return
        previous = now and (now.previous if same else now.digest)
        moved = events.RevisionPublished(
            runbook=revision.runbook, digest=revision.digest, previous=previous, channel=channel
        )
        fact = Fact(event=moved, actor=actor, source=actor.kind)
        await self._shelf.log.append(session, f"runbook/{revision.runbook}", [fact])

    async def judge(self, session: AsyncSession, revision: Revision) -> Judgement:
        """Return what a revision changes, and how it stands with those who have to agree."""
        proposal = await session.get(Proposal, revision.runbook)
        pointer = await session.get(Pointer, (revision.runbook, "published"))
        against = pointer.digest if pointer else None
        asked = proposal is not None and (proposal.digest, proposal.against) == (revision.digest, against)
        return judge(
            self._shelf.policy,
            await self.changes(session, revision, against),
            revision.written_by,
            proposal.agreed if proposal and asked else (),
            known=revision.published_at is not None,
        )

    async def changes(
        self, session: AsyncSession, revision: Revision, against: str | None
    ) -> tuple[Change, ...]:
        """Return what the change from one revision to another means; None: from no runbook at all."""
        before = None if against is None else parse(await self.get(session, revision.runbook, against))
        # It may import a cloud's SDK.
        return await asyncio.to_thread(compare, before, parse(revision), self._risk)

    async def get(
        self,
        session: AsyncSession,
        name: str,
        digest: str | None = None,
        channel: events.Channel = "published",
    ) -> Revision:
        """Return the revision with this digest or prefix of it, else the channel's; raise NotFound.

        The digest may also be ``previous``: where the channel was before.
        """
        if digest is None or digest == PREVIOUS:
            digest = await self._at(session, name, channel, before=digest == PREVIOUS)
        where = (Revision.runbook == name, col(Revision.digest).startswith(digest, autoescape=True))
        found = (await session.exec(select(Revision).where(*where).limit(2))).all()
        if len(found) != 1:
            raise NotFound(f"{'no' if not found else 'more than one'} revision {digest!r} of {name}")
        return found[0]

    async def published(self, session: AsyncSession, channel: events.Channel = "published") -> list[Revision]:
        """Return every runbook's revision on a channel, by name."""
        table = Proposal if channel == "draft" else Pointer
        on = (col(table.runbook) == Revision.runbook) & (col(table.digest) == Revision.digest)
        query = select(Revision).join(table, on)
        if table is Pointer:
            query = query.where(Pointer.channel == channel)
        return list((await session.exec(query.order_by(Revision.runbook))).all())

    async def published_digests(self, session: AsyncSession) -> list[tuple[str, str]]:
        """Return name and digest of every published revision, by name."""
        query = select(Pointer.runbook, Pointer.digest).where(Pointer.channel == "published")
        return list((await session.exec(query.order_by(Pointer.runbook))).all())

    async def history(self, session: AsyncSession, name: str, limit: int) -> Sequence[Revision]:
        """Return the newest revisions of a runbook, the newest first; raise NotFound when there is none."""
        query = select(Revision).where(Revision.runbook == name).order_by(col(Revision.number).desc())
        found = (await session.exec(query.limit(limit))).all()
        if not found:
            raise NotFound(await self._nothing(session, name, "published"))
        return found

    async def channels(self, session: AsyncSession, name: str) -> dict[str, str]:
        """Return the digest that each channel of a runbook is at."""
        pointers = (await session.exec(select(Pointer).where(Pointer.runbook == name))).all()
        draft = await session.get(Proposal, name)
        return {one.channel: one.digest for one in pointers} | ({"draft": draft.digest} if draft else {})

    async def _entered(
        self, session: AsyncSession, actor: Actor, runbook: Runbook, text: str, origin: str
    ) -> Revision:
        if problem := secret_in(text):
            raise BadRunbook(f"{origin}:1:1: {problem}")
        await self._shelf.owners.refuse_edit(session, runbook.name)
        await self.keep(session, actor, runbook, text, origin)
        return await self.get(session, runbook.name, runbook.digest)

    async def _at(self, session: AsyncSession, name: str, channel: events.Channel, *, before: bool) -> str:
        place = (
            await session.get(Proposal, name)
            if channel == "draft"
            else await session.get(Pointer, (name, channel))
        )
        if place is None:
            raise NotFound(await self._nothing(session, name, channel))
        if not before:
            return place.digest
        if not isinstance(place, Pointer) or place.previous is None:
            raise NotFound(
                f"{name} was at no other revision before; `tocsin runbook history {name}` shows all"
            )
        return place.previous

    async def _is_settled(self, session: AsyncSession, now: Pointer) -> bool:
        """Say whether a person who chooses the same again would change nothing by it."""
        return now.by_person and await session.get(Standing, now.runbook) is None

    async def _refuse_unreviewed(self, session: AsyncSession, revision: Revision) -> None:
        await self._shelf.owners.refuse_foreign(session, revision)
        if not self._shelf.policy.needed(raises=True):
            return
        judgement = await self.judge(session, revision)
        if judgement.missing:
            raise Conflict(f"{revision.runbook} {revision.digest[:12]} is not published: {judgement}")

    def _risk(self, uses: str) -> Risk:
        """Return an action's risk; the highest for one that cannot be had here."""
        try:
            return self._shelf.registry.get(uses).risk
        except NotFound:
            return Risk.DESTRUCTIVE

    async def _nothing(self, session: AsyncSession, name: str, channel: str) -> str:
        if channel != "published":
            state, way = _NOTHING[channel]
            return (
                f"nothing of {name!r} is {state}; `tocsin runbook publish {name} --channel {channel}` {way}"
            )
        known = ", ".join(one.runbook for one in await self.published(session)) or "none"
        return f"no runbook {name!r} is published; published are {known}"


_NOTHING = {"draft": ("proposed", "proposes a revision"), "stable": ("stable", "makes the published one so")}


def parse(revision: Revision) -> Runbook:
    """Return a revision's runbook, its maps in the order of the file."""
    return Runbook.model_validate(as_written(revision.text, revision.content))


def secret_in(text: str) -> str | None:
    """Return what is wrong with a text that seems to hold a secret, or None."""
    if redact_text(text) == text:
        return None
    return "holds what looks like a secret; write ${{ secrets.NAME }} instead"
