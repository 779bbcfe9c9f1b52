"""Which rights runbooks need, and how narrow they are."""

from collections.abc import Mapping
from typing import Any

import pytest
from docs.chapters import actions
from pydantic import JsonValue

from tocsin.actions.base import ANY, Permission
from tocsin.actions.registry import Registry
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import Invalid
from tocsin.runbooks.grants import Grants, Right
from tocsin.runbooks.load import load
from tocsin.runbooks.work import Program

HEAD = "schema: runbook/v1\nname: small\ntitle: A small one\n"
CONNECTIONS = Connections({**actions.NAMED, "k8s:spare": KubernetesConnection()})
REGISTRY = Registry(CONNECTIONS)
SCALE = """
inputs: { namespace: { type: string, required: true }, cluster: { type: string, default: "k8s:main" } }
vars: { place: "${{ inputs.namespace }}" }
steps:
  - id: scale
    uses: k8s.scale
    with: { connection: "k8s:main", namespace: "${{ vars.place }}", deployment: web, replicas: 3 }
"""


def program(text: str, **subs: Program) -> Program:
    return Program(load(HEAD + text, "small.yaml"), {}, subs)


def rights(text: str, inputs: Mapping[str, JsonValue] | None = None, **subs: Program) -> list[Right]:
    return list(Grants(REGISTRY, CONNECTIONS.names()).rights(program(text, **subs), inputs or {}))


def places(found: list[Right]) -> set[str]:
    return {right.permission.resource.partition(" in ")[2] for right in found}


def test_what_only_a_run_knows_may_be_anything() -> None:
    assert places(rights(SCALE)) == {ANY}


def test_an_input_that_is_fixed_narrows_them() -> None:
    assert places(rights(SCALE, {"namespace": "shop"})) == {"shop"}


def test_a_default_is_not_fixed_since_a_run_may_be_given_something_else() -> None:
    text = SCALE.replace('"k8s:main", namespace', '"${{ inputs.cluster }}", namespace')
    assert {right.connection for right in rights(text)} == {"k8s:main", "k8s:spare"}


def test_a_connection_that_only_a_run_knows_is_one_that_the_runbook_allows() -> None:
    text = SCALE.replace('"k8s:main", namespace', '"${{ inputs.cluster }}", namespace')
    allowed = 'permissions: { connections: ["k8s:spare", "aws:main"] }\n'
    assert {right.connection for right in rights(allowed + text)} == {"k8s:spare"}


def test_a_default_filter_does_not_make_an_unknown_input_known() -> None:
    text = SCALE.replace("${{ vars.place }}", "${{ inputs.namespace | default('shop') }}")
    assert places(rights(text)) == {ANY}


def test_the_item_of_a_loop_may_be_anything() -> None:
    text = SCALE.replace("    uses:", "    foreach: { items: [a, b], as: one }\n    uses:").replace(
        "vars.place", "one"
    )
    assert places(rights(text)) == {ANY}


def test_what_a_check_reads_is_needed_too() -> None:
    text = """
steps:
  - id: rest
    uses: k8s.scale
    with: { connection: "k8s:main", namespace: shop, deployment: web, replicas: 3 }
    verify:
      uses: k8s.logs
      with: { connection: "k8s:main", namespace: shop, deployment: web }
      assert: "true"
"""
    assert Permission(system="kubernetes", verb="get", resource="core/pods/log in shop") in {
        right.permission for right in rights(text)
    }


def test_a_called_runbook_is_given_what_its_caller_fixes() -> None:
    called = 'steps: [{ id: call, runbook: small, with: { namespace: "${{ inputs.where }}" } }]\n'
    text = f"inputs: {{ where: {{ type: string, required: true }} }}\n{called}"
    sub = program(SCALE)
    found = Grants(REGISTRY, CONNECTIONS.names()).rights(
        Program(load(HEAD.replace("small", "big") + text, "big.yaml"), {}, {"small": sub}), {"where": "shop"}
    )
    assert places(list(found)) == {"shop"}


def test_a_secret_is_nothing_that_rights_depend_on() -> None:
    text = """
steps:
  - id: call
    uses: http.request
    with:
      connection: "http:statuspage"
      method: POST
      path: /v1/notes
      headers: { Authorization: "${{ secrets.TOKEN }}" }
"""
    assert [right.permission.resource for right in rights(text)] == ["https://status.acme.example/v1/notes"]


def test_an_input_that_its_action_does_not_take_is_told() -> None:
    with pytest.raises(Invalid, match=r"k8s\.scale: namespace: "):
        rights(SCALE, {"namespace": "Not A Name"})


def test_a_list_that_only_a_run_completes_may_hold_anything() -> None:
    text = """
inputs: { instance: { type: string, required: true } }
steps:
  - id: clean
    uses: ssm.run_document
    with:
      connection: "aws:main"
      document: Clean
      version: 1
      targets: ["i-0123456789abcdef0", "${{ inputs.instance }}"]
"""
    sent = [right.permission.resource for right in rights(text) if right.permission.verb == "ssm:SendCommand"]
    assert "arn:aws:ec2:eu-west-1:123456789012:instance/*" in sent


@pytest.mark.parametrize("name", REGISTRY.names())
def test_every_action_names_its_rights_though_nothing_is_known_of_its_inputs(name: str) -> None:
    model = REGISTRY.get(name).input_model
    kind = str(model.model_fields["connection"].description).partition(":NAME")[0].rpartition(" ")[2]
    connection = next(one for one in CONNECTIONS.names() if one.startswith(f"{kind}:"))
    unknown: dict[str, Any] = {**dict.fromkeys(model.model_fields, ANY), "connection": connection}
    assert REGISTRY.get(name).permissions(model.model_construct(**unknown))
