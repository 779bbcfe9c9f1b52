"""Who somebody in Slack is: looked up once in a while, and refused when they are not one of us."""

import time
from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from tocsin.bot.wire import Refused, told
from tocsin.errors import Forbidden
from tocsin.events import Actor

_FRESH = 600.0
"""Seconds for which a look-up is believed; whoever is deactivated loses their rights after that."""


@dataclass(frozen=True)
class Person:
    """What users.info says of somebody."""

    actor: Actor
    outsider: bool
    """A guest, a bot, deactivated, or from another company's workspace."""
    seen: float


class People:
    """Looks people up; remembers them for ten minutes."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._known: dict[str, Person] = {}
        self._me: str | None = None

    async def me(self) -> str:
        """Return the bot's own user id."""
        if self._me is None:
            with told():
                self._me = str((await self._client.auth_test())["user_id"])
        return self._me

    async def actor(self, user: str) -> Actor:
        """Return who gives a command; raise Forbidden for guests, bots and people of other workspaces."""
        person = await self._person(user)
        if person.outsider:
            raise Forbidden(
                "Guests, bots and people of other workspaces cannot give commands here. Nothing was changed; "
                "ask a member of the incident's channel."
            )
        return person.actor

    async def named(self, user: str) -> Actor:
        """Return somebody who is talked about; an unknown one has only their id."""
        try:
            return (await self._person(user)).actor
        except Refused:
            return Actor(kind="slack", id=user)

    async def by_email(self, email: str) -> str | None:
        """Return the Slack id of whoever has this address, or None."""
        try:
            with told():
                return str((await self._client.users_lookupByEmail(email=email))["user"]["id"])
        except Refused as refused:
            if refused.code == "users_not_found":
                return None
            raise

    async def _person(self, user: str) -> Person:
        known = self._known.get(user)
        if known is None or time.monotonic() - known.seen > _FRESH:
            with told():
                found = (await self._client.users_info(user=user))["user"]
            known = self._known[user] = _person(found)
        return known


_OUTSIDE = ("is_restricted", "is_ultra_restricted", "is_stranger", "is_bot", "deleted")


def _person(found: dict[str, object]) -> Person:
    profile = found.get("profile")
    email = profile.get("email") if isinstance(profile, dict) else None
    name = found.get("real_name") or found.get("name") or ""
    actor = Actor(kind="slack", id=str(found["id"]), name=str(name), email=str(email) if email else None)
    return Person(actor, outsider=any(found.get(flag) for flag in _OUTSIDE), seen=time.monotonic())
