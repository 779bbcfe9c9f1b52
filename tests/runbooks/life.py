"""A run that lives in virtual time, without a database, and dies when it is told to."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.runbooks.world import ANA, BO, World, registry_of
from tocsin.actions.registry import Registry
from tocsin.errors import ActionFailed
from tocsin.events import SYSTEM, Actor, Event
from tocsin.events import run as events
from tocsin.log import Entry
from tocsin.runbooks import transitions
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.fold import apply, fold
from tocsin.runbooks.load import load
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.moment import Moment
from tocsin.runbooks.state import RunState
from tocsin.runbooks.uses import actions_of
from tocsin.runbooks.work import Decision, Program, StartStep, TakeLocks, UndoStep, Work, facts_of
from tocsin.vault import Vault

BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Inline(Executor):
    """Calls at once, in the caller's thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except ActionFailed as error:
            future.set_exception(error)
        return future


class Died(Exception):
    """The process is gone, with all that it had in memory."""


People = Callable[["Life"], Event | None]
"""What somebody does about a run that waits; None: nothing."""


def approve(life: "Life") -> Event | None:
    """Say yes to everything that is asked."""
    return next((events.ApprovalGiven(step=one.step, digest=one.digest) for one in life.asked()), None)


def nobody(life: "Life") -> Event | None:
    """Do nothing."""
    return None


def is_asking(life: "Life") -> bool:
    """Say whether the run asks for an approval."""
    return bool(life.asked())


class Life:
    """One run from its request to its end, in virtual time: every deed takes a second."""

    def __init__(
        self,
        text: str,
        world: World,
        *,
        people: People = approve,
        dies_after: frozenset[int] = frozenset(),
        loses: frozenset[int] = frozenset(),
        **asked: Any,
    ) -> None:
        """``dies_after``: versions after whose append the process dies. ``loses``: deeds, counted from 0,
        after which it dies before it can say what came of them."""
        runbook = _loaded(text)
        registry = registry_of(world)
        subs = {name: _program(registry, _loaded(sub), {}) for name, sub in asked.pop("subs", {}).items()}
        self.program = _program(registry, runbook, subs)
        self.world, self.people, self.now = world, people, BEGAN
        self.dies_after, self.loses = dies_after, loses
        self.entries: list[Entry] = []
        self.decided: list[tuple[int, datetime, Decision]] = []
        """Every decision, with how many events it rests on, and when."""
        self._deeds = Deeds(registry, Inline(), Vault({}), lambda: self.now)
        self._deeds_done = 0
        incident_id = asked.pop("incident_id", None)
        request: dict[str, Any] = {"inputs": {}, "mode": "auto", "trigger": "manual", **asked}
        requested = events.RunRequested(runbook=runbook.name, revision=runbook.digest, **request)
        self._incident_id: str | None = incident_id
        self.entries.append(self._entry(requested, ANA))
        self.state: RunState = fold(self.entries)

    def live(self, until: Callable[["Life"], bool] = lambda life: False) -> "Life":
        """Go on until ``until``, or the run is over or waits for what nobody does. Return self."""
        while True:
            try:
                while not until(self) and self._move():
                    pass
            except Died:
                self.state = fold(self.entries)
            else:
                return self

    def append(self, event: Event, actor: Actor = SYSTEM) -> None:
        """Append an event, and die after it if it is time."""
        transitions.check(self.state, event)
        entry = self._entry(event, actor)
        self.entries.append(entry)
        self.state = apply(self.state, entry)
        if entry.version in self.dies_after:
            raise Died

    def asked(self) -> list[events.ApprovalRequested]:
        """Return the approvals that are asked for."""
        return self.state.asked()

    def decide(self) -> Decision:
        """Return what follows now."""
        assert len(self.decided) < 2000, "the run does not come to an end"
        decision = decide(Moment(self.program, self.state, self.now))
        self.decided.append((len(self.entries), self.now, decision))
        return decision

    def told(self) -> list[str]:
        """Return the events as ``step_started:scale``, in order."""
        return [_told(entry.event) for entry in self.entries]

    def of(self, kind: type[Event]) -> list[Any]:
        """Return the events of one type."""
        return [entry.event for entry in self.entries if isinstance(entry.event, kind)]

    def pass_time(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)

    def _move(self) -> bool:
        decision = self.decide()
        for event in decision.events:
            self.append(event)
        for work in decision.work:
            self._begin(work)
            self._do(work)
        if decision.events or decision.work:
            return True
        reply = self.people(self)
        if reply is not None:
            self.append(reply, BO)
        elif decision.wake_at is not None:
            self.now = max(self.now, decision.wake_at)
        return reply is not None or decision.wake_at is not None

    def _begin(self, work: Work) -> None:
        """Say what begins before it is done, as the worker does."""
        match work:
            case TakeLocks(resources=resources):
                self.append(events.LocksTaken(resources=resources))
            case StartStep(step=step, attempt=attempt, key=key):
                self.append(events.StepStarted(step=step, attempt=attempt, key=key))
            case UndoStep(step=step):
                self.append(events.UndoStarted(step=step))

    def _do(self, work: Work) -> None:
        if isinstance(work, TakeLocks):
            return
        self.now += timedelta(seconds=1)
        happened = _loop().run_until_complete(self._deeds.do(self.program, self.state, work))
        self._deeds_done += 1
        if self._deeds_done - 1 in self.loses:
            raise Died
        self.append(happened)

    def _entry(self, event: Event, actor: Actor) -> Entry:
        version = len(self.entries) + 1
        return Entry(
            position=version,
            stream="run/r1",
            version=version,
            event=event,
            actor=actor,
            source="test",
            source_ref=None,
            incident_id=self._incident_id,
            run_id="r1",
            occurred_at=self.now,
            recorded_at=self.now,
            hash="",
        )


@cache
def _loaded(text: str) -> Runbook:
    return load(text, "test.yaml")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _program(registry: Registry, runbook: Runbook, subs: dict[str, Program]) -> Program:
    return Program(runbook, {name: facts_of(registry.get(name)) for name in actions_of(runbook)}, subs)


def _told(event: Event) -> str:
    kind: str = event.type  # type: ignore[attr-defined]  # every member of the union has one
    step: str = getattr(event, "step", "")
    return f"{kind}:{step}" if step else kind
