"""Opens an incident's channel: a free name, and never somebody else's channel."""

import re
import unicodedata

from slack_sdk.web.async_client import AsyncWebClient

from tocsin.bot.people import People
from tocsin.bot.wire import Refused, told
from tocsin.incidents.tables import Incident

LONGEST = 80
"""Characters of a channel's name; https://docs.slack.dev/reference/methods/conversations.create#naming."""
LONGEST_PURPOSE = 250
_TRIES = 20


class Channels:
    """Makes channels for incidents."""

    def __init__(self, client: AsyncWebClient, people: People) -> None:
        self._client = client
        self._people = people

    async def open(self, incident: Incident, taken: frozenset[str]) -> tuple[str, str]:
        """Return id and name of the incident's channel, made now or by an earlier try.

        ``taken`` are the channels of other incidents. Raise Later or Refused.
        """
        for suffix in range(1, _TRIES + 1):
            name = channel_name(incident.number, incident.title, suffix)
            channel = await self._create(name, incident.private)
            if channel is None:
                channel = await self._ours(name, incident, taken)
            if channel is not None:
                with told():
                    await self._client.conversations_setPurpose(channel=channel, purpose=purpose(incident))
                return channel, name
        raise Refused("name_taken")

    async def _create(self, name: str, private: bool) -> str | None:
        try:
            with told():
                answer = await self._client.conversations_create(name=name, is_private=private)
        except Refused as refused:
            if refused.code != "name_taken":
                raise
            return None
        return str(answer["channel"]["id"])

    async def _ours(self, name: str, incident: Incident, taken: frozenset[str]) -> str | None:
        """Return the channel that has the name, if an earlier try for this incident made it.

        A try that died before it wrote the purpose left a channel of our making, without one, that no
        incident has.
        """
        me = await self._people.me()
        with told():
            pages = await self._client.conversations_list(types="public_channel,private_channel", limit=1000)
            async for page in pages:
                for channel in page["channels"]:
                    if channel["name"] != name:
                        continue
                    said = str(channel["purpose"]["value"])
                    marked = incident.id in said or (not said and channel["id"] not in taken)
                    ours = channel["creator"] == me and marked and not channel["is_archived"]
                    return str(channel["id"]) if ours else None
        return None


def channel_name(number: int, title: str, suffix: int = 1) -> str:
    """Return ``inc-12-checkout-is-slow``, at most 80 of Slack's characters."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)
    tail = f"-{suffix}" if suffix > 1 else ""
    return f"inc-{number}-{slug}"[: LONGEST - len(tail)].rstrip("-") + tail


def purpose(incident: Incident) -> str:
    """Return what marks the channel as this incident's."""
    mark = f" (Tocsin {incident.id})"
    return f"{incident.ref}: {incident.title}"[: LONGEST_PURPOSE - len(mark)] + mark
