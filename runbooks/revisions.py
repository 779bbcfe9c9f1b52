"""Revisions: every content of a runbook, for ever, and which of them is published."""

from pathlib import Path

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access
from tocsin.errors import BadRunbook, NotFound
from tocsin.events import SYSTEM, Actor, Fact
from tocsin.events import run as events
from tocsin.log import Log
from tocsin.runbooks.files import is_test
from tocsin.runbooks.load import load
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.tables import Published, Revision
from tocsin.secrets import redact_text

LIBRARY = Path(__file__).parent / "library"
"""The runbooks that ship with Tocsin."""


class Revisions:
    """Records, publishes and finds revisions. The caller commits."""

    def __init__(self, log: Log, access: Access) -> None:
        self._log = log
        self._access = access

    async def record(self, session: AsyncSession, actor: Actor, text: str, origin: str) -> str:
        """Keep a runbook's content and return its digest; raise BadRunbook when it cannot be loaded.

        The same content twice is the same revision.
        """
        runbook = load(text, origin)
        if redact_text(text) != text:
            raise BadRunbook(
                f"{origin}:1:1: holds what looks like a secret; write ${{{{ secrets.NAME }}}} instead"
            )
        recorded = events.RevisionRecorded(
            runbook=runbook.name,
            digest=runbook.digest,
            content=runbook.model_dump(mode="json"),
            text=text,
            origin=origin,
        )
        fact = Fact(event=recorded, actor=actor, source=actor.kind, source_ref=f"revision:{runbook.digest}")
        await self._log.append(session, f"runbook/{runbook.name}", [fact])
        return runbook.digest

    async def publish(self, session: AsyncSession, actor: Actor, name: str, digest: str) -> Revision:
        """Make a recorded revision the one that runs; a prefix of the digest is enough."""
        self._access.authorize(actor, "runbook.publish")
        revision = await self.get(session, name, digest)
        now = await session.get(Published, name)
        if now is None or now.digest != revision.digest or (actor.kind != "system" and not now.by_person):
            published = events.RevisionPublished(
                runbook=name, digest=revision.digest, previous=now.digest if now else None
            )
            fact = Fact(event=published, actor=actor, source=actor.kind)
            await self._log.append(session, f"runbook/{name}", [fact])
        return revision

    async def sync(self, session: AsyncSession, folders: list[Path]) -> list[str]:
        """Record every file of the folders; publish what no person chose otherwise. Return the names."""
        names = []
        for path in sorted(one for folder in folders for one in folder.glob("*.y*ml") if not is_test(one)):
            text = path.read_text(encoding="utf-8")
            name, digest = await self._recorded(session, text, path)
            published = await session.get(Published, name)
            if published is None or not published.by_person:
                await self.publish(session, SYSTEM, name, digest)
            names.append(name)
        return names

    async def _recorded(self, session: AsyncSession, text: str, path: Path) -> tuple[str, str]:
        """Return name and digest of the text; it is loaded only when it is new, which takes a while."""
        query = select(Revision.runbook, Revision.digest).where(Revision.text == text)
        known = (await session.exec(query.order_by(col(Revision.number).desc()).limit(1))).first()
        if known is not None:
            return known
        name = load(text, str(path)).name
        return name, await self.record(session, SYSTEM, text, path.name)

    async def get(self, session: AsyncSession, name: str, digest: str | None = None) -> Revision:
        """Return the revision with this digest or prefix of it, else the published one; raise NotFound."""
        if digest is None:
            published = await session.get(Published, name)
            if published is None:
                raise NotFound(await self._nothing(session, name))
            digest = published.digest
        where = (Revision.runbook == name, col(Revision.digest).startswith(digest, autoescape=True))
        found = (await session.exec(select(Revision).where(*where).limit(2))).all()
        if len(found) != 1:
            raise NotFound(f"{'no' if not found else 'more than one'} revision {digest!r} of {name}")
        return found[0]

    async def published(self, session: AsyncSession) -> list[Revision]:
        """Return every published revision, by name."""
        query = select(Revision).join(
            Published,
            (col(Published.runbook) == Revision.runbook) & (col(Published.digest) == Revision.digest),
        )
        return list((await session.exec(query.order_by(Revision.runbook))).all())

    async def published_digests(self, session: AsyncSession) -> list[tuple[str, str]]:
        """Return name and digest of every published revision, by name."""
        query = select(Published.runbook, Published.digest).order_by(Published.runbook)
        return list((await session.exec(query)).all())

    async def _nothing(self, session: AsyncSession, name: str) -> str:
        known = ", ".join(one.runbook for one in await self.published(session)) or "none"
        return f"no runbook {name!r} is published; published are {known}"


def parse(revision: Revision) -> Runbook:
    """Return a revision's runbook."""
    return Runbook.model_validate(revision.content)
