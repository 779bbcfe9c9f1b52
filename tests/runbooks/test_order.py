"""The order of a file's keys, which a revision keeps through the database."""

import json

from tests.runbooks.workshop import Workshop
from tocsin.runbooks.load import load
from tocsin.runbooks.order import as_written
from tocsin.runbooks.revisions import parse

TEXT = """\
schema: runbook/v1
name: boxes
title: Boxes
inputs:
  zone: { type: string }
  amount: { type: integer, default: 1 }
vars: { second: 2, first: 1 }
steps:
  - id: one
    uses: box.set
    with: { value: 1, box: a }
    verify: { uses: box.read, with: { box: a }, assert: value.value == 1 }
outputs: { b: 1, a: 2 }
"""


async def test_inputs_vars_and_outputs_stay_in_the_order_of_the_file(workshop: Workshop) -> None:
    await workshop.publish(TEXT)
    async with workshop.database.transaction() as session:
        runbook = parse(await workshop.house.revisions.get(session, "boxes"))
    assert (list(runbook.inputs), list(runbook.vars), list(runbook.outputs)) == (
        ["zone", "amount"],
        ["second", "first"],
        ["b", "a"],
    )


async def test_they_do_so_in_what_a_step_is_given(workshop: Workshop) -> None:
    await workshop.publish(TEXT)
    async with workshop.database.transaction() as session:
        runbook = parse(await workshop.house.revisions.get(session, "boxes"))
    assert list(runbook.steps[0].with_) == ["value", "box"]


async def test_the_order_makes_no_other_revision(workshop: Workshop) -> None:
    swapped = TEXT.replace("{ second: 2, first: 1 }", "{ first: 1, second: 2 }")
    assert await workshop.publish(TEXT) == await workshop.publish(swapped)


async def test_a_parsed_revision_has_the_digest_of_its_file(workshop: Workshop) -> None:
    digest = await workshop.publish(TEXT)
    async with workshop.database.transaction() as session:
        runbook = parse(await workshop.house.revisions.get(session, "boxes"))
    assert runbook.digest == digest == load(TEXT, "").digest


def test_only_the_order_comes_from_the_text() -> None:
    ordered = as_written("b: 9\na: 9\nc: 9\n", {"a": 1, "d": 3, "b": 2})
    assert json.dumps(ordered) == '{"b": 2, "a": 1, "d": 3}'


def test_a_text_that_cannot_be_read_any_more_changes_nothing() -> None:
    assert as_written("a: [", {"b": 2, "a": 1}) == {"b": 2, "a": 1}


def test_one_value_may_stand_for_a_list_of_it() -> None:
    ordered = as_written("look: { z: 1, a: 2 }", {"look": [{"a": 2, "z": 1}]})
    assert json.dumps(ordered) == '{"look": [{"z": 1, "a": 2}]}'
