"""Runbooks that nobody thought of, what the world does to them, and what people say."""

from dataclasses import dataclass
from functools import cache

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.runbooks.life import Life, nobody
from tests.runbooks.world import Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import Event, steering
from tocsin.events import run as events

RETRY = "{ max: 20, base: 1s, cap: 2s, on: [transient, timeout] }"
HANDLED = f"{{ compensate: true, steps: [{put('mend', 'mend', 1)}] }}"
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
GUARDED = "{ compensate: until_point_of_no_return }"


@dataclass(frozen=True)
class Tale:
    """A runbook, and what the world does to it."""

    text: str
    mode: str
    yes: bool
    """People approve; they reject otherwise."""
    boxes: dict[str, int]
    faults: dict[tuple[str, str], tuple[Fault, ...]]
    broken: dict[tuple[str, str], ErrorClass]
    blind: frozenset[str]
    slow: dict[str, int]

    def life(self, **dying: frozenset[int]) -> Life:
        """Return the run, at its beginning, in a world of its own."""
        world = World(
            boxes=dict(self.boxes),
            faults={where: list(faults) for where, faults in self.faults.items()},
            broken=dict(self.broken),
            blind=set(self.blind),
            slow=dict(self.slow),
        )
        return Life(self.text, world, people=self.answer, mode=self.mode, subs={"inner": INNER}, **dying)

    def answer(self, life: Life) -> Event | None:
        """Do what people do: decide on what is asked, and look where nobody knows."""
        for step_id, step in life.state.steps.items():
            if step.status == "unknown":
                happened = any(call.key == step.key for call in life.world.effects)
                return events.UnknownResolved(step=step_id, happened=happened)
            if step.status == "waiting" and step.manual is not None:
                return steering.ManualCompleted(step=step_id)
        for asked in life.asked():
            if self.yes:
                return events.ApprovalGiven(step=asked.step, digest=asked.digest)
            return events.ApprovalRejected(step=asked.step, digest=asked.digest, reason="no")
        return nobody(life)


CHANGES = ["box.set", "box.add", "box.fire", "box.seal"]
INNER = (
    runbook(
        "{ id: inner_one, uses: box.add, with: { box: '${{ inputs.box }}', value: 2 }, undo: none }",
        "{ id: inner_two, uses: box.read, with: { box: '${{ inputs.box }}' } }",
        inputs="{ box: { type: string } }",
        finally_="[{ id: inner_last, set: { done: true } }]",
    )
    .replace("name: boxes", "name: inner")
    .replace("finally_:", "finally:")
)
PLAIN: dict[str, list[str]] = {
    "wait": ["wait: 90s"],
    "assert": ["assert: 1 < 2", "assert: 2 < 1"],
    "set": ["set: { a: 1 }"],
    "gate": ["approve: { from: ['group:sre'] }"],
    "manual": ["manual: { instructions: Look }"],
}
LOOPS = ["", ", fail_fast: false", ", max_parallel: 2", ", waves: [1, rest]"]
IN_A_ROW = LOOPS[:2]
"""Loops that begin the same items whatever the timing is."""


# Hypothesis looks long at every strategy that it is given: each is made once.
@cache
def one_of(*values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


@cache
def upto(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


def maybe(draw: st.DrawFn, key: str, *values: str) -> dict[str, str]:
    """Return a key with one of the values, or nothing."""
    value = draw(one_of("", *values))
    return {key: value} if value else {}


def leaf(draw: st.DrawFn, number: int) -> str:
    """Return a step that does something itself; its box is its own or one that the steps share."""
    step_id, box = f"s{number}", draw(one_of("shared", f"b{number}"))
    kind = draw(one_of("read", *PLAIN, *CHANGES, *CHANGES))
    if kind in PLAIN:
        return f"{{ id: {step_id}, {draw(one_of(*PLAIN[kind]))} }}"
    more = {"retry": RETRY}
    more |= maybe(draw, "approve", "{ from: ['group:sre'], count: 1 }")
    more |= maybe(draw, "if_", "1 < 2", "2 < 1")
    more |= maybe(draw, "on_failure", "continue", "compensate", "fail")
    if kind == "read":
        return read(step_id, box, **more)
    more |= maybe(draw, "verify", "none")
    more |= maybe(draw, "undo", "none")
    more |= maybe(draw, "point_of_no_return", "true")
    return change(kind, step_id, box, draw(upto(1, 9)), **more)


def block(draw: st.DrawFn, number: int, loops: list[str]) -> str:
    """Return a step, branches, items, or a call of another runbook. Ids inside are a hundred times larger."""
    kind = draw(one_of("leaf", "leaf", "leaf", "parallel", "foreach", "call"))
    if kind == "parallel":
        inner = [leaf(draw, 100 * number + index) for index in range(1, draw(upto(2, 4)))]
        return f"{{ id: s{number}, parallel: [{', '.join(inner)}] }}"
    if kind == "call":
        return f"{{ id: s{number}, runbook: inner, with: {{ box: b{number} }} }}"
    if kind == "foreach":
        loop, uses = draw(one_of(*loops)), draw(one_of(*CHANGES))
        each = f"foreach: {{ items: [b{number}, shared, c{number}]{loop} }}"
        return (
            f"{{ id: s{number}, uses: {uses}, with: {{ box: '${{{{ item }}}}', value: 1 }}, "
            f"retry: {RETRY}, {each} }}"
        )
    return leaf(draw, number)


BOXES = ["shared", *(f"b{number}" for number in range(1, 6))]
PASSING = st.builds(Fault, st.sampled_from([ErrorClass.TRANSIENT, ErrorClass.TIMEOUT]), st.booleans())
SOME_BOX = st.sampled_from(BOXES)
LASTING = st.tuples(st.sampled_from(["run", "undo", "verify"]), SOME_BOX)
WHERE = st.tuples(st.sampled_from(["run", "plan", "verify"]), SOME_BOX)
STOCK = st.dictionaries(SOME_BOX, st.integers(0, 9))
ONCE_OR_TWICE: st.SearchStrategy[tuple[Fault, ...]] = st.lists(PASSING, min_size=1, max_size=2).map(tuple)
FAULTS = st.dictionaries(WHERE, ONCE_OR_TWICE, max_size=3)
BROKEN = st.dictionaries(LASTING, st.just(ErrorClass.DENIED), max_size=3)
BLIND = st.frozensets(SOME_BOX, max_size=2)
SLOW = st.dictionaries(SOME_BOX, st.integers(1, 2), max_size=2)


@st.composite
def tales(draw: st.DrawFn, loops: list[str] = LOOPS) -> Tale:
    """Return a runbook of up to five blocks, and up to a few things that go wrong for a while or for good."""
    texts = [block(draw, number, loops) for number in range(1, draw(upto(2, 6)))]
    more = maybe(draw, "on_failure", "{ compensate: true }", HANDLED, GUARDED)
    more |= maybe(draw, "finally", f"[{put('last', 'last', 1)}]")
    more |= maybe(draw, "on_cancel", f"[{put('bye', 'bye', 1)}]")
    return Tale(
        text=runbook(*texts, **more),
        mode=draw(one_of("auto", "propose")),
        yes=draw(upto(0, 9)) > 0,
        boxes=draw(STOCK),
        faults=draw(FAULTS),
        broken=draw(BROKEN),
        blind=draw(BLIND),
        slow=draw(SLOW),
    )
