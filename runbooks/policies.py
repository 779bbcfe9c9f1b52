"""Rights, written as the systems take them: Roles, an IAM policy, scopes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from tocsin.actions.base import ANY
from tocsin.runbooks import yaml
from tocsin.runbooks.grants import Right

ROLE = "tocsin-runbooks"
"""The name of every Role and binding."""
_RBAC = "rbac.authorization.k8s.io"


def as_roles(rights: Iterable[Right], user: str | None) -> str:
    """Return the Roles and ClusterRoles as YAML documents, each cluster's under its name.

    With ``user`` (a service account is ``system:serviceaccount:NAMESPACE:NAME``) their bindings, too.
    https://kubernetes.io/docs/reference/access-authn-authz/rbac/
    """
    clusters: dict[str, list[Right]] = defaultdict(list)
    for right in _of(rights, "kubernetes"):
        clusters[right.connection].append(right)
    return "".join(
        f"# {connection}\n{_documents(_roles(needed, user))}"
        for connection, needed in sorted(clusters.items())
    )


def as_iam_policy(rights: Iterable[Right]) -> str:
    """Return one IAM policy for every account: its resources name theirs.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    """
    actions: dict[str, set[str]] = defaultdict(set)
    for right in _of(rights, "aws"):
        actions[right.permission.resource].add(right.permission.verb)
    resources: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for resource, verbs in sorted(actions.items()):
        resources[tuple(sorted(verbs))].append(resource)
    statements: list[JsonValue] = [
        {"Effect": "Allow", "Action": list(verbs), "Resource": [*names]} for verbs, names in resources.items()
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2) + "\n"


def as_scopes(rights: Iterable[Right], system: str) -> str:
    """Return the scopes that a token of Slack or PagerDuty needs, one in a line."""
    return "".join(f"{scope}\n" for scope in sorted({right.permission.verb for right in _of(rights, system)}))


def _of(rights: Iterable[Right], system: str) -> Iterator[Right]:
    return (right for right in rights if right.permission.system == system)


def _roles(rights: Iterable[Right], user: str | None) -> Iterator[JsonValue]:
    """Yield a Role for every namespace, and a ClusterRole for what is in none or in any."""
    places: dict[str, list[Right]] = defaultdict(list)
    for right in rights:
        _, _, namespace = right.permission.resource.partition(" in ")
        places["" if namespace == ANY else namespace].append(right)
    for namespace, needed in sorted(places.items()):
        kind = "Role" if namespace else "ClusterRole"
        place: dict[str, JsonValue] = {"name": ROLE, **({"namespace": namespace} if namespace else {})}
        head: dict[str, JsonValue] = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": place}
        yield {**head, "rules": list(_rules(needed))}
        if user is not None:
            subjects: list[JsonValue] = [{"apiGroup": _RBAC, "kind": "User", "name": user}]
            role: JsonValue = {"apiGroup": _RBAC, "kind": kind, "name": ROLE}
            yield {**head, "kind": f"{kind}Binding", "roleRef": role, "subjects": subjects}


def _rules(rights: Iterable[Right]) -> Iterator[JsonValue]:
    verbs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for right in rights:
        group, _, plural = right.permission.resource.partition(" in ")[0].partition("/")
        verbs["" if group == "core" else group, plural].add(right.permission.verb)
    for (group, plural), needed in sorted(verbs.items()):
        yield {"apiGroups": [group], "resources": [plural], "verbs": [*sorted(needed)]}


def _documents(values: Iterable[JsonValue]) -> str:
    return "".join(f"---\n{yaml.write(value)}" for value in values)
