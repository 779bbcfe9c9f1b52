"""A source's snapshot becomes what is recorded and published: all of it or nothing, in one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.db import hold
from tocsin.errors import StaleStream
from tocsin.events import SYSTEM, Actor, Event, Fact
from tocsin.events import runbook as events
from tocsin.publishing import LIBRARY, Source
from tocsin.runbooks import yaml
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.proposals import Proposals
from tocsin.runbooks.revisions import Revisions, Shelf
from tocsin.runbooks.snapshots import File, Snapshot
from tocsin.runbooks.tables import Pointer, Proposal, SourceFile, SourceState


@dataclass(frozen=True)
class Checked:
    """A file whose runbook was loaded, now or before."""

    file: File
    name: str
    digest: str
    runbook: Runbook | None
    """None: this very text is recorded."""


@dataclass(frozen=True)
class Landing:
    """What came of a look at a source."""

    source: str
    place: str
    commit: str = ""
    author: str = ""
    published: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    """Runbooks whose new revision waits for people to agree."""
    withdrawn: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Why nothing was taken, each as ``file:line:col: message``."""
    error: str = ""
    """Why the source could not be read at all."""

    @property
    def about(self) -> dict[str, str]:
        """Return what the events of a source begin with."""
        return {"source": self.source, "place": self.place, "commit": self.commit, "author": self.author}

    def told(self) -> dict[str, str | list[str]]:
        """Return it as JSON."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in vars(self).items()}

    @property
    def good(self) -> bool:
        """Say whether what the source says is what is recorded."""
        return not self.problems and not self.error


@dataclass
class _Course:
    """What has come of it so far."""

    published: list[str] = field(default_factory=list)
    proposed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)


class Lander:
    """Lands snapshots. The caller commits."""

    def __init__(self, shelf: Shelf, revisions: Revisions, proposals: Proposals) -> None:
        self._shelf = shelf
        self._revisions = revisions
        self._proposals = proposals

    async def land(
        self,
        session: AsyncSession,
        source: Source,
        snapshot: Snapshot,
        checked: Sequence[Checked],
        problems: Sequence[Problem],
        seen: str,
    ) -> Landing:
        """Record and publish what the source says now, or say why not.

        ``seen`` is the commit that had landed before the snapshot was taken: raise StaleStream when another
        one landed meanwhile, for this one may be older.
        """
        await hold(session, "sources")  # two that want one name: the second one sees whose it is
        state = await session.get(SourceState, source.name)
        if (state.commit if state else "") != seen:
            raise StaleStream(f"another commit of the source {source.name} landed meanwhile")
        if source.name == LIBRARY:
            checked = [one for one in checked if await self._objection(session, source, one) is None]
        objections = [flaw for one in checked if (flaw := await self._objection(session, source, one))]
        flaws = [*problems, *_twice(checked), *objections]
        if flaws:
            flaws.sort(key=lambda flaw: (flaw.path, flaw.line, flaw.column, flaw.message))
            return await self._refuse(session, source, snapshot, state, list(map(str, flaws)))
        return await self._take(session, source, snapshot, checked, state)

    async def _refuse(
        self,
        session: AsyncSession,
        source: Source,
        snapshot: Snapshot,
        state: SourceState | None,
        problems: list[str],
    ) -> Landing:
        landing = replace(_landing(source, snapshot), problems=tuple(problems))
        if state is None or (state.problems, state.refused_commit) != (problems, landing.commit):
            refused = events.SourceRefused(**landing.about, problems=landing.problems)
            await self._append(session, _author(snapshot), "system", refused)
        return landing

    async def _take(
        self,
        session: AsyncSession,
        source: Source,
        snapshot: Snapshot,
        checked: Sequence[Checked],
        state: SourceState | None,
    ) -> Landing:
        rows = (await session.exec(select(SourceFile).where(SourceFile.source == source.name))).all()
        before = {row.path: row for row in rows}
        course, changed = _Course(), []
        for one in sorted(checked, key=lambda one: one.name):  # always in this order: nobody waits in a ring
            known = before.get(one.file.path)
            fresh = known is None or (known.runbook, known.digest) != (one.name, one.digest)
            if fresh:
                changed.append(events.LandedFile(path=one.file.path, runbook=one.name, digest=one.digest))
            await self._record(session, source, snapshot, one)
            await self._publish(session, source, snapshot, one, course, fresh=fresh)
        names = {one.name for one in checked}
        for name in sorted({row.runbook for row in rows} - names):
            await self._withdraw(session, source, snapshot, name, course)
        gone = tuple(sorted(before.keys() - {one.file.path for one in checked}))
        if changed or gone or (state is not None and state.problems):
            about = _landing(source, snapshot).about
            landed = events.SourceLanded(**about, changed=tuple(changed), gone=gone)
            await self._append(session, _author(snapshot), "system", landed)
        return replace(
            _landing(source, snapshot),
            published=tuple(course.published),
            proposed=tuple(course.proposed),
            withdrawn=tuple(course.withdrawn),
        )

    async def _record(self, session: AsyncSession, source: Source, snapshot: Snapshot, one: Checked) -> None:
        if one.runbook is None:
            return
        commit, provenance, origin = snapshot.commit, None, one.file.path
        if commit is not None:
            origin = f"{commit.id[:12]}:{one.file.path}"
            provenance = events.Provenance(
                source=source.name,
                repository=source.place,
                commit=commit.id,
                path=one.file.path,
                committed_at=commit.at,
            )
        await self._revisions.keep(session, _author(snapshot), one.runbook, one.file.text, origin, provenance)

    async def _publish(
        self,
        session: AsyncSession,
        source: Source,
        snapshot: Snapshot,
        one: Checked,
        course: _Course,
        *,
        fresh: bool,
    ) -> None:
        """Publish or propose a file's revision.

        A commit moves what it changes, and nothing else: going back by hand holds until then. A folder has no
        history, so it moves everything that no person chose.
        """
        pointer = await session.get(Pointer, (one.name, "published"))
        moves = fresh if source.is_git else pointer is None or not pointer.by_person
        if not moves:
            return
        if pointer is not None and pointer.digest == one.digest:
            await self._take_back(session, snapshot, one.name)
            return
        revision = await self._revisions.get(session, one.name, one.digest)
        agreed = source.reviewed or not self._shelf.policy.needed(raises=True)
        if agreed or not (await self._revisions.judge(session, revision)).missing:
            await self._revisions.move(session, SYSTEM, revision)
            course.published.append(one.name)
        elif fresh:
            await self._proposals.propose(session, _author(snapshot), revision)
            course.proposed.append(one.name)

    async def _take_back(self, session: AsyncSession, snapshot: Snapshot, name: str) -> None:
        """End a proposal of the source that it does not make any more."""
        proposal = await session.get(Proposal, name)
        if proposal is not None and snapshot.commit is not None:
            reason = f"commit {snapshot.commit.id[:12]} went back to what is published"
            back = events.ProposalRejected(runbook=name, digest=proposal.digest, reason=reason)
            await self._append(session, _author(snapshot), f"runbook/{name}", back)

    async def _withdraw(
        self, session: AsyncSession, source: Source, snapshot: Snapshot, name: str, course: _Course
    ) -> None:
        """Publish a runbook no more whose file is gone, unless somebody else publishes it."""
        owner = await self._shelf.owners.of(session, name)
        pointer = await session.get(Pointer, (name, "published"))
        if owner is not None and owner[0].name != source.name:
            return
        if pointer is not None and pointer.by_person and not source.is_git:
            return
        commit = snapshot.commit.id if snapshot.commit else ""
        withdrawn = events.RunbookWithdrawn(runbook=name, source=source.name, commit=commit)
        await self._append(session, _author(snapshot), f"runbook/{name}", withdrawn)
        course.withdrawn.append(name)

    async def _objection(self, session: AsyncSession, source: Source, one: Checked) -> Problem | None:
        told = await self._shelf.owners.objection(session, source.name, one.name)
        return None if told is None else _at_name(one.file, told)

    async def _append(self, session: AsyncSession, actor: Actor, stream: str, event: Event) -> None:
        await self._shelf.log.append(session, stream, [Fact(event=event, actor=actor, source=actor.kind)])


def _landing(source: Source, snapshot: Snapshot) -> Landing:
    commit = snapshot.commit
    if commit is None:
        return Landing(source.name, source.place)
    return Landing(source.name, source.place, commit.id, str(commit.author))


def _author(snapshot: Snapshot) -> Actor:
    return snapshot.commit.author if snapshot.commit else SYSTEM


def _twice(checked: Iterable[Checked]) -> list[Problem]:
    """Return a problem for each file whose runbook's name another file of the source has too."""
    files = list(checked)
    times = Counter(one.name for one in files)
    told = "is the name of {} files of this source; names are unique"
    return [
        _at_name(one.file, f"`{one.name}` {told.format(times[one.name])}")
        for one in files
        if times[one.name] > 1
    ]


def _at_name(file: File, message: str) -> Problem:
    """Return a problem at the line that gives the runbook its name."""
    document, _ = yaml.read(file.text, file.shown)
    mark = document.value_mark(("name",)) if document else (1, 1)
    return Problem(file.shown, *mark, message)
