"""What the practice kubelet does with a pod, as pure functions: its status and its events.

The image's tag decides: `bad…` crash-loops and is never ready, `slow…` is ready after five seconds, `done…`
has done its work at once, all else is ready at once.
"""

import datetime as dt

from tocsin.playground.cluster.objects import Json, image_tag, moment, reference, timestamp

NODES = ("node-1", "node-2", "node-3")
SLOW_START = dt.timedelta(seconds=5)
CRASHES_SEEN = 5
COMPONENT = "kubelet"


def crash_loops(container: Json) -> bool:
    """Tell whether a container's image is one that cannot start."""
    return image_tag(container["image"]).startswith("bad")


def started_status(pod: Json, now: dt.datetime) -> Json | None:
    """Return the status of a bound pod once its containers have started, None while there is nothing new."""
    if not pod["spec"].get("nodeName") or pod.get("status", {}).get("phase", "Pending") != "Pending":
        return None
    containers: list[Json] = pod["spec"]["containers"]
    slow = any(image_tag(container["image"]).startswith("slow") for container in containers)
    if slow and now - moment(pod["metadata"]["creationTimestamp"]) < SLOW_START:
        return None
    if all(image_tag(container["image"]).startswith("done") for container in containers):
        return _finished(containers, now)
    ready = not any(crash_loops(container) for container in containers)
    return {
        "phase": "Running",
        "hostIP": "127.0.0.1",
        "podIP": "10.244.0.9",
        "startTime": timestamp(now),
        "conditions": _conditions(ready, now),
        "containerStatuses": [_container_status(container, now) for container in containers],
    }


def _finished(containers: list[Json], now: dt.datetime) -> Json:
    exited = {"exitCode": 0, "reason": "Completed", "startedAt": timestamp(now), "finishedAt": timestamp(now)}
    return {
        "phase": "Succeeded",
        "hostIP": "127.0.0.1",
        "podIP": "10.244.0.9",
        "startTime": timestamp(now),
        "conditions": _conditions(False, now),
        "containerStatuses": [
            {**_container_status(container, now), "ready": False, "state": {"terminated": exited}}
            for container in containers
        ],
    }


def trouble_events(pod: Json, now: dt.datetime) -> list[Json]:
    """Return the core/v1 Events about a pod that crash-loops, named so that none can be written twice."""
    broken = [container["name"] for container in pod["spec"]["containers"] if crash_loops(container)]
    return [
        _warning(pod, reason, message, now)
        for name in broken
        for reason, message in (
            ("BackOff", f"Back-off restarting failed container {name}"),
            ("Unhealthy", "Readiness probe failed: dial tcp 10.244.0.9:8080: connect: connection refused"),
        )
    ]


def _conditions(ready: bool, now: dt.datetime) -> list[Json]:
    verdicts = {"Initialized": True, "Ready": ready, "ContainersReady": ready, "PodScheduled": True}
    return [
        {"type": kind, "status": str(verdict), "lastProbeTime": None, "lastTransitionTime": timestamp(now)}
        for kind, verdict in verdicts.items()
    ]


def _container_status(container: Json, now: dt.datetime) -> Json:
    broken = crash_loops(container)
    backing_off = {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container"}
    crashed = {"exitCode": 1, "reason": "Error", "startedAt": timestamp(now), "finishedAt": timestamp(now)}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": container["image"],
        "containerID": f"practice://{container['name']}",
        "ready": not broken,
        "started": not broken,
        "restartCount": CRASHES_SEEN if broken else 0,
        "state": {"waiting": backing_off} if broken else {"running": {"startedAt": timestamp(now)}},
        "lastState": {"terminated": crashed} if broken else {},
    }


def _warning(pod: Json, reason: str, message: str, now: dt.datetime) -> Json:
    meta = pod["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{reason.lower()}", "namespace": meta["namespace"]},
        "involvedObject": reference({"apiVersion": "v1", "kind": "Pod", **pod}),
        "reason": reason,
        "message": message,
        "type": "Warning",
        "count": CRASHES_SEEN,
        "firstTimestamp": timestamp(now),
        "lastTimestamp": timestamp(now),
        "source": {"component": COMPONENT, "host": pod["spec"]["nodeName"]},
        "reportingComponent": COMPONENT,
        "reportingInstance": pod["spec"]["nodeName"],
    }
