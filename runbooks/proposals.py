"""What people do about revisions: propose, publish, agree, refuse. The caller commits."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.events import SYSTEM, Actor, Event, Fact
from tocsin.events import runbook as events
from tocsin.runbooks.reviews import Judgement
from tocsin.runbooks.revisions import Revisions, Shelf
from tocsin.runbooks.tables import Pointer, Proposal, Revision


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    revision: Revision
    judgement: Judgement
    published: bool
    """Whether a channel is at the revision now; else it is the draft."""


class Proposals:
    """Moves revisions from a draft to what is published."""

    def __init__(self, shelf: Shelf, revisions: Revisions) -> None:
        self._shelf = shelf
        self._revisions = revisions

    async def publish(
        self,
        session: AsyncSession,
        actor: Actor,
        name: str,
        digest: str | None = None,
        channel: events.Channel = "published",
    ) -> Outcome:
        """Move a channel to a revision, or propose it where people have to agree first.

        Without a digest it is the draft, and what is published where there is none.
        """
        if channel == "draft":
            return await self.propose(session, actor, await self._meant(session, name, digest, channel))
        self._shelf.access.authorize(actor, "runbook.publish")
        revision = await self._meant(session, name, digest, channel)
        judgement = await self._revisions.judge(session, revision)
        if judgement.missing and revision.published_at is None:
            return await self.propose(session, actor, revision)
        await self._revisions.publish(session, actor, name, revision.digest, channel)
        return Outcome(revision, judgement, published=True)

    async def propose(self, session: AsyncSession, actor: Actor, revision: Revision) -> Outcome:
        """Make a revision its runbook's draft; raise Conflict when the runbook is kept in git, and it is not.

        Proposed again, it keeps its reviews as long as the same is published.
        """
        if actor.kind != "git":  # whose commit landed, and nobody else comes through that door
            self._shelf.access.authorize(actor, "runbook.propose")
            await self._shelf.owners.refuse_foreign(session, revision)
        judgement = await self._revisions.judge(session, revision)
        pointer = await session.get(Pointer, (revision.runbook, "published"))
        against = pointer and pointer.digest
        proposal = await session.get(Proposal, revision.runbook)
        if proposal is None or (proposal.digest, proposal.against) != (revision.digest, against):
            proposed = events.RevisionProposed(
                runbook=revision.runbook,
                digest=revision.digest,
                against=against,
                needed=judgement.needed,
                changes=tuple(change.text for change in judgement.changes),
                raises=judgement.raises,
            )
            await self._append(session, actor, revision.runbook, proposed)
        return Outcome(revision, judgement, published=False)

    async def approve(
        self, session: AsyncSession, actor: Actor, name: str, digest: str, comment: str = ""
    ) -> Outcome:
        """Agree with the draft; the last one who has to publishes it by that.

        Raise Conflict when it is no longer the draft, or the change is not the one that was proposed.
        """
        revision, proposal = await self._draft(session, name, digest)
        self._shelf.access.authorize(actor, "runbook.review", self.reviewers(revision))
        if actor.is_same_person(revision.written_by):
            raise Forbidden(
                f"you wrote this revision of {name}, so somebody else has to agree. It still waits."
            )
        if any(actor.is_same_person(one) for one in proposal.agreed):
            raise Conflict(f"you agreed with this revision of {name} already; it waits for somebody else")
        await self._refuse_moved(session, proposal)
        given = events.ReviewGiven(
            runbook=name, digest=revision.digest, against=proposal.against, comment=comment
        )
        await self._append(session, actor, name, given)
        judgement = await self._revisions.judge(session, revision)
        if judgement.missing:
            return Outcome(revision, judgement, published=False)
        # A file's revision stays the file's: the next change of it is taken as well.
        mover = SYSTEM if revision.written_by.kind in {"system", "git"} else actor
        await self._revisions.move(session, mover, revision)
        return Outcome(revision, judgement, published=True)

    async def reject(
        self, session: AsyncSession, actor: Actor, name: str, digest: str, reason: str
    ) -> Revision:
        """Refuse the draft; what is published stays. Its author may take it back."""
        revision, _ = await self._draft(session, name, digest)
        if not reason.strip():
            raise Invalid("a rejection needs a reason; nothing was decided")
        if not actor.is_same_person(revision.written_by):
            self._shelf.access.authorize(actor, "runbook.review", self.reviewers(revision))
        rejected = events.ProposalRejected(runbook=name, digest=revision.digest, reason=reason.strip())
        await self._append(session, actor, name, rejected)
        return revision

    def reviewers(self, revision: Revision) -> list[str]:
        """Return the principals who may review a revision, besides admins."""
        team = self._shelf.owners.team(revision.source)
        return [*self._shelf.policy.from_, *([f"group:{team}"] if team else [])]

    async def _meant(
        self, session: AsyncSession, name: str, digest: str | None, channel: events.Channel
    ) -> Revision:
        """Return the revision that is meant where none is named."""
        if digest is not None:
            return await self._revisions.get(session, name, digest, channel)
        if channel != "stable" and await session.get(Proposal, name) is not None:
            return await self._revisions.get(session, name, None, "draft")
        return await self._revisions.get(session, name)

    async def _draft(self, session: AsyncSession, name: str, digest: str) -> tuple[Revision, Proposal]:
        """Return the draft with this digest or prefix of it; raise Conflict when another one is."""
        proposal = await session.get(Proposal, name)
        if proposal is None:
            raise NotFound(
                f"nothing of {name!r} is proposed; `tocsin runbook list --channel draft` shows what is"
            )
        if not digest or not proposal.digest.startswith(digest):
            raise Conflict(
                f"{digest[:12]} is not what is proposed of {name} now: that is {proposal.digest[:12]}. "
                "Nothing was decided; look at the change again."
            )
        return await self._revisions.get(session, name, proposal.digest), proposal

    async def _refuse_moved(self, session: AsyncSession, proposal: Proposal) -> None:
        pointer = await session.get(Pointer, (proposal.runbook, "published"))
        if (pointer and pointer.digest) != proposal.against:
            how = f"`tocsin runbook publish {proposal.runbook} --channel draft` proposes it again"
            raise Conflict(
                "another revision was published since this one was proposed, so it is another change now. "
                f"Nothing was decided; {how}."
            )

    async def _append(self, session: AsyncSession, actor: Actor, name: str, event: Event) -> None:
        fact = Fact(event=event, actor=actor, source=actor.kind)
        await self._shelf.log.append(session, f"runbook/{name}", [fact])
