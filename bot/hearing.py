"""What happens in Slack without anybody asking us: pins, and people who come into a channel."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tocsin.bot.names import PINS
from tocsin.bot.office import Office
from tocsin.events import Fact
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.jobs import Job

Heard = Mapping[str, Any]
"""An event as bolt hands it over; read here and passed on to nobody."""


async def _on_reaction(office: Office, event: Heard) -> None:
    if event["reaction"] in PINS and event["item"].get("type") == "message":
        await _look_later(office, event["item"]["channel"], event["item"]["ts"], event["user"])


async def _on_pin(office: Office, event: Heard) -> None:
    message = event["item"].get("message")
    if message:
        await _look_later(office, event["channel_id"], message["ts"], event["user"])


async def _on_join(office: Office, event: Heard) -> None:
    """Let whoever was brought into a private incident's channel know the incident."""
    user = str(event["user"])
    async with office.database.transaction() as session:
        incident = await look.of_channel(session, event["channel"])
        if incident is None or not incident.private or user in incident.people:
            return
        if user == await office.people.me():
            return
        joined = events.PeopleInvited(people=(user,))
        ref = f"slack:joined:{user}"
        fact = Fact(event=joined, source="slack", source_ref=ref, incident_id=incident.id)
        await office.log.append(session, f"incident/{incident.id}", [fact])


EVENTS: Mapping[str, Callable[[Office, dict[str, Any]], Awaitable[None]]] = {
    "member_joined_channel": _on_join,
    "pin_added": _on_pin,
    "pin_removed": _on_pin,
    "reaction_added": _on_reaction,
    "reaction_removed": _on_reaction,
}
"""Every event we listen to. Each changes nothing when it is heard again."""


async def _look_later(office: Office, channel: str, ts: str, user: str) -> None:
    """Store that somebody pinned or unpinned something in one of our channels."""
    async with office.database.transaction() as session:
        if await look.of_channel(session, channel) is not None:
            args: dict[str, str | int] = {"channel": channel, "ts": ts, "user": user}
            await office.queue.defer(session, [Job(task="bot.keep_pin", args=args)])
