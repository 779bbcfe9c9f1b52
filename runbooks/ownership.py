"""Which source a runbook's name belongs to, and what others are told who want to change it."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import quote, urlsplit

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.errors import Conflict
from tocsin.publishing import LIBRARY, Source
from tocsin.runbooks.tables import Revision, SourceFile


class Owners:
    """Knows the sources there are. One that is no longer configured owns nothing."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = {source.name: source for source in sources}

    async def of(self, session: AsyncSession, runbook: str) -> tuple[Source, SourceFile] | None:
        """Return the source that holds the runbook, and its file there; the library does not count."""
        where = (SourceFile.runbook == runbook, col(SourceFile.source).in_(self._sources))
        file = (await session.exec(select(SourceFile).where(*where).limit(1))).first()
        return None if file is None else (self._sources[file.source], file)

    async def refuse_edit(self, session: AsyncSession, runbook: str) -> None:
        """Raise Conflict, with the way to a pull request, when the runbook is kept in git."""
        owner = await self.of(session, runbook)
        if owner is not None and owner[0].is_git:
            way = pull_request(owner[0], owner[1].path)
            raise Conflict(f"`{runbook}` is kept in git. Nothing was changed. {way}")

    async def refuse_foreign(self, session: AsyncSession, revision: Revision) -> None:
        """Raise Conflict when the runbook is kept in git, and this revision does not come from there."""
        owner = await self.of(session, revision.runbook)
        if owner is not None and revision.source != owner[0].name and revision.digest != owner[1].digest:
            await self.refuse_edit(session, revision.runbook)

    async def objection(self, session: AsyncSession, source: str, runbook: str) -> str | None:
        """Return why a source may not have a runbook of this name; None when it may."""
        own = self._sources.get(source)
        if own is not None and own.names and not _claims(own, runbook):
            return f"`{runbook}` is not among the names of the source {source}: {', '.join(own.names)}"
        for other in self._sources.values():
            if other.name != source and _claims(other, runbook):
                return f"names like `{runbook}` belong to {_called(other)}: {', '.join(other.names)}"
        owner = await self.of(session, runbook)
        if owner is not None and owner[0].name != source:
            held = f"`{runbook}` belongs to {_called(owner[0])}, where it is {owner[1].path}"
            return f"{held}; choose another name, or have it taken out there first"
        return None

    def team(self, source: str | None) -> str | None:
        """Return the team whose source this is, if any."""
        found = self._sources.get(source or LIBRARY)
        return found.team if found else None


def pull_request(source: Source, path: str) -> str:
    """Return how to change a file of a git source."""
    branch = source.branch or "its default branch"
    told = f"Edit {path} of {source.url} on a branch of your own, and open a pull request to {branch}"
    link = _edit_link(source, path)
    return f"{told}{f' ({link})' if link else ''}: what is merged there is what Tocsin takes."


def _edit_link(source: Source, path: str) -> str | None:
    parts = urlsplit(source.url or "")
    if parts.scheme != "https" or source.branch is None:
        return None
    way = {"github": "edit", "gitlab": "-/edit"}.get(str(parts.hostname).split(".")[-2:][0])
    base = (source.url or "").rstrip("/").removesuffix(".git")
    return f"{base}/{way}/{quote(source.branch)}/{quote(path)}" if way else None


def _claims(source: Source, runbook: str) -> bool:
    return any(fnmatchcase(runbook, pattern) for pattern in source.names)


def _called(source: Source) -> str:
    return f"the source {source.name}{f' of the team {source.team}' if source.team else ''}"
