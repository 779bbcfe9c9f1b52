"""The ReplicaSet controller: as many pods as are wanted, and their counts."""

import datetime as dt

from tocsin.playground.cluster.objects import Json, condition, is_ready, moment
from tocsin.playground.cluster.twin.api import Api, Target
from tocsin.playground.cluster.twin.control.owning import Note, create_pod, owned_by, write_event
from tocsin.playground.cluster.twin.kinds import POD, REPLICA_SET
from tocsin.playground.cluster.twin.selectors import selects

COMPONENT = "replicaset-controller"


def steer_replica_sets(api: Api, now: dt.datetime) -> None:
    """Create and delete pods until every ReplicaSet has what it wants, and report the counts."""
    for replica_set in api.store.scan(REPLICA_SET):
        pods = _held_pods(api, replica_set)
        missing = replica_set["spec"]["replicas"] - len(pods)
        for _ in range(missing):
            create_pod(api, replica_set, COMPONENT, now)
        for pod in sorted(pods, key=_worth)[: max(-missing, 0)]:
            _delete_pod(api, replica_set, pod, now)
        _report(api, replica_set, now)


def _held_pods(api: Api, replica_set: Json) -> list[Json]:
    """Return the living pods of a set. One whose labels were changed away from it is let go."""
    held = []
    for pod in api.store.scan(POD, replica_set["metadata"]["namespace"]):
        if not owned_by(pod, replica_set) or "deletionTimestamp" in pod["metadata"]:
            continue
        if selects(replica_set["spec"]["selector"], pod["metadata"].get("labels") or {}):
            held.append(pod)
        else:
            freed = {key: value for key, value in pod["metadata"].items() if key != "ownerReferences"}
            api.store.replace(POD, {**pod, "metadata": freed})
    return held


def _worth(pod: Json) -> tuple[bool, bool]:
    """Order pods by what is lost with them: those without a node go first, then those not ready."""
    return bool(pod["spec"].get("nodeName")), is_ready(pod)


def _delete_pod(api: Api, replica_set: Json, pod: Json, now: dt.datetime) -> None:
    name = pod["metadata"]["name"]
    api.delete(Target(POD, pod["metadata"]["namespace"], name), {})
    write_event(api, replica_set, Note(COMPONENT, "SuccessfulDelete", f"Deleted pod: {name}"), now)


def _report(api: Api, replica_set: Json, now: dt.datetime) -> None:
    pods = _held_pods(api, replica_set)
    ready = [pod for pod in pods if is_ready(pod)]
    steady_for = dt.timedelta(seconds=replica_set["spec"].get("minReadySeconds", 0))
    available = [pod for pod in ready if _ready_since(pod) + steady_for <= now]
    counts = {
        "fullyLabeledReplicas": len(pods),
        "readyReplicas": len(ready),
        "availableReplicas": len(available),
    }
    status = {
        "replicas": len(pods),
        **{key: value for key, value in counts.items() if value},
        "observedGeneration": replica_set["metadata"]["generation"],
    }
    api.store.replace(REPLICA_SET, {**replica_set, "status": status})


def _ready_since(pod: Json) -> dt.datetime:
    ready = condition(pod, "Ready")
    return moment(ready["lastTransitionTime"]) if ready else dt.datetime.max.replace(tzinfo=dt.UTC)
