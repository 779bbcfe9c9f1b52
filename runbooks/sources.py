"""Sources: the folders and git repositories that runbooks are kept in, and the looks at them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.actions.registry import Registry
from tocsin.db import Database
from tocsin.errors import ActionFailed, NotFound, SourceFailed
from tocsin.events import Fact
from tocsin.events.runbook import SourceUnreachable
from tocsin.jobs import Job, JobQueue
from tocsin.log import Log
from tocsin.publishing import LIBRARY, Source
from tocsin.runbooks.git import Repository
from tocsin.runbooks.landing import Checked, Lander, Landing
from tocsin.runbooks.load import check
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.revisions import secret_in
from tocsin.runbooks.snapshots import File, Snapshot, of_commit, of_folder
from tocsin.runbooks.tables import Revision, SourceLook, SourceState
from tocsin.vault import MARKER, Vault

logger = structlog.get_logger(__name__)
POLL = "* * * * * */10"
"""When it is looked which repositories are due."""
SHIPPED = Path(__file__).parent / "library"
"""The runbooks that ship with Tocsin."""


@dataclass(frozen=True)
class Ground:
    """What looks at sources stand on."""

    database: Database
    log: Log
    queue: JobQueue
    registry: Registry
    vault: Vault
    copies: Path
    """Folder of the copies of repositories."""
    ca_bundle: Path | None


class Sources:
    """Looks at sources, and lands what they say."""

    def __init__(self, ground: Ground, lander: Lander, sources: Iterable[Source]) -> None:
        self._ground = ground
        self._lander = lander
        self._library = Source.model_construct(name=LIBRARY, folder=SHIPPED, reviewed=True)
        self._sources: Mapping[str, Source] = {source.name: source for source in sources}

    def get(self, name: str) -> Source:
        """Return the source of this name; raise NotFound."""
        if name not in self._sources:
            known = ", ".join(self._sources) or "none"
            raise NotFound(f"no source {name!r}; tocsin.yaml and TOCSIN_RUNBOOKS name {known}")
        return self._sources[name]

    async def sync(self, source: str) -> Landing:
        """Look at a source now, and land what it says."""
        return await self._sync(self.get(source))

    async def look(self, source: str) -> None:
        """Do the job of looking at a source; one that was taken out of the configuration is let be."""
        if source in self._sources:
            await self.sync(source)

    async def sync_folders(self) -> None:
        """Land what the library and every folder say; one that is wrong keeps what it landed before."""
        for source in (self._library, *self._sources.values()):
            if not source.is_git:
                await self._sync(source)

    async def poll(self, timestamp: int = 0) -> None:
        """Have every repository looked at that is due."""
        async with self._ground.database.transaction() as session:
            looks = {look.name: look.at for look in (await session.exec(select(SourceLook))).all()}
            now = datetime.now(UTC)
            due = [
                one for one in self._sources.values() if one.is_git and one.poll and _is_due(one, looks, now)
            ]
            await self._ground.queue.defer(session, [sync_job(one.name) for one in due])

    async def states(
        self, session: AsyncSession
    ) -> list[tuple[Source, SourceState | None, SourceLook | None]]:
        """Return every source with what landed of it, and with the newest look at it."""
        return [
            (one, await session.get(SourceState, one.name), await session.get(SourceLook, one.name))
            for one in self._sources.values()
        ]

    def secret(self, name: str) -> str:
        """Return a secret of tocsin.yaml; raise SourceFailed when it cannot be read."""
        try:
            return str(self._ground.vault.fill({MARKER: name}))
        except ActionFailed as error:
            raise SourceFailed(str(error)) from error

    async def _sync(self, source: Source) -> Landing:
        seen = await self._begin(source)
        try:
            snapshot = await self._snapshot(source)
        except SourceFailed as error:
            return await self._unreachable(source, str(error))
        checked, problems = await self._checked(source, snapshot)
        async with self._ground.database.transaction() as session:
            landing = await self._lander.land(
                session, source, snapshot, checked, [*snapshot.problems, *problems], seen
            )
            await session.merge(SourceLook(name=source.name, at=datetime.now(UTC)))
        _tell(landing)
        return landing

    async def _begin(self, source: Source) -> str:
        """Write down that it is looked at now; return the commit that landed last."""
        async with self._ground.database.transaction() as session:
            now = datetime.now(UTC)
            look = await session.get(SourceLook, source.name) or SourceLook(name=source.name, at=now)
            look.at = now
            session.add(look)
            state = await session.get(SourceState, source.name)
        return state.commit if state else ""

    async def _snapshot(self, source: Source) -> Snapshot:
        if source.folder is not None:
            return await asyncio.to_thread(of_folder, source.folder)
        secret = self.secret(source.token) if source.token else None
        folder = self._ground.copies.resolve() / source.name
        return await of_commit(Repository(folder, source, secret, self._ground.ca_bundle))

    async def _unreachable(self, source: Source, error: str) -> Landing:
        """Say once that a source cannot be read, and keep saying it to those who ask."""
        logger.warning("source_unreachable", source=source.name, place=source.place, error=error)
        async with self._ground.database.transaction() as session:
            look = await session.get_one(SourceLook, source.name, with_for_update=True)
            if not look.error:
                told = SourceUnreachable(source=source.name, place=source.place, error=error)
                await self._ground.log.append(session, "system", [Fact(event=told)])
            look.error = error
            session.add(look)
        return Landing(source=source.name, place=source.place, error=error)

    async def _checked(
        self, source: Source, snapshot: Snapshot
    ) -> tuple[Sequence[Checked], Sequence[Problem]]:
        """Load every file whose text is new, which takes a while, with its actions."""
        async with self._ground.database.transaction() as session:
            texts = [file.text for file in snapshot.files]
            query = select(Revision.text, Revision.runbook, Revision.digest).where(
                col(Revision.text).in_(texts)
            )
            rows = (await session.exec(query.order_by(col(Revision.number)))).all()
        known = {text: (name, digest) for text, name, digest in rows}
        checked = [Checked(file, *known[file.text], None) for file in snapshot.files if file.text in known]
        new = [file for file in snapshot.files if file.text not in known]
        registry = None if source.name == LIBRARY else self._ground.registry
        loaded, problems = await asyncio.to_thread(_load, new, registry)
        return [*checked, *loaded], problems


class State(BaseModel):
    """What people are told of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    place: str
    """Folder, or URL of the repository."""
    branch: str | None
    """Null: its default branch, or a folder."""
    path: str
    team: str | None
    commit: str
    """The newest one that changed a runbook; empty for a folder, and before the first."""
    landed_at: datetime | None
    refused_commit: str
    """The one with the problems."""
    problems: tuple[str, ...]
    """Why nothing was taken of what it says now, each as ``file:line:col: message``."""
    looked_at: datetime | None
    error: str
    """Why it could not be read when it was looked at."""

    @property
    def trouble(self) -> str:
        """Return what is wrong with it, on one line; empty when nothing is."""
        more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
        return self.error or (f"{self.problems[0]}{more}" if self.problems else "")


def state_of(source: Source, state: SourceState | None, look: SourceLook | None) -> State:
    """Return what people are told of a source."""
    landed = state or SourceState(name=source.name, problems=[])
    return State(
        **source.model_dump(include={"name", "branch", "path", "team"}),
        place=source.place,
        **landed.model_dump(include={"commit", "landed_at", "refused_commit", "problems"}),
        looked_at=look.at if look else None,
        error=look.error if look else "",
    )


def sync_job(source: str) -> Job:
    """Return the job that looks at a source; one at a time, and only one waiting."""
    key = f"runbooks.sync:{source}"
    return Job(task="runbooks.sync", args={"source": source}, merge=key, lock=key)


def _is_due(source: Source, looks: Mapping[str, datetime], now: datetime) -> bool:
    last = looks.get(source.name)
    return last is None or now - last >= timedelta(seconds=source.poll)


def _load(files: Sequence[File], registry: Registry | None) -> tuple[list[Checked], list[Problem]]:
    """Return the files that are runbooks, and every error of the others."""
    checked, problems = [], []
    for file in files:
        runbook, found = check(file.text, file.shown, registry)
        problems += [problem for problem in found if problem.level == "error"]
        if secret := secret_in(file.text):
            problems.append(Problem(file.shown, 1, 1, secret))
        elif runbook is not None:
            checked.append(Checked(file, runbook.name, runbook.digest, runbook))
    return checked, problems


def _tell(landing: Landing) -> None:
    told = {key: value for key, value in vars(landing).items() if value}
    if landing.problems:
        logger.error("source_refused", **told)
    elif landing.published or landing.proposed or landing.withdrawn:
        logger.info("source_landed", **told)
