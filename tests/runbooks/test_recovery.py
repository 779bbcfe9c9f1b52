"""What an effect put out, when it happened and its answer was lost."""

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import Fault, change, read, runbook
from tocsin.errors import ErrorClass

LOST = change("box.fire", "one", "a", 3, timeout="1s")


async def test_what_an_effect_put_out_is_read_again_when_its_answer_was_lost(workshop: Workshop) -> None:
    workshop.world.faults["run", "a"] = [Fault(ErrorClass.TIMEOUT, happened=True)]
    text = runbook(LOST, "{ id: two, assert: steps.one.outputs.value == 3 }", read("three", "a"))
    state = await workshop.go(text)
    assert (state.status, state.step("one").output) == ("succeeded", {"value": 3})


async def test_the_outputs_that_a_step_names_are_computed_from_what_was_recovered(
    workshop: Workshop,
) -> None:
    workshop.world.faults["run", "a"] = [Fault(ErrorClass.TIMEOUT, happened=True)]
    step = change("box.fire", "one", "a", 3, outputs="{ double: '${{ value.value * 2 }}' }")
    state = await workshop.go(runbook(step))
    assert state.step("one").output == {"value": 3, "double": 6}


async def test_an_effect_whose_output_cannot_be_read_has_happened_all_the_same(workshop: Workshop) -> None:
    workshop.world.faults["run", "a"] = [Fault(ErrorClass.TIMEOUT, happened=True)]
    workshop.world.broken["recover", "a"] = ErrorClass.DENIED
    state = await workshop.go(runbook(LOST))
    assert (state.status, state.step("one").output, workshop.world.boxes) == ("succeeded", {}, {"a": 3})
