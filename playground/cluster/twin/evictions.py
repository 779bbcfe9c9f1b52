"""Evictions: a pod's deletion, if its disruption budget allows it.

Follows https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/pod/storage/eviction.go
"""

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.api import Api, Target
from tocsin.playground.cluster.twin.kinds import BUDGET
from tocsin.playground.cluster.twin.refusals import bad_request, budget_holds, too_many_budgets
from tocsin.playground.cluster.twin.selectors import selects

VERSIONS = ("policy/v1", "policy/v1beta1")
SECONDS_TO_LOOK = 10
SUCCESS: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def evict(api: Api, target: Target, given: Json, *, dry: bool) -> Json:
    """Delete a pod within its budget. Returns what the server answers.

    Raises Refusal: 400, 404, 409 for a precondition, 429 where the budget holds the pod, 500 where two do.
    """
    if given.get("apiVersion", VERSIONS[0]) not in VERSIONS or given.get("kind", "Eviction") != "Eviction":
        raise bad_request(f"not an Eviction: {given.get('apiVersion')}, Kind={given.get('kind')}")
    if (given.get("metadata") or {}).get("name") != target.name:
        raise bad_request("name in URL does not match name in Eviction object")
    pod = api.store.get(target.kind, target.namespace, target.name)
    if _disrupts(pod):
        _spend(api, pod, dry=dry)
    api.delete(target, given.get("deleteOptions") or {}, dry=dry)
    return SUCCESS


def _disrupts(pod: Json) -> bool:
    """Tell whether the pod works: one that has not begun, is done or is going is no loss."""
    return pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]


def _spend(api: Api, pod: Json, *, dry: bool) -> None:
    labels = pod["metadata"].get("labels") or {}
    budgets = [
        budget
        for budget in api.store.all(BUDGET, pod["metadata"]["namespace"])
        if selects(budget["spec"].get("selector") or {}, labels)
    ]
    if len(budgets) > 1:
        raise too_many_budgets()
    for budget in budgets:
        _check(budget)
        budget["status"]["disruptionsAllowed"] -= 1
        if not dry:
            api.store.replace(BUDGET, budget)


def _check(budget: Json) -> None:
    meta, status = budget["metadata"], budget["status"]
    name = f"The disruption budget {meta['name']}"
    if status.get("observedGeneration", 0) < meta["generation"]:
        raise budget_holds(f"{name} is still being processed by the server.", SECONDS_TO_LOOK)
    if not status["disruptionsAllowed"]:
        needed, healthy = status["desiredHealthy"], status["currentHealthy"]
        raise budget_holds(f"{name} needs {needed} healthy pods and has {healthy} currently")
