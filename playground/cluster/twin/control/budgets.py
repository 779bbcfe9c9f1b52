"""The disruption controller: how many pods of a budget may go now.

Follows https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go, for pods
of Deployments.
"""

import math

from tocsin.playground.cluster.objects import Json, is_ready
from tocsin.playground.cluster.twin.api import Api
from tocsin.playground.cluster.twin.control.owning import owned_by
from tocsin.playground.cluster.twin.kinds import BUDGET, DEPLOYMENT, POD, REPLICA_SET
from tocsin.playground.cluster.twin.selectors import selects


def steer_budgets(api: Api) -> None:
    """Report for every budget how many of its pods are healthy, have to be, and may be disrupted."""
    for budget in api.store.scan(BUDGET):
        api.store.replace(BUDGET, {**budget, "status": _status(api, budget)})


def _status(api: Api, budget: Json) -> Json:
    meta, spec = budget["metadata"], budget["spec"]
    pods = [
        pod
        for pod in api.store.scan(POD, meta["namespace"])
        if selects(spec.get("selector") or {}, pod["metadata"].get("labels") or {})
    ]
    healthy = sum(is_ready(pod) and "deletionTimestamp" not in pod["metadata"] for pod in pods)
    expected, desired = _expectation(api, spec, pods)
    return {
        "observedGeneration": meta["generation"],
        "disruptionsAllowed": max(healthy - desired, 0) if expected else 0,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
    }


def _expectation(api: Api, spec: Json, pods: list[Json]) -> tuple[int, int]:
    """Return how many pods there should be, and how many of them healthy. A share is rounded up."""
    if "maxUnavailable" in spec:
        expected = _wanted(api, pods)
        return expected, max(expected - _share(spec["maxUnavailable"], expected), 0)
    least = spec.get("minAvailable", 0)
    expected = _wanted(api, pods) if isinstance(least, str) else len(pods)
    return expected, _share(least, expected)


def _wanted(api: Api, pods: list[Json]) -> int:
    """Return how many replicas the Deployments of these pods want together."""
    if not pods:
        return 0
    namespace = pods[0]["metadata"]["namespace"]
    sets = [
        found for found in api.store.scan(REPLICA_SET, namespace) if any(owned_by(pod, found) for pod in pods)
    ]
    deployments = [
        found
        for found in api.store.scan(DEPLOYMENT, namespace)
        if any(owned_by(replica_set, found) for replica_set in sets)
    ]
    return sum(found["spec"]["replicas"] for found in deployments)


def _share(amount: int | str, whole: int) -> int:
    return math.ceil(whole * int(amount.removesuffix("%")) / 100) if isinstance(amount, str) else amount
