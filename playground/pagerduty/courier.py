"""Carries webhooks out as PagerDuty does (https://developer.pagerduty.com/docs/webhooks/webhook-behavior/).

In order for each subscription and incident; retried on no answer, 5xx and 429; dropped on any other 4xx;
three drops in a row disable the subscription for a day and lose what waits in its queue.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import httpx2
from pydantic import BaseModel, ConfigDict

from tocsin.playground.pagerduty.naming import now
from tocsin.playground.pagerduty.subscriptions import Subscription
from tocsin.playground.pagerduty.webhook_bodies import Webhook
from tocsin.trust import trusting

Outcome = Literal["pending", "delivered", "dropped"]
USER_AGENT = "PagerDuty-Webhook/V3.0"
DROPS_THAT_DISABLE = 3
DISABLED_FOR = timedelta(hours=24)
TOO_MANY_REQUESTS = 429


class Pace(BaseModel):
    """How patient the courier is, in seconds.

    PagerDuty publishes the 5 s and the 48 h, not the pauses between attempts; `scale` shrinks both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    answer_within: float = 5.0
    first_pause: float = 5.0
    longest_pause: float = 1_800.0
    give_up_after: float = 172_800.0
    scale: float = 1.0

    def pauses(self) -> Iterator[float]:
        """Double the pause from attempt to attempt, until the patience is used up."""
        spent, pause = 0.0, self.first_pause
        while spent < self.give_up_after:
            yield pause * self.scale
            spent += pause
            pause = min(2 * pause, self.longest_pause)


@dataclass(frozen=True)
class Attempt:
    """One try. `status` is None when no answer came; `problem` then says why."""

    at: datetime
    seconds: float
    status: int | None
    problem: str | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused_for_good(self) -> bool:
        return self.status is not None and 400 <= self.status < 500 and self.status != TOO_MANY_REQUESTS


@dataclass
class Delivery:
    """A webhook on its way to one subscription."""

    webhook: Webhook
    subscription: Subscription
    attempts: list[Attempt] = field(default_factory=list)
    outcome: Outcome = "pending"


class Courier:
    """Delivers webhooks from the event loop it is used on; `close` ends all that is under way."""

    def __init__(self, pace: Pace) -> None:
        self.deliveries: list[Delivery] = []
        self._pace = pace
        self._lanes: dict[tuple[str, str], deque[Delivery]] = {}
        self._walks: set[asyncio.Task[None]] = set()
        self._client = httpx2.AsyncClient(verify=trusting(None), trust_env=False, timeout=None)

    def post(self, webhook: Webhook, subscription: Subscription) -> None:
        """Queue a webhook behind the earlier ones of its incident. A disabled subscription drops it."""
        delivery = Delivery(webhook, subscription)
        self.deliveries.append(delivery)
        if subscription.temporarily_disabled:
            delivery.outcome = "dropped"
            return
        lane = (subscription.id, webhook.lane)
        waiting = self._lanes.setdefault(lane, deque())
        waiting.append(delivery)
        if len(waiting) == 1:
            self._start_walk(waiting)

    async def attempt(self, delivery: Delivery) -> Attempt:
        """Send a webhook once, now, out of turn, and note the attempt."""
        started, at = time.monotonic(), now()
        try:
            async with asyncio.timeout(self._pace.answer_within):
                answer = await self._client.post(
                    delivery.subscription.url, content=delivery.webhook.body, headers=_headers(delivery)
                )
            attempt = Attempt(at, time.monotonic() - started, answer.status_code)
        except (httpx2.TransportError, TimeoutError) as problem:
            attempt = Attempt(at, time.monotonic() - started, None, type(problem).__name__)
        delivery.attempts.append(attempt)
        return attempt

    async def clear(self) -> None:
        """Stop all deliveries and forget them."""
        for walk in self._walks:
            walk.cancel()
        await asyncio.gather(*self._walks, return_exceptions=True)
        self._lanes.clear()
        self.deliveries.clear()

    async def close(self) -> None:
        """Stop all deliveries and let go of the connections."""
        await self.clear()
        await self._client.aclose()

    def _start_walk(self, waiting: deque[Delivery]) -> None:
        walk = asyncio.create_task(self._walk(waiting))
        self._walks.add(walk)
        walk.add_done_callback(self._walks.discard)

    async def _walk(self, waiting: deque[Delivery]) -> None:
        while waiting:
            await self._carry(waiting[0])
            waiting.popleft()

    async def _carry(self, delivery: Delivery) -> None:
        for pause in self._pace.pauses():
            if delivery.outcome == "dropped":
                return
            attempt = await self.attempt(delivery)
            if attempt.delivered:
                delivery.outcome = "delivered"
                delivery.subscription.drops_in_a_row = 0
                return
            if attempt.refused_for_good:
                break
            await asyncio.sleep(pause)
        self._drop(delivery)

    def _drop(self, delivery: Delivery) -> None:
        delivery.outcome = "dropped"
        subscription = delivery.subscription
        subscription.drops_in_a_row += 1
        if subscription.drops_in_a_row >= DROPS_THAT_DISABLE:
            subscription.disabled_until = now() + DISABLED_FOR
            for waiting in self.deliveries:
                if waiting.subscription is subscription and waiting.outcome == "pending":
                    waiting.outcome = "dropped"


def _headers(delivery: Delivery) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "X-PagerDuty-Signature": delivery.subscription.sign(delivery.webhook.body),
        "X-Webhook-Id": delivery.webhook.webhook_id,
        "X-Webhook-Subscription": delivery.subscription.id,
        **delivery.subscription.headers,
    }
