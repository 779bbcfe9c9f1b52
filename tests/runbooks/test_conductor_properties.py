"""What holds for every runbook, whatever the world does, and wherever the process dies."""

from dataclasses import dataclass
from functools import reduce

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.runbooks.life import Life, nobody
from tests.runbooks.world import Fault, World, change, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import Event
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
        return Life(self.text, world, people=self.answer, mode=self.mode, **dying)

    def answer(self, life: Life) -> Event | None:
        """Do what people do: decide on what is asked, and look where nobody knows."""
        for step_id, step in life.state.steps.items():
            if step.status == "unknown":
                happened = any(call.key == step.key for call in life.world.effects)
                return events.UnknownResolved(step=step_id, happened=happened)
        for asked in life.asked():
            if self.yes:
                return events.ApprovalGiven(step=asked.step, digest=asked.digest)
            return events.ApprovalRejected(step=asked.step, digest=asked.digest, reason="no")
        return nobody(life)


def optional(key: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.just({}) | values.map(lambda value: {key: value})


CHANGES = ["box.set", "box.add", "box.fire", "box.seal"]


@st.composite
def steps(draw: st.DrawFn, number: int) -> str:
    """Return a step; its box is its own or one that the steps share."""
    step_id, box = f"s{number}", draw(st.sampled_from(["shared", f"b{number}"]))
    kind = draw(st.sampled_from(["read", "wait", "assert", *CHANGES, *CHANGES]))
    if kind == "wait":
        return f"{{ id: {step_id}, wait: 90s }}"
    if kind == "assert":
        return f"{{ id: {step_id}, assert: {draw(st.sampled_from(['1 < 2', '2 < 1']))} }}"
    more = {"retry": RETRY}
    more |= draw(optional("approve", st.just("{ from: ['group:sre'], count: 1 }")))
    more |= draw(optional("if_", st.sampled_from(["1 < 2", "1 < 2", "2 < 1"])))
    more |= draw(optional("on_failure", st.sampled_from(["continue", "compensate", "fail"])))
    if kind == "read":
        return read(step_id, box, **more)
    more |= draw(optional("verify", st.just("none")))
    more |= draw(optional("undo", st.just("none")))
    return change(kind, step_id, box, draw(st.integers(1, 9)), **more)


@st.composite
def tales(draw: st.DrawFn) -> Tale:
    """Return a runbook of up to six steps, and up to a few things that go wrong for a while or for good."""
    texts = [draw(steps(number)) for number in range(draw(st.integers(1, 6)))]
    more = draw(optional("on_failure", st.just("{ compensate: true }")))
    boxes = ["shared", *(f"b{number}" for number in range(len(texts)))]
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
    later = {one[13:] for one in told[first:] if one.startswith("step_planned")} if first else set()
    assert later <= {one[13:] for one in told[:first] if one.startswith("step_planned")}


@FEW
@given(tales())
def test_without_a_yes_a_step_that_asks_changes_nothing(tale: Tale) -> None:
    life = tale.life().live()
    given_to = {one.step for one in life.of(events.ApprovalGiven)}
    asking = {step.id for step in life.program.runbook.steps if step.approve}
    assert {one.step for one in life.of(events.StepStarted)} & asking <= given_to
