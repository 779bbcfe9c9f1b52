"""Ids, variables and items that cannot have the name they are given."""

import pytest

from tests.runbooks.rules.linted import runbook, said


def test_an_id_is_given_once_however_deep_its_step_stands() -> None:
    text = runbook("parallel:\n  - id: b\n    wait: 1m", "wait: 1m")
    assert [one.partition(": ")[2] for one in said(text)] == [
        "the id `b` is given 2 times; ids are unique"
    ] * 2


def test_variables_in_a_circle_are_found() -> None:
    text = runbook("wait: 1m", head="vars: { one: '${{ vars.two }}', two: '${{ vars.one }}' }\n")
    assert len([one for one in said(text) if "depends on itself" in one]) == 2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("inputs", "`as: inputs` hides `inputs`"),
        ("steps", "`as: steps` hides `steps`"),
        ("value", "`as: value` hides `value`"),
        ("secrets", "`as: secrets` hides `secrets`"),
        ("now", "`as: now` hides `now`"),
        ("not", "`as: not` is a word of the language"),
    ],
)
def test_an_item_hides_nothing(name: str, told: str) -> None:
    [problem] = said(runbook(f"foreach: {{ items: [1], as: {name} }}\nset: {{ x: 1 }}"))
    assert f"{told}; give the item another name" in problem


def test_an_item_inside_an_item_has_a_name_of_its_own() -> None:
    text = runbook(
        "foreach: { items: [1] }\nparallel:\n  - id: b\n    foreach: { items: [1] }\n"
        "    set: { x: '${{ item }}' }"
    )
    assert said(text) == [
        "10:18: the `foreach` around calls its item `item`, too; give one of them another `as`"
    ]


@pytest.mark.parametrize("name", ["item", "host", "service"])
def test_an_item_may_have_any_other_name(name: str) -> None:
    assert said(runbook(f"foreach: {{ items: [1], as: {name} }}\nset: {{ x: '${{{{ {name} }}}}' }}")) == []
