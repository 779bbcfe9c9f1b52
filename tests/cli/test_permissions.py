"""The rights that are printed are enough for the runbook, and none of them is too much."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import RbacAuthorizationV1Api
from ruamel.yaml import YAML

from tests.actions.kube import NAMESPACE, Kube
from tests.cli.shell import Shell
from tocsin.playground.cluster.start import Cluster

RUNBOOK = "scale-deployment"
ALONE = """\
schema: runbook/v1
name: scale-alone
title: Scale without asking anybody
inputs:
  namespace: { type: string, required: true }
  deployment: { type: string, required: true }
steps:
  - id: scale
    uses: k8s.scale
    with:
      connection: "k8s:main"
      namespace: "${{ inputs.namespace }}"
      deployment: "${{ inputs.deployment }}"
      replicas: 3
"""
USER = "tocsin"
"""Whom the context `bot` of the practice cluster logs in; it has no rights of its own."""


@pytest.fixture
def rbac(cluster: Cluster, kube: Kube, tocsin: Shell) -> Iterator[RbacAuthorizationV1Api]:
    if cluster.kind == "twin":
        # Rights are the real control plane's to give: a twin that refused would only repeat what we think.
        pytest.skip("the twin has no RBAC; set KUBEBUILDER_ASSETS to a control plane")
    with Path(tocsin.environment["TOCSIN_CONFIG"]).open("a") as config:
        config.write(f'  "k8s:main": {{ kubeconfig: "{kube.kubeconfig}", context: bot }}\n')
    rbac = RbacAuthorizationV1Api(kube.api)
    yield rbac
    rbac.delete_collection_namespaced_role_binding(NAMESPACE)
    rbac.delete_collection_namespaced_role(NAMESPACE)


@pytest.fixture
def alone(tocsin: Shell, tmp_path: Path) -> str:
    """A runbook that nobody has to approve."""
    (tmp_path / "scale-alone.yaml").write_text(ALONE)
    tocsin.says("runbook", "publish", str(tmp_path / "scale-alone.yaml"))
    return "scale-alone"


def printed(tocsin: Shell, runbook: str) -> list[Any]:
    """Return the documents that are printed for the runbook in the namespace."""
    words = ("permissions", runbook, "-i", f"namespace={NAMESPACE}", "--format", "k8s", "--to", USER)
    return list(YAML(typ="safe").load_all(tocsin.says("runbook", *words)))


def grant(rbac: RbacAuthorizationV1Api, documents: list[Any]) -> None:
    """Apply the Roles and bindings, and wait until the authorizer knows."""
    for document in documents:
        bound = document["kind"] == "RoleBinding"
        create = rbac.create_namespaced_role_binding if bound else rbac.create_namespaced_role
        create(NAMESPACE, document)
    time.sleep(0.5)


def scaled(tocsin: Shell, runbook: str, name: str) -> Any:
    """Run the runbook with what it may do; return how it ended."""
    inputs = ("-i", f"namespace={NAMESPACE}", "-i", f"deployment={name}")
    return json.loads(tocsin("runbook", "run", runbook, *inputs, "--work", "--json").stdout)


@pytest.mark.cluster
def test_the_roles_that_are_printed_are_enough(
    tocsin: Shell, kube: Kube, rbac: RbacAuthorizationV1Api, alone: str
) -> None:
    name = kube.deploy()
    grant(rbac, printed(tocsin, alone))
    assert scaled(tocsin, alone, name)["status"] == "succeeded"


@pytest.mark.cluster
def test_one_verb_less_is_not(tocsin: Shell, kube: Kube, rbac: RbacAuthorizationV1Api, alone: str) -> None:
    name = kube.deploy()
    role, binding = printed(tocsin, alone)
    role["rules"] = [rule for rule in role["rules"] if rule["resources"] != ["horizontalpodautoscalers"]]
    grant(rbac, [role, binding])
    run = scaled(tocsin, alone, name)
    assert (run["status"], "may not" in str(run) or "forbidden" in str(run)) == ("failed", True)


def test_they_are_a_table_for_people(tocsin: Shell) -> None:
    said = tocsin.says("runbook", "permissions", RUNBOOK, "-i", "namespace=shop")
    assert "apps/deployments/scale in shop" in said


def test_an_input_that_no_runbook_has_is_named(tocsin: Shell) -> None:
    result = tocsin("runbook", "permissions", RUNBOOK, "-i", "nowhere=shop")
    assert (result.exit_code, result.stderr) == (1, "tocsin: none of the runbooks has an input `nowhere`\n")
