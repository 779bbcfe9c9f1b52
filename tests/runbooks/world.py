"""A world of boxes with numbers in them, actions on it, and a run that lives in virtual time."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import EntryPoint
from typing import Any, NamedTuple

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.actions.registry import GROUP, Registry
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.events import SYSTEM, Actor, Event
from tocsin.events import run as events
from tocsin.log import Entry
from tocsin.runbooks.conductor import decide
from tocsin.runbooks.deeds import Deeds
from tocsin.runbooks.load import load
from tocsin.runbooks.model import Runbook
from tocsin.runbooks.state import RunState, apply, fold
from tocsin.runbooks.work import ActionFacts, Decision, Program, StartStep, TakeLocks, UndoStep, Work
from tocsin.vault import Vault

ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
"""Asks for the runs."""
BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")
"""Approves them."""
BEGAN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class Fault(NamedTuple):
    """What goes wrong with one call."""

    kind: ErrorClass
    happened: bool = False
    """The effect happened all the same; only its result is lost."""


class Call(NamedTuple):
    """One call of an action."""

    verb: str
    box: str
    key: str = ""


@dataclass
class World:
    """The boxes, what was done to them, and what goes wrong."""

    boxes: dict[str, int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    effects: list[Call] = field(default_factory=list)
    """Calls that changed a box, in order."""
    faults: dict[tuple[str, str], list[Fault]] = field(default_factory=dict)
    """By verb and box: what goes wrong with the first call, the second…"""
    broken: dict[tuple[str, str], ErrorClass] = field(default_factory=dict)
    """By verb and box: what goes wrong with every call."""
    blind: set[str] = field(default_factory=set)
    """Boxes where nobody can see whether something happened."""
    slow: dict[str, int] = field(default_factory=dict)
    """By box: how many looks it takes until a change shows."""
    hang: Callable[[], object] | None = None
    """What every effect waits for."""

    def call(self, verb: str, box: str, effect: Callable[[], object] = lambda: None, key: str = "") -> None:
        """Note a call, and let happen to it what shall."""
        self.calls.append(Call(verb, box, key))
        if self.hang is not None and verb == "run":
            self.hang()
        waiting = self.faults.get((verb, box), [])
        fault = waiting.pop(0) if waiting else None
        kind = self.broken.get((verb, box), fault.kind if fault else None)
        if kind is None or (fault and fault.happened):
            effect()
        if kind is not None:
            raise ActionFailed(f"{verb} {box}: {kind}", kind)

    def put(self, verb: str, box: str, value: int, key: str = "") -> None:
        """Change a box."""
        self.boxes[box] = value
        self.effects.append(Call(verb, box, key))

    def times(self, verb: str, box: str) -> int:
        """Return how often a box was changed so."""
        return sum((call.verb, call.box) == (verb, box) for call in self.effects)

    def called(self, verb: str, box: str) -> int:
        """Return how often an action was called so."""
        return sum((call.verb, call.box) == (verb, box) for call in self.calls)


class WorldConnections(Connections):
    """How an action gets at the world."""

    def __init__(self, world: World) -> None:
        super().__init__({})
        self.world = world


class At(Frozen):
    box: str


class Put(Frozen):
    box: str
    value: int
    note: str = ""


class Seen(Plan):
    before: int = 0


class Value(Frozen):
    value: int


class _OnBoxes(Action[Put, Seen, Value]):
    """What the actions that change a box have in common."""

    name = "box"
    risk, effect = Risk.LOW, Effect.IDEMPOTENT
    settle = timedelta(seconds=30)

    @property
    def world(self) -> World:
        connections = self.connections
        assert isinstance(connections, WorldConnections)
        return connections.world

    def resources(self, want: Put) -> list[str]:
        return [f"box:{want.box}"]

    def permissions(self, want: Put) -> list[Permission]:
        return []

    def plan(self, want: Put) -> Seen:
        self.world.call("plan", want.box)
        before = self.world.boxes.get(want.box, 0)
        change = Change(
            resource=f"box:{want.box}", field="value", before=before, after=self.after(want, before)
        )
        return Seen(summary=f"{want.box}: {before} → {change.after}", changes=(change,), before=before)

    def after(self, want: Put, before: int) -> int:
        """Return what is in the box once it is done."""
        return before + want.value

    def run(self, want: Put, plan: Seen, key: str) -> Value:
        self.world.call("run", want.box, lambda: self.change(want, key), key)
        return Value(value=self.world.boxes.get(want.box, 0))

    def change(self, want: Put, key: str) -> None:
        """Do it."""
        after = self.after(want, self.world.boxes.get(want.box, 0))
        self.world.put(self.name, want.box, after, key)

    def verify(self, want: Put, plan: Seen) -> Verdict:
        self.world.call("verify", want.box)
        left = self.world.slow.get(want.box, 0)
        self.world.slow[want.box] = left - 1
        settled = left <= 0 and self.world.boxes.get(want.box, 0) == self.after(want, plan.before)
        return Verdict(state="ok" if settled else "waiting", reason="as wanted" if settled else "not yet")

    def undo(self, want: Put, plan: Seen) -> None:
        self.world.call("undo", want.box, lambda: self.world.put("undo", want.box, plan.before))


class SetBox(_OnBoxes):
    """Idempotent: puts a number into a box."""

    name = "box.set"

    def after(self, want: Put, before: int) -> int:
        return want.value


class AddToBox(_OnBoxes):
    """Keyed: adds to a box, once for each key."""

    name, effect = "box.add", Effect.KEYED

    def change(self, want: Put, key: str) -> None:
        if not any(call.key == key for call in self.world.effects):
            super().change(want, key)


class FireAtBox(_OnBoxes):
    """Once: adds to a box every time it is called, and can say whether it was."""

    name, effect = "box.fire", Effect.ONCE

    def probe(self, want: Put, plan: Seen, key: str) -> Probe:
        self.world.call("probe", want.box)
        if want.box in self.world.blind:
            return Probe.UNKNOWN
        return Probe.DONE if any(call.key == key for call in self.world.effects) else Probe.NOT_DONE


class SealBox(SetBox):
    """Idempotent, and cannot be undone."""

    name = "box.seal"
    undo = Action.undo  # an action without one


class ReadBox(Action[At, Plan, Value]):
    """Reads a box."""

    name, risk, effect = "box.read", Risk.READ, Effect.READ

    def permissions(self, want: At) -> list[Permission]:
        return []

    def plan(self, want: At) -> Plan:
        return Plan(summary=f"read {want.box}")

    def run(self, want: At, plan: Plan, key: str) -> Value:
        assert isinstance(self.connections, WorldConnections)
        self.connections.world.call("read", want.box)
        return Value(value=self.connections.world.boxes.get(want.box, 0))


ACTIONS = tuple(
    EntryPoint(name, f"tests.runbooks.world:{value}", GROUP)
    for name, value in {
        "box.add": "AddToBox",
        "box.fire": "FireAtBox",
        "box.read": "ReadBox",
        "box.seal": "SealBox",
        "box.set": "SetBox",
    }.items()
)


def registry_of(world: World) -> Registry:
    """Return the actions on a world."""
    return Registry(WorldConnections(world), ACTIONS)


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
        uses = {step.uses for step in runbook.steps if step.uses}
        self.program = Program(runbook, {name: _facts(registry, name) for name in uses})
        self.world, self.people, self.now = world, people, BEGAN
        self.dies_after, self.loses = dies_after, loses
        self.entries: list[Entry] = []
        self.decisions = 0
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
        assert not self.state.over, f"{event} after the end"
        entry = self._entry(event, actor)
        self.entries.append(entry)
        self.state = apply(self.state, entry)
        if entry.version in self.dies_after:
            raise Died

    def asked(self) -> list[events.ApprovalRequested]:
        """Return the approvals that are asked for."""
        steps = self.state.steps.values()
        return [step.request for step in steps if step.status == "awaiting_approval" and step.request]

    def decide(self) -> Decision:
        """Return what follows now; the same question twice has the same answer."""
        self.decisions += 1
        assert self.decisions < 2000, "the run does not come to an end"
        decision = decide(self.program, self.state, self.now)
        assert decision == decide(self.program, fold(self.entries), self.now)
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


def _facts(registry: Registry, uses: str) -> ActionFacts:
    action = registry.get(uses)
    return ActionFacts(
        effect=action.effect, risk=action.risk, undoable=action.undoable(), settle=action.settle
    )


def _told(event: Event) -> str:
    kind: str = event.type  # type: ignore[attr-defined]  # every member of the union has one
    step: str = getattr(event, "step", "")
    return f"{kind}:{step}" if step else kind


def runbook(*steps: str, **more: str) -> str:
    """Return a runbook's text: each step as a flow map, further top-level keys as they are."""
    head = ["schema: runbook/v1", "name: boxes", "title: Boxes"]
    top = [f"{key}: {value}" for key, value in more.items()]
    return "\n".join([*head, *top, "steps:", *(f"  - {step}" for step in steps)]) + "\n"


def put(step: str, box: str, value: int, **more: str) -> str:
    """Return a step that sets a box."""
    return change("box.set", step, box, value, **more)


def change(uses: str, step: str, box: str, value: int, **more: str) -> str:
    """Return a step that changes a box."""
    extra = "".join(f", {key.rstrip('_')}: {text}" for key, text in more.items())
    return f"{{ id: {step}, uses: {uses}, with: {{ box: {box}, value: {value} }}{extra} }}"


def read(step: str, box: str, **more: str) -> str:
    """Return a step that reads a box."""
    extra = "".join(f", {key.rstrip('_')}: {text}" for key, text in more.items())
    return f"{{ id: {step}, uses: box.read, with: {{ box: {box} }}{extra} }}"
