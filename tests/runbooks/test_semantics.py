"""What a change means to those who have to agree with it."""

import pytest

from tests.runbooks.samples import FULL
from tocsin.actions.base import Risk
from tocsin.runbooks.change import Change
from tocsin.runbooks.load import load
from tocsin.runbooks.semantics import compare

RISKS = {
    "k8s.scale@1": Risk.LOW,
    "k8s.rollout_undo": Risk.HIGH,
    "k8s.rollout_status": Risk.READ,
    "k8s.events": Risk.READ,
}
BASE = load(FULL, "full.yaml")
NEW_STEP = "on_failure: { compensate: true }", "  - { id: rest, wait: 5s }\non_failure: { compensate: true }"
SURE = "  - id: sure\n    assert: [steps.scale.outputs.replicas == inputs.replicas]\n"


def risk_of(uses: str) -> Risk:
    return RISKS[uses]


def change(*edits: tuple[str, str]) -> tuple[Change, ...]:
    """Return what it means that these parts of the file are replaced."""
    text = FULL
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return compare(BASE, load(text, "full.yaml"), risk_of)


def test_the_same_file_changes_nothing() -> None:
    assert compare(BASE, BASE, risk_of) == ()


def test_comments_and_layout_change_nothing() -> None:
    assert change(("owner: platform", "owner:   platform  # the platform team")) == ()


RAISES = [
    (NEW_STEP, "step_added", "step `rest` is added: wait"),
    (
        ("uses: k8s.scale@1", "uses: k8s.rollout_undo"),
        "risk_raised",
        "step `scale`: its risk goes from low to high (k8s.rollout_undo)",
    ),
    (
        ("run: [group:sre]", "run: [group:sre, group:dba]"),
        "permission_widened",
        "group:dba may run it, and might not before",
    ),
    (
        ("run: [group:sre]", "run: []"),
        "permission_widened",
        "role:responder may run it, and might not before",
    ),
    (
        ("from: [group:sre], count", "from: [group:dba], count"),
        "permission_widened",
        "group:dba may approve step `scale`, and might not before",
    ),
    (
        ('connections: ["k8s:main"]', "connections: []"),
        "permission_widened",
        "it may touch every connection, and might not before",
    ),
    (
        ('connections: ["k8s:main"]', 'connections: ["k8s:main", "k8s:prod"]'),
        "permission_widened",
        "it may touch k8s:prod, and did not before",
    ),
    (
        ("- slash: full", "- pagerduty: incident.escalated\n    mode: auto"),
        "permission_widened",
        "it starts by pagerduty incident.escalated and acts by itself, and did not before",
    ),
    (
        ("timeout: 45m }", "timeout: 2h }"),
        "guardrail_loosened",
        "`guardrails.timeout` is longer: 2700s → 7200s",
    ),
    (
        ('guardrails: { lock: "deploy:${{ inputs.namespace }}", timeout', "guardrails: { timeout"),
        "guardrail_loosened",
        "`guardrails.lock` is taken away: deploy:${{ inputs.namespace }} → nothing",
    ),
    (
        ('lock: "deploy:${{ inputs.namespace }}"', "lock: other"),
        "guardrail_loosened",
        "`guardrails.lock` is another one: deploy:${{ inputs.namespace }} → other",
    ),
    (
        ("    approve: { from: [group:sre], count: 1, self: false, expires: 20m, on_expiry: cancel }\n", ""),
        "guardrail_loosened",
        "step `scale`: `approve` is taken away",
    ),
    (("self: false", "self: true"), "guardrail_loosened", "step `scale`: `approve.self` is allowed"),
    (
        ("expires: 20m", "expires: 2h"),
        "guardrail_loosened",
        "step `scale`: `approve.expires` is longer: 1200s → 7200s",
    ),
    (
        ("    if: steps.look.outputs.available < inputs.replicas\n", ""),
        "guardrail_loosened",
        "step `scale`: `if` is taken away: steps.look.outputs.available < inputs.replicas → nothing",
    ),
    (
        ("undo: auto", "undo: none"),
        "guardrail_loosened",
        "step `scale`: `undo` is less careful: auto → none",
    ),
    (
        ("    mode: propose\n", "    mode: auto\n"),
        "guardrail_loosened",
        "trigger pagerduty incident.triggered: `mode` is less careful: propose → auto",
    ),
    (
        ("    when: \"'deploy' in event.incident.title\"\n", ""),
        "guardrail_loosened",
        "trigger pagerduty incident.triggered: `when` is taken away: "
        "'deploy' in event.incident.title → nothing",
    ),
    (("max: 9", "max: 90"), "guardrail_loosened", "input `replicas`: `max` is higher: 9 → 90"),
    (("min: 1", "min: 0"), "guardrail_loosened", "input `replicas`: `min` is lower: 1 → 0"),
    (
        (', pattern: "[a-z]+" }', " }"),
        "guardrail_loosened",
        "input `namespace`: `pattern` is taken away: [a-z]+ → nothing",
    ),
    (
        ("on_failure: { compensate: true }", "on_failure: { compensate: false }"),
        "guardrail_loosened",
        "`on_failure.compensate` is dropped",
    ),
    ((SURE, ""), "guardrail_loosened", "step `sure` is removed: assert"),
    (
        ("timeout: 45m }", "timeout: 45m, freeze: none }"),
        "guardrail_loosened",
        "`guardrails.freeze` is dropped: nothing → none",
    ),
]


@pytest.mark.parametrize(("edit", "kind", "text"), RAISES, ids=[text for _, _, text in RAISES])
def test_what_lets_more_happen_takes_more_people(edit: tuple[str, str], kind: str, text: str) -> None:
    raising = [one for one in change(edit) if one.raises]
    assert raising == [Change(kind, text)]  # type: ignore[arg-type]  # mypy knows no kind of text


@pytest.mark.parametrize(
    "edit",
    [
        ("title: Everything this version has", "title: All of it"),
        ("timeout: 45m }", "timeout: 30m }"),
        ("count: 1", "count: 2"),
        ("expires: 20m", "expires: 10m"),
        ("max: 9", "max: 5"),
        ("run: [group:sre]", 'run: ["role:admin"]'),
        ("approve: [group:sre]", 'approve: ["role:admin"]'),
        ("wait: 30s", "wait: 40s"),
        ("    on_failure: continue\n", "    on_failure: compensate\n"),
        ("  - slash: full\n", ""),
        ("base: 2s", "base: 4s"),
        ('target: "${{ inputs.namespace }}/checkout"', "target: checkout"),
    ],
    ids=lambda edit: edit[1].strip() or "less",
)
def test_what_lets_no_more_happen_is_told_and_takes_nobody_more(edit: tuple[str, str]) -> None:
    changes = change(edit)
    assert changes
    assert not any(one.raises for one in changes)


def test_looking_less_afterwards_takes_more_people() -> None:
    whole = FULL[FULL.index("    verify:\n") : FULL.index("  - id: hold\n")]
    [raising] = [one for one in change((whole, "    verify: none\n")) if one.raises]
    assert raising.text.startswith("step `scale`: `verify` is not looked at any more")


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (
            "{ production: propose }",
            "`guardrails.environments` for production is less careful: deny → propose",
        ),
        ("{}", "`guardrails.environments` for production is less careful: deny → auto"),
    ],
)
def test_doing_more_in_an_environment_takes_more_people(after: str, told: str) -> None:
    base, other = (
        FULL.replace("timeout: 45m }", f"timeout: 45m, environments: {rules} }}")
        for rules in ("{ production: deny }", after)
    )
    changes = compare(load(base, ""), load(other, ""), risk_of)
    assert Change("guardrail_loosened", told) in changes


def test_a_runbook_that_a_step_calls_is_named() -> None:
    called = "  - { id: rest, runbook: drain-node }\n" + NEW_STEP[0]
    changes = change((NEW_STEP[0], called))
    assert Change("step_added", "step `rest` is added: calls the runbook drain-node") in changes


def test_a_quorum_that_takes_fewer_takes_more_people() -> None:
    plain = "from: [group:sre], count: 1"
    two, one = (
        load(FULL.replace(plain, f"from: [{{ group: sre, count: {count} }}]"), "") for count in (2, 1)
    )
    assert compare(two, one, risk_of) == (
        Change("guardrail_loosened", "step `scale`: takes 1 of group:sre, and took 2"),
    )


def test_an_assertion_that_comes_too_late_takes_more_people() -> None:
    guarded = FULL.replace(
        "  - id: scale\n", "  - { id: awake, assert: [run.id is not none] }\n  - id: scale\n"
    )
    late = FULL.replace(SURE, f"  - {{ id: awake, assert: [run.id is not none] }}\n{SURE}")
    changes = compare(load(guarded, ""), load(late, ""), risk_of)
    assert Change("guardrail_loosened", "step `awake` no longer stands before `scale`") in changes


def test_another_order_of_steps_is_told() -> None:
    hold = "  - id: hold\n    wait: 30s\n"
    changes = change((hold, ""), (SURE, SURE + hold))
    assert Change("step_moved", "the steps are in another order: look, scale, sure, hold") in changes


def test_a_first_revision_adds_every_step() -> None:
    added = [one.text for one in compare(None, BASE, risk_of) if one.kind == "step_added"]
    assert [text.split("`")[1] for text in added] == ["look", "scale", "hold", "sure"]


def test_data_that_looks_like_a_step_is_none() -> None:
    steps = (
        "[{ id: call, uses: k8s.events, with: { connection: c, json: { id: inner, items: [{ id: x }] } } }]"
    )
    text = f"schema: runbook/v1\nname: calls\ntitle: Calls\nsteps: {steps}\n"
    after = load(text.replace("id: inner", "id: other"), "")
    assert compare(load(text, ""), after, risk_of) == (
        Change("changed", "step `call`: `with.json.id` is changed: inner → other"),
    )
