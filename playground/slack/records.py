"""The things a workspace holds."""

from dataclasses import dataclass, field

from tocsin.playground.slack.shapes import Json


@dataclass(frozen=True, slots=True)
class User:
    """A person or a bot."""

    id: str
    name: str
    real_name: str
    title: str = ""
    tz: str = "Etc/UTC"
    tz_offset: int = 0
    is_bot: bool = False

    @property
    def email(self) -> str:
        return f"{self.name}@acme.example"


@dataclass(frozen=True, slots=True)
class Usergroup:
    """A group of people that can be mentioned by one handle."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A channel's topic or purpose, and who set it when."""

    value: str = ""
    creator: str = ""
    last_set: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """A message kept at the top of a channel."""

    ts: str
    by: str
    at: int


@dataclass(slots=True)
class Message:
    """A message in a channel; `ephemeral_to` names the one person who can see it."""

    ts: str
    channel: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str = ""
    subtype: str = ""
    bot_id: str = ""
    metadata: Json = field(default_factory=dict)
    edited_ts: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    ephemeral_to: str = ""
    broadcast: bool = False

    @property
    def is_reply(self) -> bool:
        return self.thread_ts not in ("", self.ts)


@dataclass(slots=True)
class Channel:
    """A conversation: public, private or direct."""

    id: str
    name: str
    creator: str
    created: int
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_general: bool = False
    is_archived: bool = False
    topic: Note = Note()
    purpose: Note = Note()
    members: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    pins: list[Pin] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)
    previous_names: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The word that `types=` of conversations.list uses for this channel."""
        if self.is_im:
            return "im"
        if self.is_mpim:
            return "mpim"
        return "private_channel" if self.is_private else "public_channel"


@dataclass(slots=True)
class File:
    """An uploaded file; `content` is None until the upload address got its bytes."""

    id: str
    name: str
    length: int
    user: str
    created: int
    title: str = ""
    content: bytes | None = None
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class View:
    """A modal or a home tab; `stack` names the modals opened over one another."""

    id: str
    type: str
    user: str
    content: Json
    hash: str
    stack: str
    previous: str = ""
    state: Json = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Trigger:
    """Leave to open one modal for one person, for a few seconds."""

    id: str
    user: str
    issued: float
    stack: str = ""
    exchanged: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """An address through which an app may answer one command or press."""

    token: str
    channel: str
    user: str
    issued: float
    message_ts: str = ""
    uses: int = 0


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One Web API call as the far side saw it."""

    seq: int
    at: float
    method: str
    args: Json
    error: str = ""
    answered: bool = True
