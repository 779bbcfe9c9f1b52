"""What lint finds in a runbook that is well-formed and wrong, and how it prints it."""

import json
from textwrap import indent

import pytest

from tests.runbooks.samples import FULL, SMALL
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks.load import check
from tocsin.runbooks.problems import Problem, render_problems

REGISTRY = Registry(Connections({}))


def said(text: str) -> list[str]:
    return [str(problem).removeprefix("f.yaml:") for problem in check(text, "f.yaml", REGISTRY)[1]]


def with_step(lines: str) -> str:
    return f"{SMALL}  - id: two\n{indent(lines, '    ')}\n"


def test_a_full_runbook_is_clean() -> None:
    assert said(FULL) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("uses: k8s.scale@1", "uses: k8s.scal", "Did you mean `k8s.scale`?"),
        ("uses: k8s.scale@1", "uses: k8s.scale@7", "33:11: no action 'k8s.scale@7'"),
        ("id: hold", "id: look", "the id `look` is given 2 times; ids are unique"),
        (
            "deployment: checkout\n      replicas",
            "deploymnet: checkout\n      replicas",
            "k8s.scale takes no `deploymnet`. Did you mean `deployment`?",
        ),
        (
            "deployment: checkout\n      replicas",
            "replicas",
            "k8s.scale needs one of `deployment`, `statefulset`, `replicaset`",
        ),
        (
            'replicas: "${{ inputs.replicas }}"',
            "replicas: many",
            "39:17: k8s.scale: `replicas` must be a whole number, not `many`",
        ),
        (
            'replicas: "${{ inputs.replicas }}"',
            "replicas: 9999",
            "k8s.scale: `replicas` must be at most 1000, not `9999`",
        ),
        (
            'replicas: "${{ inputs.replicas }}"',
            'replicas: "${{ inputs.replica }}"',
            "39:18: there is no input `replica`. Did you mean `replicas`?",
        ),
        (
            'replicas: "${{ inputs.replicas }}"',
            'replicas: "${{ secrets.COUNT }}"',
            "`replicas` of k8s.scale may not hold a secret",
        ),
        (
            "connection: k8s:main\n",
            "connection: k8s:prod\n",
            "36:19: `k8s:prod` is not in `permissions.connections`. Known here: k8s:main.",
        ),
        (
            "steps.look.outputs.available",
            "steps.look.outputs.availabel",
            "34:9: step `look` puts out no `availabel`. Did you mean `available`?",
        ),
        ("steps.look.outputs.available", "steps.look.available", "write `steps.look.outputs.available`"),
        (
            "steps.look.outputs.available",
            "steps.sure.outputs.x",
            "there is no earlier step `sure`. It comes later in the file.",
        ),
        ("steps.look.outputs.available", "value", "`value` is not there yet"),
        (
            "if: steps.look.outputs.available < inputs.replicas",
            'if: "${{ true }}"',
            "34:9: `if` is an expression already; write it without `${{ }}`",
        ),
        (
            "name: Set the count",
            'name: "${{ inputs.replicas }}"',
            "32:11: `${{ }}` is not evaluated in `name`; write the text itself",
        ),
        (
            "when: \"'deploy' in event.incident.title\"",
            "when: inputs.replicas > 1",
            "9:11: `inputs` is not there yet; here you can use alert, env, event, incident, vars",
        ),
        (
            "with: { replicas: 3 }",
            "with: { replica: 3 }",
            "there is no input `replica`. Did you mean `replicas`?",
        ),
        (
            "severity: critical }",
            "severty: critical }",
            "an alert cannot be chosen by `severty`. Did you mean `severity`?",
        ),
        ('/checkout"', '/${{ vars.target }}"', "`vars.target` depends on itself"),
        (
            "        assert: value.available >= inputs.replicas",
            "        assert: value.available >=",
            "is not an expression",
        ),
        (
            "      - uses: k8s.rollout_status",
            "      - uses: k8s.rollout_undo",
            "`verify` only looks, and k8s.rollout_undo changes things",
        ),
        (
            '{ before: "${{ steps.scale.outputs.before }}" }',
            '{ a: "${{ secrets.A }}" }',
            "a secret can only stand in a `with` field that its action marks secret",
        ),
        (
            "event.incident.id }}",
            "event.incident.idd }}",
            "warning: `event.incident` has no `idd` that is known. Did you mean `id`?",
        ),
    ],
)
def test_a_mistake_is_found_and_told(old: str, new: str, problem: str) -> None:
    assert old in FULL
    assert problem in "\n".join(said(FULL.replace(old, new, 1)))


def test_undo_is_refused_for_what_cannot_be_undone() -> None:
    text = with_step(
        "uses: http.request\nwith: { connection: 'http:a' }\nundo: auto\napprove: { from: [group:a] }"
    )
    assert said(text) == ["10:11: http.request cannot be undone; write `undo: none`, or `undo: { steps: … }`"]


def test_a_change_that_anybody_may_make_unasked_is_warned_of() -> None:
    text = with_step(
        "uses: k8s.scale\nwith: { connection: 'k8s:a', namespace: a, deployment: a, replicas: 1 }"
    )
    assert "warning: k8s.scale changes things, and any responder may run it unasked" in said(text)[0]


def test_an_approval_needs_somebody_who_can_give_it() -> None:
    text = with_step("uses: http.request\nwith: { connection: 'http:a' }\napprove: { count: 1 }")
    assert said(text) == [
        "10:14: who approves? Give `approve.from` here or `permissions.approve` above: `[group:sre]`"
    ]


def test_an_approval_stands_only_on_a_step_that_can_change_something() -> None:
    text = with_step("wait: 5m\napprove: { from: [group:a] }")
    assert said(text) == [
        "7:5: steps[1]: `approve` stands alone, or with `uses`, before the change that it is for"
    ]


def test_a_secret_may_stand_in_a_field_that_its_action_marks() -> None:
    text = with_step(
        "uses: http.request\n"
        "with: { connection: 'http:a', headers: { Authorization: '${{ secrets.TOKEN }}' } }\n"
        "approve: { from: [group:a] }"
    )
    assert said(text) == []


@pytest.mark.parametrize(
    ("variable", "found"),
    [
        ("PSHOP", []),
        ("${{ inputs.a }}", ["7:28: `vars.v` is computed by the run, which a trigger comes before"]),
    ],
)
def test_a_trigger_sees_the_variables_that_need_no_run(variable: str, found: list[str]) -> None:
    assert (
        said(
            SMALL
            + "on: [{ pagerduty: x, when: vars.v == event.id }]\n"
            + f"inputs: {{ a: {{ type: string }} }}\nvars: {{ v: '{variable}' }}\n"
        )
        == found
    )


@pytest.mark.parametrize(
    ("guard", "found"),
    [
        ("mode: auto", ["7:24: `mode` means nothing where people start the runbook: leave it out"]),
        ("with: { a: 1 }", ["7:24: `with` means nothing where people start the runbook: leave it out"]),
        ("mode: propose", []),
    ],
)
def test_what_guards_a_trigger_is_not_said_of_people(guard: str, found: list[str]) -> None:
    assert said(f"{SMALL}on: [{{ slash: x, {guard} }}]\ninputs: {{ a: {{ type: integer }} }}\n") == found


@pytest.mark.parametrize(
    ("schedule", "found"),
    [
        ("0 4 * * 1-5", []),
        ("{ cron: '0 4 * * *', timezone: Europe/Berlin }", []),
        ("{ cron: '0 4 * * *', timezone: Europe/Atlantis }", ["is no time zone"]),
        ("'* * * * * *'", ["Wrong number of fields"]),
        ("61 * * * *", ["Bad minute"]),
        ("0 0 31 2 *", ["Bad day-of-month"]),
    ],
)
def test_a_schedule_is_read_before_its_time_comes(schedule: str, found: list[str]) -> None:
    problems = said(f"{SMALL}on: [{{ schedule: {schedule} }}]\n")
    assert [part for problem, part in zip(problems, found, strict=True) if part not in problem] == []


def test_names_are_followed_into_branches_that_are_not_taken() -> None:
    assert said(with_step('assert: "true or steps.nope.outputs.x"')) == [
        "8:13: there is no earlier step `nope`. Known here: hold."
    ]


def test_an_expression_in_folded_text_has_its_own_line() -> None:
    text = with_step(
        "uses: slack.post\nwith:\n  channel: C0123\n  text: >-\n"
        "    one ${{ run.id }}\n    two ${{ inputs.x }}"
    )
    assert "13:13: there is no input `x`." in said(text)


PROBLEMS = [
    Problem("b.yaml", 2, 3, "100% wrong,\nreally"),
    Problem("a,b.yaml", 1, 1, "careful", "warning"),
]


def test_text_is_one_line_for_each_problem_in_the_order_of_the_files() -> None:
    assert (
        render_problems(PROBLEMS, "text") == "a,b.yaml:1:1: warning: careful\nb.yaml:2:3: 100% wrong,\nreally"
    )


def test_json_holds_every_field() -> None:
    assert json.loads(render_problems(PROBLEMS, "json"))[0] == {
        "path": "a,b.yaml",
        "line": 1,
        "column": 1,
        "message": "careful",
        "level": "warning",
    }


def test_github_annotations_are_escaped() -> None:
    assert render_problems(PROBLEMS, "github").splitlines() == [
        "::warning file=a%2Cb.yaml,line=1,col=1::careful",
        "::error file=b.yaml,line=2,col=3::100%25 wrong,%0Areally",
    ]


def test_sarif_names_the_place() -> None:
    result = json.loads(render_problems(PROBLEMS, "sarif"))["runs"][0]["results"][1]
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 3}
