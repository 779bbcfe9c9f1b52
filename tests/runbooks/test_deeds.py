"""What may not be done to the world, whatever a runbook computes."""

from tests.runbooks.workshop import Workshop
from tests.runbooks.world import put, runbook


async def test_a_secret_in_a_field_that_takes_none_is_refused(workshop: Workshop) -> None:
    step = put("one", "a", 1).replace("value: 1", 'value: 1, note: "${{ secrets.TOKEN }}"')
    state = await workshop.go(runbook(step))
    assert state.step("one").error == "box.set takes no secret in 'note'"


async def test_a_connection_outside_the_runbooks_permissions_is_refused(workshop: Workshop) -> None:
    step = put("one", "a", 1).replace("value: 1", 'value: 1, connection: "${{ inputs.where }}"')
    text = runbook(step, permissions='{ connections: ["k8s:main"] }', inputs="{ where: { type: string } }")
    state = await workshop.go(text, inputs={"where": "k8s:other"})
    assert state.step("one").error == "connection 'k8s:other' is not in the runbook's permissions"


async def test_inputs_that_the_action_refuses_fail_the_step_without_saying_their_value(
    workshop: Workshop,
) -> None:
    step = put("one", "a", 1).replace("value: 1", 'value: "${{ inputs.word }}"')
    state = await workshop.go(runbook(step, inputs="{ word: { type: string } }"), inputs={"word": "hush"})
    assert state.step("one").error.startswith("box.set: value: Input should be a valid integer")
    assert "hush" not in state.step("one").error


async def test_nothing_is_looked_at_by_changing_it(workshop: Workshop) -> None:
    verify = "{ uses: box.set, with: { box: b, value: 9 }, deadline: 0s }"
    state = await workshop.go(runbook(put("one", "a", 1, verify=verify)))
    assert (state.status, workshop.world.boxes) == ("failed", {"a": 1})
