"""Takes requests from Slack: who asks, is it new, one transaction, and only then the answer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.bot.incident_words import tray
from tocsin.bot.names import INCIDENT
from tocsin.bot.office import Ask, Office, Reply
from tocsin.bot.reading import mentions, typed
from tocsin.bot.wire import told
from tocsin.bot.words import Handler, Word, find, nearest
from tocsin.errors import StaleStream
from tocsin.events import Fact
from tocsin.events import incident as events

Body = Mapping[str, Any]
"""What Slack sends, as it comes from bolt; parsed here and seen nowhere else."""


class Desk:
    """Answers commands, presses and submissions."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def command(self, words: Sequence[Word], body: Body) -> Reply:
        """Do what a slash command says."""
        command, channel = str(body["command"]), str(body["channel_id"])
        verb, _, rest = str(body.get("text", "")).strip().partition(" ")
        word = find(words, verb or "help")
        if word is None:
            return Reply(nearest(command, words, verb))
        asked = replace(await self._ask(body, str(body["user_id"])), channel=channel, words=typed(rest))
        if not verb and command == INCIDENT:
            return await self._answer(tray, asked)
        people = [await self._office.people.named(user) for user in mentions(rest)]
        return await self._answer(word.handler, replace(asked, mentioned=tuple(people)))

    async def press(self, handler: Handler, body: Body) -> Reply:
        """Do what a button says."""
        asked = await self._ask(body, str(body["user"]["id"]))
        channel = str(body.get("channel", {}).get("id", ""))
        about = str(body["actions"][0].get("value", "")) if body.get("actions") else ""
        return await self._answer(handler, replace(asked, channel=channel, about=about))

    async def submit(self, handler: Handler, body: Body) -> Reply:
        """Do what a window says."""
        asked, view = await self._ask(body, str(body["user"]["id"])), body["view"]
        fields = {name: value for block in view["state"]["values"].values() for name, value in _filled(block)}
        about = str(view.get("private_metadata", ""))
        return await self._answer(handler, replace(asked, about=about, fields=fields))

    async def _ask(self, body: Body, user: str) -> Ask:
        trigger = str(body["trigger_id"])
        key = hashlib.sha256(trigger.encode()).hexdigest()[:32]
        return Ask(actor=await self._office.people.actor(user), key=key, trigger_id=trigger)

    async def _answer(self, handler: Handler, ask: Ask) -> Reply:
        try:
            reply = await self._once(handler, ask)
        except StaleStream:
            reply = await self._once(handler, ask)  # the run moved on in the same moment: decide again
        if reply.view is not None:
            with told():
                await self._office.client.views_open(trigger_id=ask.trigger_id, view=reply.view)
        return reply

    async def _once(self, handler: Handler, ask: Ask) -> Reply:
        async with self._office.database.transaction() as session:
            if not await self._new(session, ask):
                return Reply()
            return await handler(self._office, session, ask)

    async def _new(self, session: AsyncSession, ask: Ask) -> bool:
        """Store that this request came; say False when it came before, by a retry of Slack's."""
        stored = events.DeliveryReceived(source="slack", event_id=ask.key, event_type="request", body="")
        fact = Fact(event=stored, actor=ask.actor, source="slack")
        try:
            await self._office.log.append(session, f"delivery/slack/{ask.key}", [fact], expected_version=0)
        except StaleStream:
            return False
        return True


def _filled(block: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return the inputs of a block that have a value; a ticked box has its own."""
    found = []
    for name, state in block.items():
        option = state.get("selected_option") or {}
        ticked = ",".join(one["value"] for one in state.get("selected_options") or [])
        value = state.get("value") or option.get("value") or ticked
        found += [(name, str(value))] if value else []
    return found
