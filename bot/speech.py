"""Says things in Slack: each message once, however often its job is tried, and edited in place."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.web.async_client import AsyncWebClient

from tocsin.bot.names import ARTEFACT
from tocsin.bot.wire import Refused, told

Block = dict[str, object]
_SKEW = timedelta(minutes=2)
"""How far Slack's clock may be from ours."""
_ID = re.compile(r"[CGDU][A-Z0-9]{4,}")


@dataclass(frozen=True)
class Words:
    """A message: what notifications and screen readers say, and what the eye sees."""

    text: str
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Said:
    """Where a message stands."""

    channel: str
    ts: str


class Speech:
    """Posts and edits as the bot."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._channels: dict[str, str] = {}

    async def post(self, channel: str, key: str, words: Words, since: datetime) -> Said:
        """Post the message unless one with this key was posted ``since``; raise Later or Refused.

        ``channel`` is a channel's id or name, or a person's id.
        """
        place = await self.channel(channel)
        earlier = await self._earlier(place, key, since)
        if earlier is not None:
            return Said(place, earlier)
        with told():
            answer = await self._client.chat_postMessage(
                channel=place,
                text=words.text,
                blocks=words.blocks or None,
                unfurl_links=False,
                unfurl_media=False,
                metadata={"event_type": ARTEFACT, "event_payload": {"key": key}},
            )
        return Said(place, str(answer["ts"]))

    async def edit(self, said: Said, words: Words) -> None:
        """Let the message say this from now on; one that somebody deleted stays deleted."""
        with told("message_not_found", "edit_window_closed"):
            await self._client.chat_update(
                channel=said.channel, ts=said.ts, text=words.text, blocks=words.blocks
            )

    async def whisper(self, channel: str, user: str, words: Words) -> None:
        """Say it to one person where they are; directly, where the bot is not."""
        try:
            with told():
                await self._client.chat_postEphemeral(
                    channel=channel, user=user, text=words.text, blocks=words.blocks or None
                )
        except Refused:
            place = await self.channel(user)
            with told():
                await self._client.chat_postMessage(
                    channel=place, text=words.text, blocks=words.blocks or None
                )

    async def permalink(self, said: Said) -> str:
        """Return the message's address."""
        with told():
            answer = await self._client.chat_getPermalink(channel=said.channel, message_ts=said.ts)
        return str(answer["permalink"])

    async def channel(self, name: str) -> str:
        """Return the id of a channel, or of the direct conversation with a person; raise Refused."""
        if _ID.fullmatch(name) and not name.startswith("U"):
            return name
        if name not in self._channels:
            self._channels[name] = await (self._direct(name) if _ID.fullmatch(name) else self._named(name))
        return self._channels[name]

    async def _direct(self, user: str) -> str:
        with told():
            return str((await self._client.conversations_open(users=user))["channel"]["id"])

    async def _named(self, name: str) -> str:
        wanted = name.removeprefix("#")
        with told():
            pages = await self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=1000
            )
            async for page in pages:
                for channel in page["channels"]:
                    if channel["name"] == wanted:
                        return str(channel["id"])
        raise Refused("channel_not_found")

    async def _earlier(self, channel: str, key: str, since: datetime) -> str | None:
        oldest = f"{(since - _SKEW).timestamp():.6f}"
        with told():
            pages = await self._client.conversations_history(
                channel=channel, oldest=oldest, limit=200, include_all_metadata=True
            )
            async for page in pages:
                for message in page["messages"]:
                    if key_of(message) == key:
                        return str(message["ts"])
        return None


def key_of(message: dict[str, object]) -> str | None:
    """Return the key of a message of ours, or None."""
    metadata = message.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("event_type") != ARTEFACT:
        return None
    return str(metadata.get("event_payload", {}).get("key"))
