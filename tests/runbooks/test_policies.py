"""Rights as the systems take them."""

import json
from typing import Any

from ruamel.yaml import YAML

from tocsin.actions.base import Permission
from tocsin.runbooks.grants import Right
from tocsin.runbooks.policies import as_iam_policy, as_roles, as_scopes

CLUSTER = "arn:aws:rds:eu-west-1:1:cluster:orders"


def right(system: Any, verb: str, resource: str, connection: str = "k8s:main") -> Right:
    return Right(connection, Permission(system=system, verb=verb, resource=resource), "small", "some.action")


def documents(text: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(text))


RIGHTS = [
    right("kubernetes", "patch", "apps/deployments in shop"),
    right("kubernetes", "get", "apps/deployments in shop"),
    right("kubernetes", "get", "apps/deployments in shop"),
    right("kubernetes", "list", "core/pods in *"),
    right("kubernetes", "get", "core/nodes"),
    right("aws", "rds:FailoverDBCluster", CLUSTER),
    right("aws", "rds:DescribeDBClusters", CLUSTER),
    right("slack", "chat:write", "C0GENERAL"),
    right("slack", "channels:read", "C0GENERAL"),
]


def test_a_namespace_gets_a_role_with_each_right_once() -> None:
    [role] = [one for one in documents(as_roles(RIGHTS, None)) if one["kind"] == "Role"]
    assert (role["metadata"]["namespace"], role["rules"]) == (
        "shop",
        [{"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]}],
    )


def test_what_is_in_no_namespace_or_in_any_gets_a_cluster_role() -> None:
    [role] = [one for one in documents(as_roles(RIGHTS, None)) if one["kind"] == "ClusterRole"]
    assert [rule["resources"] for rule in role["rules"]] == [["nodes"], ["pods"]]


def test_roles_are_bound_only_where_somebody_is_named() -> None:
    assert {one["kind"] for one in documents(as_roles(RIGHTS, None))} == {"Role", "ClusterRole"}
    bound = [one for one in documents(as_roles(RIGHTS, "tocsin")) if one["kind"].endswith("Binding")]
    assert [(one["roleRef"]["kind"], one["subjects"][0]["name"]) for one in bound] == [
        ("ClusterRole", "tocsin"),
        ("Role", "tocsin"),
    ]


def test_every_cluster_has_roles_of_its_own() -> None:
    spare = right("kubernetes", "get", "core/nodes", "k8s:spare")
    assert [line for line in as_roles([*RIGHTS, spare], None).splitlines() if line.startswith("#")] == [
        "# k8s:main",
        "# k8s:spare",
    ]


def test_actions_on_the_same_resources_stand_in_one_statement() -> None:
    policy = json.loads(as_iam_policy(RIGHTS))
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": ["rds:DescribeDBClusters", "rds:FailoverDBCluster"],
            "Resource": [CLUSTER],
        }
    ]


def test_scopes_are_those_of_one_system_and_stand_alone() -> None:
    assert as_scopes(RIGHTS, "slack") == "channels:read\nchat:write\n"
