"""The DaemonSet controller: one pod on every node, cordoned or not."""

import datetime as dt

from tocsin.playground.cluster.objects import is_ready
from tocsin.playground.cluster.twin.api import Api
from tocsin.playground.cluster.twin.control.owning import create_pod, owned_by
from tocsin.playground.cluster.twin.kinds import DAEMON_SET, NODE, POD

COMPONENT = "daemonset-controller"


def steer_daemon_sets(api: Api, now: dt.datetime) -> None:
    """Create the pods that are missing, and report the counts. A changed template changes no pod."""
    nodes = [found["metadata"]["name"] for found in api.store.scan(NODE)]
    for daemon_set in api.store.scan(DAEMON_SET):
        pods = [
            pod
            for pod in api.store.scan(POD, daemon_set["metadata"]["namespace"])
            if owned_by(pod, daemon_set) and "deletionTimestamp" not in pod["metadata"]
        ]
        for node in sorted(set(nodes) - {pod["spec"]["nodeName"] for pod in pods}):
            create_pod(api, daemon_set, COMPONENT, now, node)
        status = {
            "currentNumberScheduled": len(pods),
            "desiredNumberScheduled": len(nodes),
            "numberMisscheduled": 0,
            "numberReady": sum(map(is_ready, pods)),
            "observedGeneration": daemon_set["metadata"]["generation"],
        }
        api.store.replace(DAEMON_SET, {**daemon_set, "status": status})
