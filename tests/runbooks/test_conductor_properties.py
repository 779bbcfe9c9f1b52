"""What holds for every runbook, whatever the world does, and wherever the process dies."""

from dataclasses import dataclass
from functools import reduce

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runbooks.life import Life, nobody
from tests.runbooks.world import Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import Event, steering
from tocsin.events import run as events
from tocsin.runbooks.fold import apply, fold

RETRY = "{ max: 20, base: 1s, cap: 2s, on: [transient, timeout] }"
FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


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


def optional(key: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.just({}) | values.map(lambda value: {key: value})


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


@st.composite
def leaves(draw: st.DrawFn, number: int) -> str:
    """Return a step that does something itself; its box is its own or one that the steps share."""
    step_id, box = f"s{number}", draw(st.sampled_from(["shared", f"b{number}"]))
    kind = draw(st.sampled_from(["read", "wait", "assert", "set", "gate", "manual", *CHANGES, *CHANGES]))
    if kind in PLAIN:
        return f"{{ id: {step_id}, {draw(st.sampled_from(PLAIN[kind]))} }}"
    more = {"retry": RETRY}
    more |= draw(optional("approve", st.just("{ from: ['group:sre'], count: 1 }")))
    more |= draw(optional("if_", st.sampled_from(["1 < 2", "1 < 2", "2 < 1"])))
    more |= draw(optional("on_failure", st.sampled_from(["continue", "compensate", "fail"])))
    if kind == "read":
        return read(step_id, box, **more)
    more |= draw(optional("verify", st.just("none")))
    more |= draw(optional("undo", st.just("none")))
    more |= draw(optional("point_of_no_return", st.just("true")))
    return change(kind, step_id, box, draw(st.integers(1, 9)), **more)


PLAIN: dict[str, list[str]] = {
    "wait": ["wait: 90s"],
    "assert": ["assert: 1 < 2", "assert: 2 < 1"],
    "set": ["set: { a: 1 }"],
    "gate": ["approve: { from: ['group:sre'] }"],
    "manual": ["manual: { instructions: Look }"],
}


@st.composite
def blocks(draw: st.DrawFn, number: int) -> str:
    """Return a step, branches, items, or a call of another runbook. Ids inside are a hundred times larger."""
    kind = draw(st.sampled_from(["leaf", "leaf", "leaf", "parallel", "foreach", "call"]))
    if kind == "parallel":
        inner = [draw(leaves(100 * number + index)) for index in range(1, draw(st.integers(2, 4)))]
        return f"{{ id: s{number}, parallel: [{', '.join(inner)}] }}"
    if kind == "call":
        return f"{{ id: s{number}, runbook: inner, with: {{ box: b{number} }} }}"
    if kind == "foreach":
        loop = draw(st.sampled_from(["", ", max_parallel: 2", ", waves: [1, rest]", ", fail_fast: false"]))
        given_, uses = "{ box: '${{ item }}', value: 1 }", draw(st.sampled_from(CHANGES))
        each = f"foreach: {{ items: [b{number}, shared, c{number}]{loop} }}"
        return f"{{ id: s{number}, uses: {uses}, with: {given_}, retry: {RETRY}, {each} }}"
    return draw(leaves(number))


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    """Return a runbook of up to five blocks, and up to a few things that go wrong for a while or for good."""
    texts = [draw(blocks(number)) for number in range(1, draw(st.integers(2, 6)))]
    more = draw(optional("on_failure", st.sampled_from(["{ compensate: true }", HANDLED, GUARDED])))
    more |= draw(optional("finally", st.just(f"[{put('last', 'last', 1)}]")))
    more |= draw(optional("on_cancel", st.just(f"[{put('bye', 'bye', 1)}]")))
    boxes = ["shared", *(f"b{number}" for number in range(1, len(texts) + 1))]
    passing = st.builds(Fault, st.sampled_from([ErrorClass.TRANSIENT, ErrorClass.TIMEOUT]), st.booleans())
    lasting = st.tuples(st.sampled_from(["run", "undo", "verify"]), st.sampled_from(boxes))
    where = st.tuples(st.sampled_from(["run", "plan", "verify"]), st.sampled_from(boxes))
    return Tale(
        text=runbook(*texts, **more),
        mode=draw(st.sampled_from(["auto", "propose"])),
        yes=draw(st.integers(0, 9)) > 0,
        boxes=draw(st.dictionaries(st.sampled_from(boxes), st.integers(0, 9))),
        faults=draw(st.dictionaries(where, st.tuples(passing) | st.tuples(passing, passing), max_size=3)),
        broken=draw(st.dictionaries(lasting, st.just(ErrorClass.DENIED), max_size=3)),
        blind=draw(st.frozensets(st.sampled_from(boxes), max_size=2)),
        slow=draw(st.dictionaries(st.sampled_from(boxes), st.integers(1, 2), max_size=2)),
    )


HANDLED = f"{{ compensate: true, steps: [{put('mend', 'mend', 1)}] }}"
GUARDED = "{ compensate: until_point_of_no_return }"


def outcome(life: Life) -> tuple[str, dict[str, int], dict[str, str]]:
    """Return what a run comes to: its status, the world, and its steps."""
    return life.state.status, life.world.boxes, {name: one.status for name, one in life.state.steps.items()}


def effects_of_keys(life: Life) -> list[str]:
    """Return the key of every effect that must not happen twice."""
    return [one.key for one in life.world.effects if one.verb in {"box.add", "box.fire"}]


@FEW
@given(tales())
def test_a_run_ends_or_waits_for_a_person(tale: Tale) -> None:
    life = tale.life().live()
    assert life.state.over or life.state.status == "needs_attention"


@settings(FEW, max_examples=20)
@given(tales())
def test_a_death_after_any_event_changes_nothing_of_what_a_run_comes_to(tale: Tale) -> None:
    whole = tale.life().live()
    deaths = [
        tale.life(dies_after=frozenset({version})).live() for version in range(1, len(whole.entries) + 1)
    ]
    assert [outcome(life) for life in deaths] == [outcome(whole)] * len(deaths)


@FEW
@given(tales(), st.integers(0, 30))
def test_a_result_that_is_lost_changes_nothing_of_what_a_run_comes_to(tale: Tale, deed: int) -> None:
    assert outcome(tale.life(loses=frozenset({deed})).live()) == outcome(tale.life().live())


@FEW
@given(
    tales(), st.frozensets(st.integers(1, 60), max_size=10), st.frozensets(st.integers(0, 30), max_size=10)
)
def test_nothing_that_must_not_happen_twice_does(
    tale: Tale, deaths: frozenset[int], losses: frozenset[int]
) -> None:
    keys = effects_of_keys(tale.life(dies_after=deaths, loses=losses).live())
    assert len(keys) == len(set(keys))


@FEW
@given(tales(), st.integers(1, 60))
def test_folding_the_beginning_and_then_the_rest_is_folding_the_whole(tale: Tale, cut: int) -> None:
    entries = tale.life().live().entries
    assert reduce(apply, entries[cut:], fold(entries[:cut])) == fold(entries)


@FEW
@given(tales())
def test_an_undone_step_leaves_its_box_as_its_plan_saw_it(tale: Tale) -> None:
    life = tale.life()
    life.live(until=lambda life: life.told()[-1].startswith("step_undone"))
    undone = [step for step in life.state.steps.values() if step.status == "undone"]
    assert [life.world.boxes[str(one.want["box"])] for one in undone] == [
        one.plan["before"] for one in undone
    ]


@FEW
@given(tales())
def test_a_run_that_could_undo_everything_leaves_the_world_as_it_was(tale: Tale) -> None:
    life = tale.life()
    before = dict(life.world.boxes)
    summary = life.live().state.summary
    touched = {box: value for box, value in life.world.boxes.items() if value != before.get(box, 0)}
    assert not (life.state.status == "compensated" and "not undone" not in summary and touched)


@FEW
@given(tales())
def test_nothing_is_changed_before_every_plan_that_can_be_made_is_made(tale: Tale) -> None:
    life = tale.life().live()
    told = life.told()
    first = next(
        (
            at
            for at, one in enumerate(told)
            if one.startswith("step_started") and life.state.step(one[13:]).risk != "read"
        ),
        None,
    )
    last = {step.id for _, steps in life.program.runbook.parts[1:] for step in steps}
    later = {one[13:] for one in told[first:] if one.startswith("step_planned")} if first else set()
    later -= last  # nobody knows before the end whether they are needed
    assert later <= {one[13:] for one in told[:first] if one.startswith("step_planned")}


@FEW
@given(tales())
def test_without_a_yes_a_step_that_asks_changes_nothing(tale: Tale) -> None:
    life = tale.life().live()
    given_to = {one.step for one in life.of(events.ApprovalGiven)}
    asking = {step.id for step in life.program.runbook.walk() if step.approve}
    assert {one.step for one in life.of(events.StepStarted)} & asking <= given_to


@FEW
@given(tales())
def test_whatever_happens_finally_comes_last(tale: Tale) -> None:
    life = tale.life().live()
    last = life.state.step("last").status
    wanted = bool(life.program.runbook.finally_) and life.state.over
    assert (last in {"succeeded", "failed", "skipped"}) == wanted


@FEW
@given(tales())
def test_what_is_undone_is_undone_in_reverse_order(tale: Tale) -> None:
    life = tale.life().live()
    begun = list(dict.fromkeys(one.step for one in life.of(events.StepStarted)))
    undone = [begun.index(one.step) for one in life.of(events.StepUndone)]
    assert undone == sorted(undone, reverse=True)
