"""What ``load`` accepts, and what it says about everything else."""

from datetime import timedelta

import pytest

from tests.runbooks.samples import FULL, SMALL
from tocsin.errors import BadRunbook
from tocsin.runbooks.load import check, load


def said(text: str) -> list[str]:
    return [str(problem).removeprefix("f.yaml:") for problem in check(text, "f.yaml")[1]]


def test_a_full_runbook_loads_without_a_word() -> None:
    assert said(FULL) == []


def test_every_part_of_a_full_runbook_arrives() -> None:
    runbook = load(FULL, "f.yaml")
    scale = runbook.steps[1]
    assert runbook.on[0].pagerduty == "incident.triggered"
    assert runbook.guardrails.timeout == timedelta(minutes=45)
    assert scale.approve is not None
    assert scale.approve.from_ == ("group:sre",)
    assert scale.verify is not None
    assert scale.verify[0].for_ == timedelta(seconds=10)
    assert runbook.on_failure.compensate


def test_a_loaded_runbook_survives_its_canonical_form() -> None:
    runbook = load(FULL, "f.yaml")
    assert type(runbook).model_validate_json(runbook.canonical()) == runbook


def test_several_groups_of_approvers_survive_the_canonical_form() -> None:
    gate = "  - { id: gate, approve: { from: [{ group: dba }, { role: admin, count: 2 }] } }\n"
    runbook = load(SMALL + gate, "f.yaml")
    assert type(runbook).model_validate_json(runbook.canonical()) == runbook


def test_layout_and_comments_do_not_change_the_digest() -> None:
    assert load("# hello\n\n" + SMALL, "a.yaml").digest == load(SMALL, "b.yaml").digest


@pytest.mark.parametrize(
    "verify", ["verify: { assert: value.status == 200 }", "verify: [{ assert: value.status == 200 }]"]
)
def test_one_check_may_stand_without_its_list(verify: str) -> None:
    runbook = load(SMALL + f"  - id: call\n    uses: http.request\n    {verify}\n", "f.yaml")
    assert runbook.steps[1].verify is not None
    assert runbook.steps[1].verify[0].assert_ == "value.status == 200"


def test_verify_none_is_no_look_at_all() -> None:
    assert (
        load(SMALL + "  - id: call\n    uses: http.request\n    verify: none\n", "f.yaml").steps[1].verify
        == ()
    )


def test_a_pagerduty_event_may_stand_alone() -> None:
    runbook = load(SMALL + "on: [{ pagerduty: incident.triggered }]\n", "f.yaml")
    assert runbook.on[0].pagerduty == "incident.triggered"


def test_one_assertion_may_stand_without_its_list() -> None:
    assert load(SMALL + "  - id: a\n    assert: run.id == 'x'\n", "f.yaml").steps[1].assert_ == (
        "run.id == 'x'",
    )


def test_load_raises_with_every_error_on_a_line_of_its_own() -> None:
    with pytest.raises(BadRunbook) as raised:
        load(SMALL.replace("title", "titel") + "tgas: []\n", "f.yaml")
    assert str(raised.value).splitlines() == [
        "f.yaml:1:1: `title` is missing",
        "f.yaml:3:1: there is no key `titel` here. Did you mean `title`?",
        "f.yaml:7:1: there is no key `tgas` here. Did you mean `tags`?",
    ]


def test_a_warning_does_not_keep_a_runbook_from_loading() -> None:
    assert load(SMALL + "outputs: { a: '${{ event.idd | default(1) }}' }\n", "f.yaml").name == "small"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "wait: 5m",
            "wait: 5m\n    timout: 1s",
            "7:5: there is no key `timout` here. Did you mean `timeout`?",
        ),
        ("wait: 5m", "wait: 5 minutes", "6:11: wait: '5 minutes' is not a duration; write 90s, 5m, 2h or 1d"),
        ("wait: 5m", "wait: 99999999d", "6:11: wait: '99999999d' is longer than 366 days"),
        (
            "id: hold",
            "id: Hold!",
            "5:9: `id` cannot be `Hold!`: an id is lower-case letters, digits and `_`, "
            "at most 40, and begins with a letter",
        ),
        ("name: small", "name: 5", "2:7: `name` must be text; put it in quotes, not `5`"),
        ("runbook/v1", "runbook/v2", "1:9: `schema` cannot be `runbook/v2`. It is one of runbook/v1."),
        (
            "wait: 5m",
            "foreach: [1]\n    wait: 5m",
            "6:14: `foreach` must be a map, `key: value` lines, not a list",
        ),
        (
            "steps:",
            "on: [{ slash: x, mode: never }]\nsteps:",
            "4:24: `mode` cannot be `never`. It is one of suggest, propose, auto.",
        ),
        ("wait: 5m", "with_: {}\n    wait: 5m", "6:5: there is no key `with_` here. Did you mean `with`?"),
        ("wait: 5m", "name: idle", "5:5: steps[0]: a step has exactly one of `uses`, `parallel`,"),
        (
            "wait: 5m",
            "wait: 5m\n    uses: a.b",
            "5:5: steps[0]: `uses` and `wait` in one step: make two steps of them",
        ),
        (
            "wait: 5m",
            "set: { a: 1 }\n    assert: x",
            "5:5: steps[0]: `assert` stands alone, or with `uses`",
        ),
        (
            "wait: 5m",
            "uses: a.b\n    verify: { interval: 1s }",
            "7:13: verify[0]: a check needs `uses` (what to read), `assert` (what must hold), or both",
        ),
        ("wait: 5m", "uses: a.b\n    approve: { count: 99 }", "7:23: `count` must be at most 10, not `99`"),
        (
            "wait: 5m",
            "uses: a.b\n    approve: true",
            "7:14: `approve` must be a map, `key: value` lines, not `true`",
        ),
        (
            "steps:",
            "on: [{ slash: x, manual: true }]\nsteps:",
            "4:6: on[0]: a trigger has exactly one of `pagerduty`, `alert`, `incident`,",
        ),
        ("steps:", "tags: a\nsteps:", "4:7: `tags` must be a list, `- …` lines or [a, b], not `a`"),
        ("steps:\n  - id: hold\n    wait: 5m\n", "steps: []\n", "4:8: `steps` needs at least 1 entry"),
    ],
)
def test_a_problem_has_its_place_and_says_what_to_write(old: str, new: str, problem: str) -> None:
    assert any(line.startswith(problem) for line in said(SMALL.replace(old, new)))


def test_problems_beneath_a_bad_key_are_found_in_the_same_go() -> None:
    found = said(SMALL + "colour: red\noutputs: { a: '${{ inputs.nope }}' }\n")
    assert [line.split(":")[0] for line in found] == ["7", "8"]


def test_what_is_no_map_is_no_runbook() -> None:
    assert said("- a\n- b\n") == ["1:1: a runbook is a map that begins with `schema: runbook/v1`"]
