"""Steps side by side, once for every item, and in runbooks of their own."""

import pytest

from tests.runbooks.life import Life, is_asking
from tests.runbooks.world import Fault, World, change, put, read, runbook
from tocsin.errors import ErrorClass
from tocsin.events import run as events
from tocsin.events import steering
from tocsin.runbooks.flow import wave_sizes
from tocsin.runbooks.model import Foreach
from tocsin.runbooks.work import StartStep

ASK = "{ from: ['group:sre'] }"
NEVER = "{ max: 0 }"
HOSTS = "[h0, h1, h2, h3, h4, h5, h6, h7, h8, h9]"


def each(step: str, items: str = HOSTS, value: str = "1", uses: str = "box.set", **more: str) -> str:
    """Return a step that changes a box for every item."""
    own = {
        key: more.pop(key)
        for key in tuple(more)
        if key in {"if_", "approve", "verify", "on_failure", "retry"}
    }
    extra = "".join(f", {key.rstrip('_')}: {text}" for key, text in own.items())
    loop = "".join(f", {key.rstrip('_')}: {text}" for key, text in more.items())
    given = f"{{ box: '${{{{ item }}}}', value: {value} }}"
    return f"{{ id: {step}, uses: {uses}, with: {given}, foreach: {{ items: {items}{loop} }}{extra} }}"


def beside(step: str, *branches: str, **more: str) -> str:
    extra = "".join(f", {key.rstrip('_')}: {text}" for key, text in more.items())
    return f"{{ id: {step}, parallel: [{', '.join(branches)}]{extra} }}"


def started(life: Life) -> list[str]:
    return [event.step for event in life.of(events.StepStarted)]


# parallel


def test_branches_begin_together() -> None:
    told = Life(runbook(beside("both", put("one", "a", 1), put("two", "b", 2))), World()).live().told()
    assert told.index("step_started:two") < told.index("step_verified:one")


def test_a_group_is_done_when_all_its_branches_are() -> None:
    life = Life(runbook(beside("both", put("one", "a", 1), put("two", "b", 2)), put("last", "c", 3)), World())
    told = life.live().told()
    assert told.index("group_closed:both") < told.index("step_started:last")
    assert life.world.boxes == {"a": 1, "b": 2, "c": 3}


def test_what_branches_put_out_is_there_afterwards() -> None:
    text = runbook(
        beside("both", read("one", "a"), read("two", "b")),
        "{ id: sure, assert: steps.one.outputs.value + steps.two.outputs.value == 5 }",
    )
    assert Life(text, World(boxes={"a": 2, "b": 3})).live().state.status == "succeeded"


def test_a_branch_that_fails_fails_the_group_and_the_others_are_finished_first() -> None:
    world = World(broken={("run", "a"): ErrorClass.DENIED})
    life = Life(runbook(beside("both", put("one", "a", 1), put("two", "b", 2))), world).live()
    assert (life.state.status, world.boxes) == ("failed", {"b": 2})
    assert "1 of 2 failed: one: run a: denied" in life.state.summary


def test_a_branch_that_may_fail_does_not_fail_the_group() -> None:
    world = World(broken={("run", "a"): ErrorClass.DENIED})
    text = runbook(beside("both", put("one", "a", 1, on_failure="continue"), put("two", "b", 2)))
    assert Life(text, world).live().state.status == "succeeded"


def test_one_branch_goes_on_while_another_waits_for_people() -> None:
    text = runbook(beside("both", put("one", "a", 1, approve=ASK), put("two", "b", 2)))
    life = Life(text, World()).live(until=lambda life: is_asking(life) and "b" in life.world.boxes)
    assert life.world.boxes == {"b": 2}


def test_a_group_whose_condition_does_not_hold_is_skipped_whole() -> None:
    life = Life(runbook(beside("both", put("one", "a", 1), if_="1 > 2"), put("two", "b", 2)), World()).live()
    assert (life.state.step("both").status, life.world.boxes) == ("skipped", {"b": 2})


# foreach


def test_a_step_is_done_once_for_every_item_in_their_order() -> None:
    life = Life(runbook(each("set", "[a, b, c]")), World()).live()
    assert (life.world.boxes, started(life)) == ({"a": 1, "b": 1, "c": 1}, ["set[0]", "set[1]", "set[2]"])


def test_items_can_be_computed() -> None:
    text = runbook(
        "{ id: names, set: { all: [a, b] } }", each("set", '"${{ steps.names.outputs.all }}"'), vars="{}"
    )
    assert Life(text, World()).live().world.boxes == {"a": 1, "b": 1}


def test_the_item_has_the_name_that_the_step_gives_it() -> None:
    step = (
        "{ id: set, uses: box.set, foreach: { items: [{ name: a, to: 4 }], as: host },"
        " with: { box: '${{ host.name }}', value: '${{ host.to }}' } }"
    )
    assert Life(runbook(step), World()).live().world.boxes == {"a": 4}


def test_what_items_put_out_is_a_list_in_their_order() -> None:
    text = runbook(
        "{ id: look, uses: box.read, with: { box: '${{ item }}' }, foreach: { items: [a, b] } }",
        outputs="{ all: \"${{ steps.look.outputs.items | map(attribute='value') }}\" }",
    )
    assert Life(text, World(boxes={"a": 2, "b": 3})).live().state.outputs == {"all": [2, 3]}


def test_as_many_items_as_the_step_lets_begin_together() -> None:
    life = Life(runbook(each("set", max_parallel="3")), World())
    life.live(until=lambda life: life.of(events.LocksTaken) != [])
    sizes = set[int]()
    while life._move():
        sizes.add(sum(isinstance(work, StartStep) for work in life.decide().work))
    assert max(sizes) == 3


@pytest.mark.parametrize(
    ("waves", "count", "sizes"),
    [
        ([1, "10%", "rest"], 30, [1, 3, 26]),
        ([2], 5, [2, 2, 1]),
        (["50%"], 3, [2, 1]),
        ([1, "rest"], 1, [1]),
        (["rest"], 0, []),
    ],
)
def test_waves_grow_as_the_step_says(waves: list[int | str], count: int, sizes: list[int]) -> None:
    foreach = Foreach.model_validate({"items": [], "waves": waves})
    assert wave_sizes(foreach, count) == sizes


def test_a_wave_begins_when_the_one_before_is_through() -> None:
    told = Life(runbook(each("set", waves="[1, rest]")), World()).live().told()
    first = told.index("step_verified:set[0]")
    assert all(told.index(f"step_started:set[{index}]") > first for index in range(1, 10))


def test_when_an_item_has_failed_no_further_one_begins() -> None:
    world = World(broken={("run", "h1"): ErrorClass.DENIED})
    life = Life(runbook(each("set")), world).live()
    assert (life.state.status, world.boxes) == ("failed", {"h0": 1})


def test_without_fail_fast_every_item_is_tried() -> None:
    world = World(broken={("run", "h1"): ErrorClass.DENIED})
    life = Life(runbook(each("set", fail_fast="false")), world).live()
    assert (life.state.status, len(world.boxes)) == ("failed", 9)
    assert "1 of 10 failed: set[1]: run h1: denied" in life.state.summary


def test_once_it_is_enough_no_further_item_begins() -> None:
    text = runbook(each("set", stop_when="steps.set.last.status == 'succeeded'"))
    assert Life(text, World()).live().world.boxes == {"h0": 1}


def test_a_step_can_look_at_the_item_before() -> None:
    step = (
        "{ id: add, uses: box.add,"
        " foreach: { items: [a, b, c], stop_when: steps.add.last.outputs.value > 4 },"
        " with: { box: '${{ item }}', value: 5 } }"
    )
    assert Life(runbook(step), World()).live().world.boxes == {"a": 5}


def test_every_item_is_undone_in_reverse_order() -> None:
    world = World(broken={("run", "c"): ErrorClass.DENIED})
    life = Life(runbook(each("set", "[a, b, c]", on_failure="compensate")), world).live()
    undone = [event.step for event in life.of(events.StepUndone)]
    assert (life.state.status, undone, world.boxes["a"]) == ("compensated", ["set[2]", "set[1]", "set[0]"], 0)


def test_people_are_asked_once_for_all_items() -> None:
    life = Life(runbook(each("set", approve=ASK)), World()).live()
    asked = life.of(events.ApprovalRequested)
    assert ([one.step for one in asked], len(asked[0].plans)) == (["set"], 10)


def test_the_plan_of_one_item_that_changed_voids_the_approval_of_all() -> None:
    life = Life(runbook(each("add", "[a, b]", uses="box.add", approve=ASK)), World()).live(until=is_asking)
    life.world.boxes["b"] = 5  # somebody else, meanwhile
    assert len(life.live().of(events.ApprovalRequested)) == 2


def test_in_propose_mode_people_are_asked_before_the_first_item() -> None:
    life = Life(runbook(each("set")), World(), mode="propose").live(until=is_asking)
    assert (life.asked()[0].step, life.world.effects) == ("set", [])


def test_a_thousand_items_are_the_most() -> None:
    life = Life(
        runbook(each("set", '"${{ inputs.all }}"'), inputs="{ all: { type: list } }"),
        World(),
        inputs={"all": list(range(1001))},
    )
    assert "1000 are the most" in life.live().state.summary


def test_no_items_are_done_at_once() -> None:
    assert Life(runbook(each("set", "[]")), World()).live().state.status == "succeeded"


def test_branches_can_be_done_for_every_item() -> None:
    step = (
        "{ id: hosts, foreach: { items: [a, b] }, parallel: ["
        "{ id: one, uses: box.set, with: { box: '${{ item }}', value: 1 } },"
        "{ id: two, uses: box.set, with: { box: '${{ item }}2', value: 2 } }] }"
    )
    life = Life(runbook(step), World()).live()
    assert (life.world.boxes, "hosts[1]/two" in life.state.steps) == (
        {"a": 1, "a2": 2, "b": 1, "b2": 2},
        True,
    )


# Runbooks in runbooks

INNER = runbook(
    "{ id: put, uses: box.set, with: { box: '${{ inputs.box }}', value: 7 } }",
    inputs="{ box: { type: string, required: true } }",
    outputs='{ value: "${{ steps.put.outputs.value }}" }',
).replace("name: boxes", "name: inner")
CALL = "{ id: call, runbook: inner, with: { box: a } }"


def test_a_runbook_is_called_with_inputs_and_puts_out() -> None:
    text = runbook(CALL, outputs='{ got: "${{ steps.call.outputs.value }}" }')
    life = Life(text, World(), subs={"inner": INNER}).live()
    assert (life.world.boxes, life.state.outputs, "call/put" in life.state.steps) == (
        {"a": 7},
        {"got": 7},
        True,
    )


def test_inputs_that_a_runbook_refuses_fail_the_step_that_calls_it() -> None:
    life = Life(
        runbook("{ id: call, runbook: inner, with: { box: 5 } }"), World(), subs={"inner": INNER}
    ).live()
    assert (life.state.status, "input `box` must be a text" in life.state.summary) == ("failed", True)


def test_steps_of_the_same_name_in_two_runbooks_are_two_steps() -> None:
    life = Life(runbook(put("put", "b", 1), CALL), World(), subs={"inner": INNER}).live()
    assert life.world.boxes == {"a": 7, "b": 1}


def test_what_a_called_runbook_did_is_undone_with_the_rest() -> None:
    world = World(broken={("run", "z"): ErrorClass.DENIED})
    text = runbook(CALL, put("last", "z", 1), on_failure="{ compensate: true }")
    life = Life(text, world, subs={"inner": INNER}).live()
    assert (life.state.status, world.boxes["a"]) == ("compensated", 0)


def test_a_called_runbook_does_its_finally_when_it_fails() -> None:
    world = World(broken={("run", "a"): ErrorClass.DENIED})
    inner = INNER.replace("outputs:", "finally: [" + put("tidy", "tidied", 1) + "]\noutputs:")
    life = Life(runbook(CALL), world, subs={"inner": inner}).live()
    assert (life.state.status, world.boxes) == ("failed", {"tidied": 1})


def test_a_runbook_can_be_called_for_every_item() -> None:
    step = "{ id: call, runbook: inner, foreach: { items: [a, b] }, with: { box: '${{ item }}' } }"
    assert Life(runbook(step), World(), subs={"inner": INNER}).live().world.boxes == {"a": 7, "b": 7}


# Every plan first


def test_all_that_is_known_is_planned_before_the_first_change() -> None:
    text = runbook(put("one", "x", 1), each("set", "[a, b]"), beside("both", put("two", "b2", 1)), CALL)
    told = Life(text, World(), subs={"inner": INNER}).live().told()
    first = told.index("step_started:one")
    planned = {one for one in told[:first] if one.startswith("step_planned")}
    assert {"step_planned:set[1]", "step_planned:two", "step_planned:call/put"} <= planned


def test_a_death_between_any_two_events_changes_nothing_of_what_a_tree_comes_to() -> None:
    steps = (
        each("set", "[a, b, c]", waves="[1, rest]"),
        beside("both", put("one", "x", 1), put("two", "y", 2)),
        CALL,
    )
    text, subs = runbook(*steps), {"inner": INNER}
    whole = Life(text, World(), subs=subs).live()
    for version in range(1, len(whole.entries)):
        life = Life(text, World(), subs=subs, dies_after=frozenset({version})).live()
        assert (life.state.status, life.world.boxes) == (whole.state.status, whole.world.boxes)


def test_an_item_is_tried_again_by_itself() -> None:
    world = World(faults={("run", "b"): [Fault(ErrorClass.TRANSIENT)]})
    life = Life(runbook(each("set", "[a, b]")), world).live()
    assert (life.state.status, started(life)) == ("succeeded", ["set[0]", "set[1]", "set[1]"])


def test_a_group_is_opened_once() -> None:
    life = Life(runbook(each("set", "[a, b]")), World()).live()
    assert len(life.of(steering.GroupOpened)) == 1


def test_keys_are_different_for_every_item() -> None:
    life = Life(runbook(each("fire", "[a, b]", uses="box.fire")), World()).live()
    assert len({event.key for event in life.of(events.StepStarted)}) == 2


def test_two_branches_of_one_resource_do_both_what_they_should() -> None:
    text = runbook(beside("both", change("box.add", "one", "a", 1), change("box.add", "two", "a", 2)))
    assert Life(text, World()).live().world.boxes == {"a": 3}
