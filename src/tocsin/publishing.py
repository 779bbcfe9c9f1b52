"""What an organisation decides about its runbooks: where they are kept, and who looks at them first."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LIBRARY = "library"
"""The source of the runbooks that ship with Tocsin. Every other source may take its names over."""
_SCP = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:[^\s:]+")
"""``git@github.com:acme/runbooks.git``, as ssh users write it."""
_LOCAL = ("file://", "/")


def _branch(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}", name) or ".." in name or "//" in name:
        raise ValueError(f"{name!r} is no name of a branch")
    return name


def _inside(path: str) -> str:
    """Return a folder of a repository without its outer slashes; raise ValueError when it leads out of it."""
    kept = path.strip("/")
    if kept and any(part in {"", ".", ".."} for part in kept.split("/")):
        raise ValueError(f"{path!r} must be a folder of the repository, such as ops/runbooks")
    return kept


def _remote(url: str) -> str:
    """Return a git URL; raise ValueError for every transport that is not encrypted or runs a program."""
    if re.search(r"[\s\x00-\x1f]", url) or url.startswith("-"):
        raise ValueError("is no URL of a git repository")
    if url.startswith(_LOCAL) or _SCP.fullmatch(url):
        return url
    parts = urlsplit(url)
    if parts.scheme not in {"https", "ssh"} or not parts.hostname or parts.hostname.startswith("-"):
        raise ValueError("must begin with https://, ssh:// or git@host:; other transports are refused")
    if parts.password is not None or (parts.scheme == "https" and parts.username is not None):
        raise ValueError("holds a password or token; put it below `secrets:` and name it as `token`")
    return url


class _Decision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Review(_Decision):
    """How many people look at a revision before it is published. Its author does not count.

    A revision that was published before needs nobody: going back is one command.
    """

    publish: int = Field(default=0, ge=0, le=10)
    """People it takes; 0: whoever may publish does."""
    raised: int = Field(default=0, ge=0, le=10)
    """People it takes where a step is added, a risk raised, a permission widened or a guardrail loosened."""
    from_: tuple[str, ...] = Field(default=(), alias="from")
    """Principals who may review, besides the team of the runbook's source and admins."""

    def needed(self, *, raises: bool) -> int:
        """Return how many people a change takes."""
        return max(self.publish, self.raised) if raises else self.publish


class RunbookPolicy(_Decision):
    """What holds for all runbooks."""

    review: Review = Review()
    """Who looks at a revision before it is published."""
    demote_after: int = Field(default=3, ge=0)
    """Failed runs in a row after which triggers in ``auto`` mode only propose; 0: never."""


class Source(_Decision):
    """A folder or a git repository that runbooks are kept in. Its names are its own.

    Every ``*.yaml`` and ``*.yml`` in it is a runbook, but for what is hidden by a dot.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    """Of the source, in messages and in the webhook's address."""
    folder: Path | None = None
    """A folder on this machine, read when Tocsin starts."""
    url: Annotated[str, AfterValidator(_remote)] | None = None
    """A git repository: ``https://…``, ``ssh://…`` or ``git@host:…``."""
    branch: Annotated[str, AfterValidator(_branch)] | None = None
    """The repository's default branch when not given."""
    path: Annotated[str, AfterValidator(_inside)] = ""
    """Folder of the repository; the whole of it when not given."""
    poll: int = Field(default=300, ge=0)
    """Seconds between two looks at the repository; 0: only its webhook makes us look."""
    team: str | None = None
    """Key of the team whose runbooks these are; its members may review them."""
    names: tuple[str, ...] = ()
    """Patterns such as ``payments-*``: this source has only such names, and no other source has any."""
    reviewed: bool = False
    """The branch is protected where it is hosted: what is on it is published without a review here."""
    token: str | None = None
    """Name of one of ``secrets:``, sent to the ``https`` host as the password."""
    user: str = Field(default="x-access-token", pattern=r"^[A-Za-z0-9._-]{1,100}$")
    """User name beside the token; GitHub and GitLab take any, Bitbucket wants ``x-token-auth``."""
    ssh_key: Path | None = None
    """Private key for ``ssh``, without a passphrase."""
    known_hosts: Path | None = None
    """Host keys for ``ssh``; a host that is not in it is not spoken to."""
    webhook_secret: str | None = None
    """Name of one of ``secrets:``; ``POST /webhooks/git/NAME`` is checked with it."""
    allow_local: bool = False
    """Let ``url`` be a path or ``file://`` on this machine."""

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.folder is None) == (self.url is None):
            raise ValueError("a source has exactly one of `folder` and `url`")
        if self.folder is not None and (wrong := self.model_fields_set & _ONLY_GIT):
            raise ValueError(f"`{min(wrong)}` belongs to a source with `url`")
        if self.url is not None and self.url.startswith(_LOCAL) and not self.allow_local:
            raise ValueError("url is a place on this machine; `allow_local: true` permits that")
        return self

    @property
    def is_git(self) -> bool:
        """Say whether it is a git repository."""
        return self.url is not None

    @property
    def place(self) -> str:
        """Return where it is, as people write it."""
        return self.url or (LIBRARY if self.name == LIBRARY else str(self.folder))


_ONLY_GIT = frozenset(
    {"branch", "path", "poll", "token", "user", "ssh_key", "known_hosts", "webhook_secret", "allow_local"}
)


def listed(places: str | None) -> tuple[Source, ...]:
    """Return the sources of TOCSIN_RUNBOOKS: folders, and git URLs as ``URL#branch:path``, with commas."""
    return tuple(_of_place(one.strip()) for one in (places or "").split(",") if one.strip())


def refuse_same_names(sources: Iterable[Source]) -> None:
    """Raise ValueError when two sources have one name, or one has that of the library."""
    seen = {LIBRARY}
    for source in sources:
        if source.name in seen:
            raise ValueError(f"two sources are called {source.name}; names are unique")
        seen.add(source.name)


def _of_place(place: str) -> Source:
    """Return a source whose name is made from its place, and stays the same as long as that does."""
    url, _, rest = place.partition("#")
    last = re.sub(r"[^a-z0-9]+", "-", re.split(r"[/:]", url.rstrip("/").lower())[-1].removesuffix(".git"))
    stem = re.sub(r"^[^a-z]+", "", last).strip("-")[:30] or "runbooks"
    name = f"{stem}-{hashlib.sha256(place.encode()).hexdigest()[:6]}"
    if "://" not in url and not _SCP.fullmatch(url):
        return Source(name=name, folder=Path(place))
    branch, _, path = rest.partition(":")
    return Source(name=name, url=url, branch=branch or None, path=path)
