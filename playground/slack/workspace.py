"""The state of one workspace, and where to find things in it."""

import hashlib
import time
from collections.abc import Callable, Iterable

from tocsin.playground.slack.errors import SlackError
from tocsin.playground.slack.people import BOT, EVERYONE, GROUPS, first_channels
from tocsin.playground.slack.records import (
    Channel,
    File,
    LedgerEntry,
    Message,
    ResponseUrl,
    Trigger,
    User,
    Usergroup,
    View,
)
from tocsin.playground.slack.settings import Settings
from tocsin.playground.slack.shapes import Json


class Workspace:
    """Everything the workspace knows, in memory; used from one event loop only."""

    def __init__(self, settings: Settings | None = None, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings or Settings()
        self.now = clock
        self.address = ""
        self.on_event: list[Callable[[Json], None]] = []
        self.on_change: list[Callable[[], None]] = []
        self.reset()

    def reset(self) -> None:
        """Put the workspace back to its first day; who listens to it stays."""
        self._serials: dict[str, int] = {}
        self._last_microsecond = 0
        self.users: dict[str, User] = {user.id: user for user in EVERYONE}
        self.usergroups: dict[str, Usergroup] = {group.id: group for group in GROUPS}
        first = first_channels(int(self.now()))
        self.channels: dict[str, Channel] = {channel.id: channel for channel in first}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.tickets: set[str] = set()
        self.calls: list[LedgerEntry] = []
        self.touch()

    # -- naming -------------------------------------------------------------------------------------

    def serial(self, prefix: str) -> str:
        """Make the next id with this prefix: C0A000001, then C0A000002."""
        self._serials[prefix] = self._serials.get(prefix, 0) + 1
        return f"{prefix}{self._serials[prefix]:06d}"

    def secret(self, purpose: str) -> str:
        """Make a hard-to-guess token that is stable from one identical play to the next."""
        seed = f"{self.settings.signing_secret}:{self.serial(purpose)}"
        return hashlib.sha256(seed.encode()).hexdigest()[:32]

    def issue_ticket(self) -> str:
        """Make leave for one Socket Mode connection."""
        ticket = self.secret("ticket")
        self.tickets.add(ticket)
        return ticket

    def timestamp(self) -> str:
        """Make a message timestamp: the time in microseconds, never the same twice."""
        self._last_microsecond = max(self._last_microsecond + 1, int(self.now() * 1_000_000))
        return f"{self._last_microsecond // 1_000_000}.{self._last_microsecond % 1_000_000:06d}"

    # -- finding ------------------------------------------------------------------------------------

    def user(self, user_id: str) -> User:
        """Find a user; refuses with user_not_found."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """Find a channel by id; refuses with channel_not_found."""
        if channel_id not in self.channels:
            raise SlackError("channel_not_found")
        return self.channels[channel_id]

    def channel_named(self, name: str) -> Channel | None:
        """Find a channel by its name without the leading #."""
        return next((channel for channel in self.channels.values() if channel.name == name), None)

    def bot_sees(self, channel: Channel) -> bool:
        """Tell whether the app may know that this channel exists."""
        return channel.kind == "public_channel" or BOT.id in channel.members

    def message(self, channel: Channel, ts: str) -> Message:
        """Find a message that others can see; refuses with message_not_found."""
        found = find_message(channel.messages, ts)
        if found is None or found.ephemeral_to:
            raise SlackError("message_not_found")
        return found

    def permalink(self, message: Message) -> str:
        """Give the message's address, which opens it on the practice page."""
        return f"{self.address}archives/{message.channel}/p{message.ts.replace('.', '')}"

    # -- telling ------------------------------------------------------------------------------------

    def emit(self, event: Json, channel: Channel | None = None) -> None:
        """Tell the app of an event, unless it happened in a channel the app is not in."""
        if channel is None or BOT.id in channel.members:
            for listener in self.on_event:
                listener(event)
        self.touch()

    def touch(self) -> None:
        """Tell the page that something it shows has changed."""
        for listener in self.on_change:
            listener()


def find_message(messages: Iterable[Message], ts: str) -> Message | None:
    """Find a message by its timestamp."""
    return next((message for message in messages if message.ts == ts), None)
