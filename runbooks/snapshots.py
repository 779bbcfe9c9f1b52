"""What a source holds at one moment, read from a folder or from a commit."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tocsin.errors import SourceFailed
from tocsin.runbooks.files import is_test
from tocsin.runbooks.git import Blob, Commit, Repository
from tocsin.runbooks.problems import Problem
from tocsin.runbooks.yaml import MAX_BYTES

MAX_FILES = 1000
MAX_TOTAL = 32 * 1024 * 1024
"""Bytes of all runbooks of a source."""
_LINK = "120000"
_LARGE = f"the file is larger than {MAX_BYTES // 1024} KiB; split the runbook"


@dataclass(frozen=True)
class File:
    """One runbook file."""

    path: str
    """Beneath the folder, or in the repository: stays the same on every machine."""
    shown: str
    """How messages name it."""
    text: str


@dataclass(frozen=True)
class Snapshot:
    """All runbook files of a source, and what could not be read of them."""

    files: tuple[File, ...]
    problems: tuple[Problem, ...] = ()
    commit: Commit | None = None
    """None for a folder."""


def is_runbook(path: PurePosixPath) -> bool:
    """Say whether a file at this path, seen from its source's top, is a runbook."""
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix in {".yaml", ".yml"} and not hidden and not is_test(path)


async def of_commit(repository: Repository) -> Snapshot:
    """Return what the newest commit holds; raise SourceFailed when it cannot be had."""
    commit = await repository.fetch()
    top = repository.source.path
    found = [blob for blob in await repository.tree(commit.id) if is_runbook(_beneath(blob.path, top))]
    too_much = list(_too_much(top or ".", [blob.size for blob in found]))
    if too_much:
        return Snapshot((), tuple(too_much), commit)
    flaws = {blob: flaw for blob in found if (flaw := _flaw_of_blob(blob))}
    good = [blob for blob in found if blob not in flaws]
    contents = await repository.read(good) if good else []
    return _decoded([(blob.path, blob.path) for blob in good], contents, flaws.values(), commit)


def of_folder(folder: Path) -> Snapshot:
    """Return what a folder holds now; raise SourceFailed when it cannot be read.

    A link is followed when it stays in the folder, as those of a mounted ConfigMap do.
    """
    if not folder.is_dir():
        raise SourceFailed(f"there is no folder {folder}")
    try:
        found = sorted(_walked(folder))
        flaws = {path: flaw for path in found if (flaw := _flaw_of_file(folder, path))}
        good = [path for path in found if path not in flaws]
        too_much = list(_too_much(str(folder), [(folder / path).stat().st_size for path in good]))
        if too_much:
            return Snapshot((), tuple(too_much))
        contents = [(folder / path).read_bytes() for path in good]
    except OSError as error:
        raise SourceFailed(f"{error.filename} cannot be read: {error.strerror}") from error
    return _decoded([(str(path), str(folder / path)) for path in good], contents, flaws.values(), None)


def _decoded(
    paths: Iterable[tuple[str, str]],
    contents: Iterable[bytes],
    flaws: Iterable[Problem],
    commit: Commit | None,
) -> Snapshot:
    files, problems = [], list(flaws)
    for (path, shown), content in zip(paths, contents, strict=True):
        try:
            files.append(File(path, shown, content.decode("utf-8")))
        except UnicodeDecodeError:
            problems.append(Problem(shown, 1, 1, "is not UTF-8 text"))
    return Snapshot(tuple(files), tuple(problems), commit)


def _too_much(place: str, sizes: list[int]) -> Iterator[Problem]:
    if len(sizes) > MAX_FILES:
        yield Problem(place, 1, 1, f"holds {len(sizes)} runbooks; a source has at most {MAX_FILES}")
    if sum(sizes) > MAX_TOTAL:
        yield Problem(place, 1, 1, f"holds more than {MAX_TOTAL // 1024**2} MiB of runbooks")


def _flaw_of_blob(blob: Blob) -> Problem | None:
    if not blob.path.isprintable():
        return Problem(ascii(blob.path), 1, 1, "has a name that cannot be printed")
    if blob.mode == _LINK:
        return Problem(blob.path, 1, 1, "is a symbolic link, which is not followed; put the file itself here")
    return Problem(blob.path, 1, 1, _LARGE) if blob.size > MAX_BYTES else None


def _flaw_of_file(folder: Path, path: PurePosixPath) -> Problem | None:
    file = folder / path
    if not file.resolve().is_relative_to(folder.resolve()):
        return Problem(str(file), 1, 1, "is a link that leads out of the folder; put the file itself here")
    return Problem(str(file), 1, 1, _LARGE) if file.stat().st_size > MAX_BYTES else None


def _walked(folder: Path) -> Iterator[PurePosixPath]:
    """Yield the runbook files of a folder and of those beneath it; linked folders are not entered."""
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = PurePosixPath(Path(where).relative_to(folder).as_posix()) / name
            if is_runbook(path):
                yield path


def _beneath(path: str, top: str) -> PurePosixPath:
    return PurePosixPath(path).relative_to(top) if top else PurePosixPath(path)
