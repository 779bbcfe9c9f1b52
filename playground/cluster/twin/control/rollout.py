"""The arithmetic of a rollout: how many replicas each ReplicaSet of a Deployment gets next.

Follows `rolling.go` and `recreate.go` of the Deployment controller, but for the proportional scaling of a
rollout that is scaled half way:
https://github.com/kubernetes/kubernetes/tree/master/pkg/controller/deployment
"""

import math
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json


class Allowance(NamedTuple):
    """How many replicas a rollout may have above, and may lack below, the wanted count."""

    surge: int
    unavailable: int


def allowance(spec: Json) -> Allowance:
    """Resolve maxSurge (rounded up) and maxUnavailable (rounded down) against the wanted replicas."""
    rolling: Json | None = spec["strategy"].get("rollingUpdate")
    if rolling is None:
        return Allowance(0, 0)
    surge = math.ceil(_share(rolling["maxSurge"], spec["replicas"]))
    unavailable = math.floor(_share(rolling["maxUnavailable"], spec["replicas"]))
    return Allowance(surge, unavailable if surge or unavailable else 1)


def next_replicas(spec: Json, new: Json | None, old: list[Json]) -> dict[str, int]:
    """Return the next replica count of each ReplicaSet by name; `old` comes oldest first.

    Without a new one, as in a paused Deployment whose template changed, the newest of the old takes it all.
    """
    if new is None:
        return {old[-1]["metadata"]["name"]: spec["replicas"]} if old else {}
    if spec["strategy"]["type"] == "Recreate":
        return _recreate(spec["replicas"], new, old)
    return _rolling(spec, new, old)


def _recreate(wanted: int, new: Json, old: list[Json]) -> dict[str, int]:
    emptied = {found["metadata"]["name"]: 0 for found in old}
    if any(_replicas(found) or found.get("status", {}).get("replicas", 0) for found in old):
        return emptied
    return {**emptied, new["metadata"]["name"]: wanted}


def _rolling(spec: Json, new: Json, old: list[Json]) -> dict[str, int]:
    wanted, allowed = spec["replicas"], allowance(spec)
    total = sum(_replicas(found) for found in (new, *old))
    room = max(min(wanted - _replicas(new), wanted + allowed.surge - total), 0)
    grown = wanted if _replicas(new) > wanted else _replicas(new) + room
    return {**_shrunk(wanted - allowed.unavailable, new, old), new["metadata"]["name"]: grown}


def _shrunk(least_available: int, new: Json, old: list[Json]) -> dict[str, int]:
    """Take replicas from the old sets: the unavailable first, then as many as the new ones make up for."""
    left = {found["metadata"]["name"]: _replicas(found) for found in old}
    removable = sum(left.values()) + _available(new) - least_available
    if removable <= 0:
        return left
    for found in old:
        cut = min(removable, max(_replicas(found) - _available(found), 0))
        left[found["metadata"]["name"]] -= cut
        removable -= cut
    spare = sum(_available(found) for found in (new, *old)) - least_available
    for name, replicas in left.items():
        cut = min(max(spare, 0), replicas)
        left[name] -= cut
        spare -= cut
    return left


def _share(amount: int | str, whole: int) -> float:
    return whole * int(amount.removesuffix("%")) / 100 if isinstance(amount, str) else amount


def _replicas(replica_set: Json) -> int:
    replicas: int = replica_set["spec"]["replicas"]
    return replicas


def _available(replica_set: Json) -> int:
    available: int = replica_set.get("status", {}).get("availableReplicas", 0)
    return available
