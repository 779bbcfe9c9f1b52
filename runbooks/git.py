"""The program ``git`` on a short leash.

No shell, no prompt, no hook, no checkout; it starts no program but ssh and reads no configuration but ours.
"""

import asyncio
import base64
import os
import re
import shlex
import shutil
import ssl
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple
from urllib.parse import urlsplit

import psutil

from tocsin.errors import SourceFailed
from tocsin.events import Actor
from tocsin.publishing import Source
from tocsin.secrets import redact_text

SECONDS = 120.0
"""The longest that one call may take."""
MAX_COPY = 512 * 1024 * 1024
"""Bytes of a repository's copy on disk."""
MAX_OUTPUT = 48 * 1024 * 1024
"""Bytes that a call may print."""
_LOOK_EVERY = 0.25
_HEAD = "refs/tocsin/head"
_SPOILT = re.compile(r"\.lock'|corrupt|bad object|missing (?:blob|tree|commit)|is empty|unable to read")
"""How git complains of its own files."""
_CONFIG: Mapping[str, str] = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "credential.helper": "",
    "fetch.fsckObjects": "true",
    "fetch.recurseSubmodules": "false",
    "gc.autoDetach": "false",
    "http.followRedirects": "false",
    "safe.bareRepository": "explicit",
    "transfer.bundleURI": "false",
}


class Commit(NamedTuple):
    """The commit that a branch is at."""

    id: str
    author: Actor
    """As the commit claims."""
    at: datetime


class Blob(NamedTuple):
    """One entry of a commit's tree."""

    path: str
    mode: str
    """``100644`` and ``100755`` are files, ``120000`` is a symbolic link."""
    id: str
    size: int
    """Bytes."""


@dataclass(frozen=True)
class Repository:
    """A bare copy of one branch of a repository, one commit deep. Every method raises SourceFailed."""

    folder: Path
    """Where the copy is kept."""
    source: Source
    secret: str | None = field(default=None, repr=False)
    """The token, where the source names one."""
    ca_bundle: Path | None = None
    max_copy: int = MAX_COPY
    seconds: float = SECONDS

    async def fetch(self) -> Commit:
        """Bring the branch's newest commit here, and return it.

        A copy that a killed process left half-written is made anew.
        """
        try:
            await self._bring()
        except SourceFailed as error:
            if not _SPOILT.search(str(error)):
                raise
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
            await self._bring()
        told = await self._git("log", "-1", "--no-show-signature", "--format=%H%x00%an%x00%ae%x00%cI", _HEAD)
        commit, name, email, at = told.decode("utf-8", "replace").strip("\n").split("\0")
        who = Actor(kind="git", id=(email or name)[:200], name=name[:200], email=email[:200] or None)
        return Commit(commit, who, datetime.fromisoformat(at))

    async def _bring(self) -> None:
        if not (self.folder / "HEAD").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            await self._git("init", "--quiet", "--bare", "--template=", str(self.folder))
        wanted = f"refs/heads/{self.source.branch}" if self.source.branch else "HEAD"
        await self._within_size(
            self._git(
                *(
                    "fetch",
                    "--quiet",
                    "--depth=1",
                    "--no-tags",
                    "--no-recurse-submodules",
                    "--no-write-fetch-head",
                ),
                *("--end-of-options", self.source.url or "", f"+{wanted}:{_HEAD}"),
            )
        )

    async def tree(self, commit: str) -> list[Blob]:
        """Return everything beneath the source's path; raise SourceFailed when there is no such folder."""
        path = [f"{self.source.path}/"] if self.source.path else []
        told = await self._git("ls-tree", "-r", "-z", "--long", "--full-tree", commit, "--", *path)
        found = [_blob(line) for line in told.decode("utf-8", "replace").split("\0") if line]
        if path and not found:
            raise SourceFailed(f"there is no folder {self.source.path} in commit {commit[:12]}")
        return found

    async def read(self, blobs: list[Blob]) -> list[bytes]:
        """Return the contents of the blobs."""
        asked = "".join(f"{blob.id}\n" for blob in blobs).encode()
        told, contents = await self._git("cat-file", "--batch", given=asked), []
        for blob in blobs:
            head, _, rest = told.partition(b"\n")
            if head.decode() != f"{blob.id} blob {blob.size}":
                raise SourceFailed(f"{blob.path} cannot be read from the copy in {self.folder}")
            contents.append(rest[: blob.size])
            told = rest[blob.size + 1 :]
        return contents

    async def _within_size(self, work: Awaitable[bytes]) -> None:
        """Do ``work``, and end it when the copy grows too large; then the copy is thrown away."""
        working = asyncio.ensure_future(work)
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=_LOOK_EVERY)
                if await asyncio.to_thread(_size, self.folder) > self.max_copy:
                    raise SourceFailed(f"it is larger than {self.max_copy // 1024**2} MiB")
        except SourceFailed:
            await _stopped(working)
            await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)
            raise
        finally:
            await _stopped(working)
        working.result()

    async def _git(self, *words: str, given: bytes = b"") -> bytes:
        """Run git in the copy and return what it prints."""
        with TemporaryFile() as file:  # and no pipe, which may be closed before it is written to
            file.write(given)
            file.seek(0)
            process = await self._started(words, file)
        try:
            async with asyncio.timeout(self.seconds):
                told, trouble, code = await _told(process)
        except TimeoutError as error:
            raise SourceFailed(f"git {words[0]} took longer than {self.seconds:.0f} seconds") from error
        finally:
            _end(process)
        if code != 0:
            raise SourceFailed(_reason(trouble) or f"git {words[0]} ended with {code}")
        return told

    async def _started(self, words: tuple[str, ...], given: IO[bytes]) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                *("git", f"--git-dir={self.folder}", *words),
                stdin=given,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(),
            )
        except FileNotFoundError as error:
            raise SourceFailed("the program git is not installed on this machine") from error

    def _environment(self) -> dict[str, str]:
        """Return all that git is told; nothing of our own environment but where programs are."""
        config = {**_CONFIG, "safe.directory": str(self.folder), **self._credentials()}
        told = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.folder),
            "LC_ALL": "C",
            "GIT_ALLOW_PROTOCOL": "https:ssh:file" if self.source.allow_local else "https:ssh",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_SSH_COMMAND": self._ssh(),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_CONFIG_COUNT": str(len(config)),
        }
        if self.ca_bundle is not None:
            told["GIT_SSL_CAINFO"] = str(self.ca_bundle)
            told["GIT_SSL_CAPATH"] = ssl.get_default_verify_paths().capath or ""  # else it were the only one
        for index, (key, value) in enumerate(config.items()):
            told |= {f"GIT_CONFIG_KEY_{index}": key, f"GIT_CONFIG_VALUE_{index}": value}
        return told

    def _credentials(self) -> dict[str, str]:
        """Return the header that carries the token, for this host alone: in no argument and in no file."""
        host = urlsplit(self.source.url or "")
        if self.secret is None or host.scheme != "https":
            return {}
        pair = base64.b64encode(f"{self.source.user}:{self.secret}".encode()).decode()
        return {f"http.https://{host.netloc}/.extraHeader": f"Authorization: Basic {pair}"}

    def _ssh(self) -> str:
        """Return the command line of ssh, which git has a shell read: every word is quoted."""
        words = [
            "ssh",
            "-F",
            os.devnull,
            "-oBatchMode=yes",
            "-oStrictHostKeyChecking=yes",
            "-oConnectTimeout=20",
        ]
        if self.source.ssh_key is not None:
            words += ["-oIdentitiesOnly=yes", "-i", str(self.source.ssh_key)]
        if self.source.known_hosts is not None:
            words += [
                f"-oUserKnownHostsFile={self.source.known_hosts}",
                f"-oGlobalKnownHostsFile={os.devnull}",
            ]
        return shlex.join(words)


async def _told(process: asyncio.subprocess.Process) -> tuple[bytes, bytes, int]:
    """Return what the process prints, the end of what it complains of, and its exit code."""
    assert process.stdout is not None  # noqa: S101  # both are pipes
    assert process.stderr is not None  # noqa: S101
    told, trouble = await asyncio.gather(_read(process.stdout, MAX_OUTPUT), _read(process.stderr, MAX_OUTPUT))
    return told, trouble[-4000:], await process.wait()


async def _read(stream: asyncio.StreamReader, limit: int) -> bytes:
    taken = bytearray()
    while chunk := await stream.read(64 * 1024):
        taken += chunk
        if len(taken) > limit:
            raise SourceFailed(f"git printed more than {limit // 1024**2} MiB; the folder holds too much")
    return bytes(taken)


def _end(process: asyncio.subprocess.Process) -> None:
    """End a process that is still there, and those that it started."""
    if process.returncode is not None:
        return
    try:
        family = psutil.Process(process.pid)
        for one in [*family.children(recursive=True), family]:
            one.kill()
    except psutil.NoSuchProcess:
        pass


async def _stopped(working: asyncio.Future[bytes]) -> None:
    working.cancel()
    await asyncio.wait({working})


def _reason(trouble: bytes) -> str:
    """Return git's complaint on one line."""
    lines = trouble.decode("utf-8", "replace").splitlines()
    said = [line.removeprefix("fatal: ").removeprefix("error: ").strip() for line in lines]
    return redact_text("; ".join(line for line in said if line))[:500]


def _blob(line: str) -> Blob:
    about, _, path = line.partition("\t")
    mode, _, name, size = about.split()
    return Blob(path, mode, name, 0 if size == "-" else int(size))


def _size(folder: Path) -> int:
    """Return how many bytes a folder holds; what is taken away meanwhile counts nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except FileNotFoundError:
                continue
    return total
