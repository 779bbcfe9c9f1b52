"""What the containers of practice pods use, as metrics-server tells it.

The image's tag decides: `busy…` uses a core and a half, `fat…` two gibibytes, all else next to nothing.
https://kubernetes.io/docs/reference/external-api/metrics.v1beta1/
"""

import datetime as dt

from tocsin.playground.cluster.objects import Json, image_tag, timestamp

API_VERSION = "metrics.k8s.io/v1beta1"


def discovered() -> Json:
    """Return what the API tells of itself."""
    pods = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": ["list"]}
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": API_VERSION, "resources": [pods]}


def measured(pods: list[Json], now: dt.datetime) -> Json:
    """Return the measurements of those pods that run."""
    running = [pod for pod in pods if pod.get("status", {}).get("phase") == "Running"]
    items = [_measured(pod, now) for pod in running]
    return {"kind": "PodMetricsList", "apiVersion": API_VERSION, "metadata": {}, "items": items}


def _measured(pod: Json, now: dt.datetime) -> Json:
    meta = pod["metadata"]
    return {
        "metadata": {
            "name": meta["name"],
            "namespace": meta["namespace"],
            "labels": meta.get("labels") or {},
        },
        "timestamp": timestamp(now),
        "window": "15s",
        "containers": [{"name": one["name"], "usage": _usage(one)} for one in pod["spec"]["containers"]],
    }


def _usage(container: Json) -> Json:
    tag = image_tag(container["image"])
    cpu = "1500m" if tag.startswith("busy") else "2100000n"
    return {"cpu": cpu, "memory": "2Gi" if tag.startswith("fat") else "16384Ki"}
