"""The JSON Schema of the language: it takes what the loader takes, and marks what is wrong."""

from textwrap import indent

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.runbooks.samples import SMALL
from tocsin.actions.registry import Registry
from tocsin.connections import Connections
from tocsin.runbooks import yaml
from tocsin.runbooks.load import draft
from tocsin.runbooks.model.steps import KINDS as STEPS
from tocsin.runbooks.model.triggers import KINDS as TRIGGERS
from tocsin.runbooks.schema import json_schema

SCHEMA = json_schema(Registry(Connections({})))
EDITOR = jsonschema.Draft202012Validator(SCHEMA)
SCALE = "uses: k8s.scale\nwith: { connection: 'k8s:main', namespace: shop, deployment: a, replicas: 3 }"


def with_step(body: str) -> str:
    return f"{SMALL}  - id: more\n{indent(body, '    ')}\n"


def is_marked(text: str) -> bool:
    document, problems = yaml.read(text, "f.yaml")
    assert document is not None, problems
    return not EDITOR.is_valid(document.value)


GOOD = [
    with_step(SCALE),
    with_step(SCALE.replace("replicas: 3", "replicas: '${{ 1 + 2 }}'")),
    with_step(SCALE.replace("k8s.scale", "k8s.scale@1") + "\nretry: { max: 2, on: [transient] }"),
    with_step(SCALE + "\nverify: none\nundo: { steps: [{ id: b, wait: 1m }] }"),
    with_step(SCALE + "\non_failure: { steps: [{ id: b, wait: 1m }], then: continue }"),
    with_step("assert: [true == true, 1 < 2]"),
    with_step("approve: { from: [{ group: dba, count: 2 }] }"),
    with_step("wait: { until: 1 < 2, interval: 5s }"),
    with_step("parallel: [{ id: b, wait: 1m }, { id: c, set: { x: 1 } }]"),
    with_step("foreach: { items: [1, 2], waves: [1, 50%, rest], stop_when: 1 > 2 }\nset: { x: 1 }"),
    with_step("runbook: other\nwith: { a: 1 }"),
    with_step("manual: { checklist: [Look], fields: { count: { type: integer } } }"),
    SMALL + "guardrails: { lock: a, cooldown: 15m, freeze: none, environments: { prod: propose } }\n",
    SMALL + "on: [{ schedule: '0 4 * * *' }, { runbook: other }, { slash: x }, { webhook: y }]\n",
    SMALL + "on_cancel: [{ id: b, wait: 1m }]\nfinally: [{ id: c, wait: 1m }]\n",
]
BAD = [
    SMALL.replace("title:", "titel:"),
    with_step("wiat: 5m"),
    with_step("wait: 5 minutes"),
    with_step("wait: 5m\nset: { x: 1 }"),
    with_step("name: nothing"),
    with_step("assert: 1 < 2\napprove: { from: [group:sre] }"),
    with_step(SCALE.replace("k8s.scale", "k8s.scael")),
    with_step(SCALE.replace("replicas: 3", "replicas: many")),
    with_step(SCALE.replace("replicas:", "replica:")),
    with_step("uses: k8s.scale"),
    with_step(SCALE + "\nverify: { uses: k8s.rollout_status, with: { nmespace: a } }"),
    with_step(SCALE + "\non_failure: ignore"),
    with_step("foreach: { items: [1], max_parallel: 0 }\nset: { x: 1 }"),
    SMALL + "on: [{ slash: a, webhook: b }]\n",
    SMALL + "on: [{ mode: auto }]\n",
    SMALL + "guardrails: { cooldown: a while }\n",
    SMALL + "inputs: { a: { type: text } }\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_an_editor_takes_what_the_loader_takes(text: str) -> None:
    assert (draft(text, "f.yaml").problems, is_marked(text)) == ((), False)


@pytest.mark.parametrize("text", BAD)
def test_an_editor_marks_what_is_wrong(text: str) -> None:
    assert is_marked(text)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_an_editor_completes_the_names_of_actions() -> None:
    names = {action.name for action in Registry(Connections({}))}
    for part in ("Step", "Check", "StopIf"):
        assert set(SCHEMA["$defs"][part]["properties"]["uses"]["anyOf"][0]["enum"]) == names


def test_every_kind_of_step_and_trigger_of_the_models_is_in_it() -> None:
    kinds = [one["required"][0] for one in SCHEMA["$defs"]["Step"]["oneOf"]]
    assert kinds == [*STEPS, "assert", "approve"]
    assert [one["required"][0] for one in SCHEMA["$defs"]["Trigger"]["oneOf"]] == list(TRIGGERS)


def test_what_an_action_says_of_a_field_is_told_by_editors() -> None:
    inputs = SCHEMA["$defs"]["k8s.scale.with"]
    assert inputs["description"]
    assert inputs["additionalProperties"] is False
    assert "replicas" in inputs["properties"]
