"""One run from its request to its end, in virtual time and without a database."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.actions.registry import Registry
from tocsin.errors import ActionFailed, TocsinError
from tocsin.events import SYSTEM, Actor, Event, steering
from tocsin.events import run as events
from tocsin.runbooks import endings
from tocsin.runbooks.consequences import beginning, follow
from tocsin.runbooks.deeds import Deed, Deeds
from tocsin.runbooks.fold import begin, witness
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.simulate.answers import Answers
from tocsin.runbooks.simulate.people import Crowd
from tocsin.runbooks.simulate.stage import Hands, Placeholders, Stage, verdict
from tocsin.runbooks.simulate.world import GUARD, HERE, Place, World
from tocsin.runbooks.state import RunState
from tocsin.runbooks.tree import Node
from tocsin.runbooks.verification import checks_of
from tocsin.runbooks.work import CheckStep, GuardStep, Program, TakeLocks

RUN_ID = "test"
OTHER_RUN = "another"
"""Whoever holds a lock that the run waits for."""
_INDEX = re.compile(r"\[[0-9]+\]")
TRIES = 12
"""How often a worker's job is tried."""
MOST = 100_000
"""Looks at a run after which it is said not to come to an end."""


class Unending(TocsinError):
    """A run goes round in circles."""


class Happening(NamedTuple):
    """An event of the run."""

    at: timedelta
    """Since its beginning."""
    event: Event
    actor: Actor


@dataclass(frozen=True)
class Setting:
    """In what a run lives."""

    program: Program
    registry: Registry
    """The real actions: their inputs and what they are."""
    answers: Mapping[str, Answers]
    crowd: Crowd
    held: Mapping[str, timedelta]
    """Locks of another run, and until when it holds them."""


class Life:
    """Lives on the event loop that it is awaited on; its time is that loop's."""

    def __init__(self, setting: Setting, asked: events.RunRequested, actor: Actor, at: datetime) -> None:
        self.program, self.crowd = setting.program, setting.crowd
        self.world = World(setting.answers, self._elapsed, self._begun)
        self.history: list[Happening] = []
        self._held = setting.held
        self._began_at = at
        self._epoch = asyncio.get_running_loop().time()
        incident = "test" if isinstance(asked.scope.get("incident"), dict) else None
        self.state: RunState = begin(RUN_ID, asked, actor, at, incident)
        self.history.append(Happening(timedelta(0), asked, actor))
        stage = Stage(setting.registry, self.world)
        self._deeds = Deeds(stage, Hands(self.world), Placeholders(), lambda: self.now)
        self._at_work: dict[asyncio.Task[Event], Deed] = {}

    @property
    def now(self) -> datetime:
        """Return the time in the test."""
        return self._began_at + self._elapsed()

    @property
    def lasted(self) -> timedelta:
        """Return how long the run took, up to the last that happened to it."""
        return self.history[-1].at

    async def live(self) -> None:
        """Go on until the run is over, or nothing further happens to it.

        Raise Unanswered when the test does not say what its world answers, Unending when there is no end.
        """
        happened: Sequence[Event] = ()
        try:
            for _ in range(MOST):
                wake_at = self._settle(happened)
                pause = None if self.state.over else self._pause(wake_at)
                if pause is None:
                    return
                happened = await self._next(pause)
                while (act := self.crowd.act(self.state, self.now)) is not None:
                    self.append(*act)
        finally:
            for task in self._at_work:
                task.cancel()
        raise Unending(f"the run does not come to an end: after {self._elapsed()} it still goes on")

    def append(self, event: Event, actor: Actor = SYSTEM) -> None:
        """Let something happen to the run."""
        self.state = replace(witness(self.state, event, actor, self.now), version=self.state.version + 1)
        self.history.append(Happening(self._elapsed(), event, actor))
        self.crowd.sees(event, self.now)

    def moment(self) -> Moment:
        """Return the run as it stands."""
        busy = frozenset(deed.step for deed in self._at_work.values())
        return Moment(self.program, self.state, self.now, busy)

    def _settle(self, happened: Sequence[Event]) -> datetime | None:
        """Let happen all that follows, and begin what is to be done; return when to look again."""
        while True:
            said, decision = follow(self.moment(), happened)
            for event in said:
                self.append(event)
            take = next((work for work in decision.work if isinstance(work, TakeLocks)), None)
            happened = self._line_up(take) if take else ()
            if not happened:
                break
        deeds = [work for work in decision.work if not isinstance(work, TakeLocks)]
        for begun in filter(None, map(beginning, deeds)):
            self.append(begun)
        for deed in deeds:
            self._at_work[asyncio.create_task(self._do(self.state, deed))] = deed
        return decision.wake_at if take is None else self._turn(take)

    def _line_up(self, take: TakeLocks) -> list[Event]:
        """Take the locks, or say that another run is in front; nothing, when that is known already."""
        if all(self._held.get(one, timedelta(0)) <= self._elapsed() for one in take.resources):
            return [events.LocksTaken(resources=take.resources)]
        if self.state.awaited == take.resources:
            return []
        return [events.LocksAwaited(resources=take.resources, holders=(OTHER_RUN,))]

    def _turn(self, take: TakeLocks) -> datetime:
        """Return when the run is next in line, or has waited too long."""
        free = self._began_at + max(self._held[one] for one in take.resources if one in self._held)
        return min(free, endings.deadline(self.moment()))

    def _pause(self, wake_at: datetime | None) -> float | None:
        """Return for how many seconds nothing may happen but the end of what is at work; None: for ever."""
        times = [at for at in (wake_at, self.crowd.next_at(self.state)) if at is not None]
        if times:
            return max(0.0, (min(times) - self.now).total_seconds())
        return float("inf") if self._at_work else None

    async def _next(self, pause: float) -> list[Event]:
        """Return what came of the deeds that are done next, or nothing after a pause."""
        if not self._at_work:
            await asyncio.sleep(pause)
            return []
        limit = None if pause == float("inf") else pause
        done, _ = await asyncio.wait(self._at_work, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in self._at_work if task in done]  # in the order in which they began
        for task in ended:
            del self._at_work[task]
        return [task.result() for task in ended]

    async def _do(self, state: RunState, deed: Deed) -> Event:
        """Do it in the world of the test; a look whose finding the test tells is not taken."""
        place = self._place(state, deed)
        HERE.set(place)
        told = await self._told(place, deed)
        if told is None:
            return await self._done(state, deed)
        found, reason = told
        if isinstance(deed, GuardStep):
            return steering.GuardChecked(step=deed.step, holds=found == "ok", reason=reason)
        return events.StepChecked.model_validate(
            {"step": deed.step, "check": place.check, "state": found, "reason": reason}
        )

    async def _done(self, state: RunState, deed: Deed) -> Event:
        """Do it; where a probe cannot look, come back later as a worker's job does."""
        for attempt in range(TRIES):
            try:
                return await self._deeds.do(self.program, state, deed)
            except ActionFailed:
                await asyncio.sleep(2.0**attempt)
        raise Unending(
            f"step {deed.step} cannot be looked at, however often that is tried: `probe` always fails"
        )

    async def _told(self, place: Place, deed: Deed) -> tuple[str, str] | None:
        """Return state and reason of a look whose finding the test tells; None: it does not."""
        if not isinstance(deed, CheckStep | GuardStep):
            return None
        names = (GUARD,) if isinstance(deed, GuardStep) else place.names
        try:
            said = self.world.verdict(place, *names)
        except ActionFailed as error:
            said = {"state": "inconclusive", "reason": str(error)}
        if said is None:
            return None
        await asyncio.sleep(self.world.takes.total_seconds())
        return verdict(said)

    def _place(self, state: RunState, deed: Deed) -> Place:
        m = Moment(self.program, state, self.now)
        node = m.find(deed.step)
        if not isinstance(deed, CheckStep):
            return Place(deed.step, self._names(node), own=not isinstance(deed, GuardStep))
        own = checks_of(m, node)[deed.check].uses is None
        return Place(deed.step, self._names(node), own, deed.check)

    def _names(self, node: Node) -> tuple[str, ...]:
        """Return what a test may call a step, the nearest name first."""
        every = _INDEX.sub("", node.address)  # all items alike
        here = (node.step.id,) if node.frame.program is self.program else ()
        return tuple(dict.fromkeys((node.address, every, *here)))

    def _elapsed(self) -> timedelta:
        return timedelta(seconds=asyncio.get_running_loop().time() - self._epoch)

    def _begun(self, step: str) -> timedelta | None:
        """Return when a step's effect began; of one that calls no action, when it ended."""
        seen = self.state.step(step)
        at = seen.started_at or (seen.ended_at if seen.status == "succeeded" else None)
        return None if at is None else at - self._began_at
