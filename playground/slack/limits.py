"""Slack's rate limits: https://docs.slack.dev/apis/web-api/rate-limits."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tocsin.playground.slack.call import Call
from tocsin.playground.slack.errors import RateLimited

_TIER_2, _TIER_3, _TIER_4 = 20, 50, 100
_BURST_MINUTES = 3
"""Slack tolerates bursts without saying how large; three minutes' worth is our reading."""

_MESSAGES_PER_MINUTE = 60
_MESSAGE_BURST = 30

TIERS = {
    "apps.connections.open": _TIER_2,
    "bookmarks.add": _TIER_2,
    "bookmarks.edit": _TIER_2,
    "bookmarks.remove": _TIER_2,
    "chat.delete": _TIER_3,
    "chat.update": _TIER_3,
    "conversations.archive": _TIER_2,
    "conversations.create": _TIER_2,
    "conversations.history": _TIER_3,
    "conversations.info": _TIER_3,
    "conversations.invite": _TIER_3,
    "conversations.join": _TIER_3,
    "conversations.kick": _TIER_3,
    "conversations.leave": _TIER_3,
    "conversations.list": _TIER_2,
    "conversations.open": _TIER_3,
    "conversations.rename": _TIER_2,
    "conversations.replies": _TIER_3,
    "conversations.setPurpose": _TIER_2,
    "conversations.setTopic": _TIER_2,
    "conversations.unarchive": _TIER_2,
    "pins.add": _TIER_2,
    "pins.list": _TIER_2,
    "pins.remove": _TIER_2,
    "reactions.add": _TIER_3,
    "reactions.get": _TIER_3,
    "reactions.remove": _TIER_2,
    "usergroups.list": _TIER_2,
    "usergroups.users.list": _TIER_2,
    "users.conversations": _TIER_3,
    "users.list": _TIER_2,
    "users.lookupByEmail": _TIER_3,
}


@dataclass(slots=True)
class Limits:
    """One bucket of tokens per method, and for chat.postMessage per channel."""

    now: Callable[[], float]
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def spend(self, call: Call) -> None:
        """Take one token; refuses with the seconds until the next one."""
        key, per_minute, burst = _bucket(call)
        tokens, since = self._buckets.get(key, (float(burst), self.now()))
        tokens = min(float(burst), tokens + (self.now() - since) * per_minute / 60)
        if tokens < 1:
            self._buckets[key] = (tokens, self.now())
            raise RateLimited(max(1, math.ceil((1 - tokens) * 60 / per_minute)))
        self._buckets[key] = (tokens - 1, self.now())

    def refill(self) -> None:
        """Forget everything that was spent."""
        self._buckets.clear()


def _bucket(call: Call) -> tuple[str, int, int]:
    if call.method == "chat.postMessage":
        return f"{call.method}:{call.text('channel')}", _MESSAGES_PER_MINUTE, _MESSAGE_BURST
    per_minute = TIERS.get(call.method, _TIER_4)
    return call.method, per_minute, per_minute * _BURST_MINUTES
