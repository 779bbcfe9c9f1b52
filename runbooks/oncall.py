"""Who is on call now: what ``oncall:SCHEDULE`` stands for, asked of PagerDuty."""

import asyncio
import time
from collections.abc import Callable, Iterable

from tocsin.access import Duty
from tocsin.actions.pagerduty import Pager
from tocsin.errors import ActionFailed
from tocsin.events import Actor

PREFIX = "oncall:"
_FRESH = 30.0
"""Seconds for which an answer is believed: so long somebody still counts after their shift."""
_PATIENCE = 2.5
"""Seconds that a person waits; Slack gives three in all. A later answer is there the next time."""

Asked = tuple[float, asyncio.Task[frozenset[str]]]


class OnCall:
    """Asks who is on call. ``pager`` is None where no PagerDuty token is set: then nobody is.

    ``clock`` and ``patience`` are in seconds.
    """

    def __init__(
        self,
        pager: Pager | None = None,
        clock: Callable[[], float] = time.monotonic,
        patience: float = _PATIENCE,
    ) -> None:
        self._pager = pager
        self._clock = clock
        self._patience = patience
        self._asked: dict[str, Asked] = {}

    async def duty(self, actor: Actor, allowed: Iterable[str]) -> Duty:
        """Return which of the schedules among ``allowed`` the actor is on call in, by email address."""
        wanted = sorted({name.removeprefix(PREFIX) for name in allowed if name.startswith(PREFIX)})
        if not wanted or actor.kind == "system":
            return Duty()
        if actor.email is None:
            return Duty(unknown="your account has no email address by which PagerDuty could know you")
        if self._pager is None:
            return Duty(unknown="no PagerDuty token is set, `TOCSIN_PAGERDUTY_API_TOKEN`")
        answers = await asyncio.gather(*(self._answer(self._pager, one) for one in wanted))
        on_call = [
            name for name, found in zip(wanted, answers, strict=True) if actor.email.lower() in found[0]
        ]
        unknown = "; ".join(dict.fromkeys(trouble for _, trouble in answers if trouble))
        return Duty(frozenset(PREFIX + name for name in on_call), unknown)

    async def _answer(self, pager: Pager, schedule: str) -> tuple[frozenset[str], str]:
        """Return who is on call in a schedule; nobody, and the reason, where that cannot be found out."""
        try:
            question = asyncio.shield(self._asking(pager, schedule))
            return await asyncio.wait_for(question, self._patience), ""
        except TimeoutError:
            return frozenset(), f"PagerDuty has not said within {self._patience:g} seconds who is on call"
        except ActionFailed as error:
            return frozenset(), str(error)

    def _asking(self, pager: Pager, schedule: str) -> asyncio.Task[frozenset[str]]:
        """Return the question that is under way, or whose answer is fresh; else ask."""
        known = self._asked.get(schedule)
        if known is None or not self._counts(*known):
            question = asyncio.create_task(asyncio.to_thread(pager.on_duty, schedule))
            # Somebody may wait for it no more: then asyncio would log its failure as a mistake of ours.
            question.add_done_callback(_failed)
            known = self._asked[schedule] = (self._clock(), question)
        return known[1]

    def _counts(self, since: float, question: asyncio.Task[frozenset[str]]) -> bool:
        """Say whether a question need not be asked again: one that failed has to be."""
        return not question.done() or (not _failed(question) and self._clock() - since <= _FRESH)


def _failed(question: asyncio.Task[frozenset[str]]) -> bool:
    return question.cancelled() or question.exception() is not None
