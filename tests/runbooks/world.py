"""A world of boxes with numbers in them, actions on it, and runbooks about it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import EntryPoint
from typing import NamedTuple

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Probe, Risk, Verdict
from tocsin.actions.registry import GROUP, Registry
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.events import Actor

ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
"""Asks for the runs."""
BO = Actor(kind="slack", id="U0BO", name="Bo", email="bo@acme.example")
"""Approves them."""


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
    bugs: set[tuple[str, str]] = field(default_factory=set)
    """By verb and box: calls that raise what no action should."""
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
        if (verb, box) in self.bugs:
            raise KeyError("hush")
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

    def recover(self, want: Put, plan: Seen, key: str) -> Value:
        self.world.call("recover", want.box)
        return Value(value=self.world.boxes.get(want.box, 0))


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
