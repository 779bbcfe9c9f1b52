"""Where the tests' Deployments are."""

from tests.actions.kube import NAMESPACE


def at(name: str) -> dict[str, str]:
    return {"connection": "k8s:main", "namespace": NAMESPACE, "deployment": name}
