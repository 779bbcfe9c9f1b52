"""A Deployment's status: the counts, and the conditions Available and Progressing."""

import datetime as dt
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json, condition, moment, timestamp
from tocsin.playground.cluster.twin.control.rollout import allowance

AVAILABLE = ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
UNAVAILABLE = ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")


class Progress(NamedTuple):
    """What the controller found: the sets, and whether the new one was just made or taken up again."""

    new: Json | None
    old: list[Json]
    made: bool
    taken_up: bool


def deployment_status(deployment: Json, progress: Progress, now: dt.datetime) -> Json:
    """Return the status that fits what there is. Counts of zero are left out, as on the wire."""
    sets = [*progress.old, *([progress.new] if progress.new else [])]
    total, available = _sum(sets, "replicas"), _sum(sets, "availableReplicas")
    counts = {
        "replicas": total,
        "updatedReplicas": _sum([progress.new] if progress.new else [], "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": available,
        "unavailableReplicas": max(total - available, 0),
    }
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        **{k: v for k, v in counts.items() if v},
    }
    least = deployment["spec"]["replicas"] - allowance(deployment["spec"]).unavailable
    verdicts = {
        "Available": AVAILABLE if available >= least else UNAVAILABLE,
        "Progressing": _progressing(deployment, progress, status, now),
    }
    status["conditions"] = [_condition(deployment, kind, verdict, now) for kind, verdict in verdicts.items()]
    if _advanced(deployment.get("status") or {}, status):
        status["conditions"][1]["lastUpdateTime"] = timestamp(now)
    return status


def _progressing(
    deployment: Json, progress: Progress, status: Json, now: dt.datetime
) -> tuple[str, str, str]:
    if deployment["spec"].get("paused"):
        return "Unknown", "DeploymentPaused", "Deployment is paused"
    name = progress.new["metadata"]["name"] if progress.new else ""
    if progress.made:
        return "True", "NewReplicaSetCreated", f'Created new replica set "{name}"'
    if progress.taken_up:
        return "True", "FoundNewReplicaSet", f'Found new replica set "{name}"'
    wanted = deployment["spec"]["replicas"]
    if all(status.get(count, 0) == wanted for count in ("replicas", "updatedReplicas", "availableReplicas")):
        return "True", "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    if not _advanced(deployment.get("status") or {}, status) and _timed_out(deployment, now):
        return "False", "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
    return "True", "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'


def _timed_out(deployment: Json, now: dt.datetime) -> bool:
    last = condition(deployment, "Progressing")
    if last is None or last["reason"] == "NewReplicaSetAvailable":
        return False
    deadline = dt.timedelta(seconds=deployment["spec"]["progressDeadlineSeconds"])
    return last["reason"] == "ProgressDeadlineExceeded" or now - moment(last["lastUpdateTime"]) > deadline


def _advanced(before: Json, after: Json) -> bool:
    outdated_before = before.get("replicas", 0) - before.get("updatedReplicas", 0)
    outdated_after = after.get("replicas", 0) - after.get("updatedReplicas", 0)
    gained = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return outdated_after < outdated_before or any(
        after.get(count, 0) > before.get(count, 0) for count in gained
    )


def _condition(deployment: Json, kind: str, verdict: tuple[str, str, str], now: dt.datetime) -> Json:
    holds, reason, message = verdict
    last = condition(deployment, kind)
    if last is not None and (last["status"], last["reason"], last["message"]) == verdict:
        return last
    since = last["lastTransitionTime"] if last is not None and last["status"] == holds else timestamp(now)
    return {
        "type": kind,
        "status": holds,
        "lastUpdateTime": timestamp(now),
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }


def _sum(sets: list[Json], count: str) -> int:
    return sum(found.get("status", {}).get(count, 0) for found in sets)
