"""📌: a message that people pin stands on the timeline, at its own time, for as long as it is pinned."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.names import NOTED, PINS
from tocsin.bot.office import Office
from tocsin.bot.reading import mentions, readable
from tocsin.bot.speech import Words
from tocsin.bot.wire import told
from tocsin.errors import Conflict, Forbidden, NotFound
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.incidents.lifecycle import Pin
from tocsin.incidents.tables import Incident


@dataclass(frozen=True)
class Message:
    """A message as Slack has it now."""

    text: str
    author: str
    """User id, or the name that a bot posted under."""
    pinned: bool


class Pins:
    """Brings the timeline into agreement with what is pinned; a repeated event changes nothing."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def keep(self, channel: str, ts: str, user: str) -> None:
        """Put one message on the timeline, or hide it, as it is pinned or not."""
        message = await self._message(channel, ts)
        if message is None:
            return  # deleted; what stands on the timeline stays there
        try:
            shown = await self._agree(channel, ts, user, message)
        except (Forbidden, Conflict, NotFound) as refusal:
            await self._office.speech.whisper(channel, user, Words(str(refusal)))
            return
        if shown is not None:
            await self._mark(channel, ts, shown)

    async def _agree(self, channel: str, ts: str, user: str, message: Message) -> bool | None:
        """Return whether the message is on the timeline now; None: it is no matter of the timeline."""
        actor, pin = await self._office.people.actor(user), await self._pin(channel, ts, message)
        async with self._office.database.transaction() as session:
            incident = await look.of_channel(session, channel)
            if incident is None or await self._is_kept(session, incident, ts):
                return None
            await session.refresh(incident, with_for_update=True)
            shown = await self._shown(session, incident, pin.ref)
            if message.pinned and not shown:
                await self._office.lifecycle.pin(session, actor, incident.id, pin)
            if shown and not message.pinned:
                await self._office.lifecycle.hide(session, actor, incident.id, pin.ref)
            return message.pinned

    async def _is_kept(self, session: AsyncSession, incident: Incident, ts: str) -> bool:
        """Say whether it is one of ours that is edited in place: those show what is, not what happened."""
        return ts in {one.ts for one in (await look.kept(session, incident.id)).values()}

    async def _shown(self, session: AsyncSession, incident: Incident, ref: str) -> bool:
        shown = False
        for entry in await self._office.log.read(session, f"incident/{incident.id}"):
            match entry.event:
                case events.MessagePinned() if entry.source_ref == ref:
                    shown = True
                case events.EntryHidden(source_ref=hidden) if hidden == ref:
                    shown = False
                case events.EntryShown(source_ref=again) if again == ref:
                    shown = True
        return shown

    async def _message(self, channel: str, ts: str) -> Message | None:
        """Return the message; a reply in a thread stands in no history."""
        client = self._office.client
        with told():
            found = await client.conversations_history(
                channel=channel, oldest=ts, latest=ts, inclusive=True, limit=1
            )
            message = next((one for one in found["messages"] if one["ts"] == ts), None)
        if message is None:
            with told("thread_not_found", "message_not_found"):
                thread = await client.conversations_replies(
                    channel=channel, ts=ts, oldest=ts, latest=ts, inclusive=True, limit=10
                )
                message = next((one for one in thread["messages"] if one["ts"] == ts), None)
        return _read(message, channel) if message else None

    async def _pin(self, channel: str, ts: str, message: Message) -> Pin:
        names = {one: str(await self._office.people.named(one)) for one in mentions(message.text)}
        known = message.author.startswith(("U", "W")) and message.author.isalnum()
        author = str(await self._office.people.named(message.author)) if known else message.author
        with told():
            link = await self._office.client.chat_getPermalink(channel=channel, message_ts=ts)
        return Pin(
            channel=channel,
            ts=ts,
            text=readable(message.text, names),
            author=author,
            permalink=str(link["permalink"]),
            at=datetime.fromtimestamp(float(ts), UTC),
        )

    async def _mark(self, channel: str, ts: str, shown: bool) -> None:
        client = self._office.client
        with told("already_reacted", "no_reaction", "message_not_found"):
            if shown:
                await client.reactions_add(channel=channel, timestamp=ts, name=NOTED)
            else:
                await client.reactions_remove(channel=channel, timestamp=ts, name=NOTED)


def _read(message: Mapping[str, Any], channel: str) -> Message:
    reacted = any(one["name"].partition("::")[0] in PINS for one in message.get("reactions", []))
    native = channel in message.get("pinned_to", [])
    author = message.get("user") or message.get("username") or message.get("bot_id") or "unknown"
    return Message(text=str(message.get("text", "")), author=str(author), pinned=reacted or native)
