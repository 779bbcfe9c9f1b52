"""Kubernetes objects as the wire carries them: JSON, read at the few places the cluster cares for."""

import datetime as dt
from typing import Any

Json = dict[str, Any]
"""One Kubernetes object or a part of one: open-ended JSON, of which the twin keeps what it does not know."""


def timestamp(moment: dt.datetime) -> str:
    """Write a moment as metav1.Time does: UTC, whole seconds, `Z`."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> dt.datetime:
    """Read a metav1.Time."""
    return dt.datetime.fromisoformat(text)


def utcnow() -> dt.datetime:
    """Return the time now, aware and in UTC."""
    return dt.datetime.now(dt.UTC)


def image_tag(image: str) -> str:
    """Return the tag of an image reference, empty where it has none."""
    return image.rpartition("/")[2].partition(":")[2]


def condition(owner: Json, kind: str) -> Json | None:
    """Find one of an object's status conditions by its type."""
    conditions: list[Json] = owner.get("status", {}).get("conditions") or []
    return next((found for found in conditions if found["type"] == kind), None)


def is_ready(owner: Json) -> bool:
    """Tell whether the Ready condition of a pod or a node holds."""
    ready = condition(owner, "Ready")
    return ready is not None and ready["status"] == "True"


def reference(owner: Json) -> Json:
    """Refer to an object as an Event's involvedObject does."""
    meta = owner["metadata"]
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "namespace": meta.get("namespace", "default"),
        "name": meta["name"],
        "uid": meta["uid"],
        "resourceVersion": meta["resourceVersion"],
    }
