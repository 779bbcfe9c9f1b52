"""The autoscaler without metrics: a Deployment's replica count is brought between the bounds.

Within the bounds it has nothing to wish for, and says nothing of a desired count.
"""

import datetime as dt

from tocsin.playground.cluster.objects import Json, condition, timestamp
from tocsin.playground.cluster.twin.api import Api, Target
from tocsin.playground.cluster.twin.control.owning import Note, write_event
from tocsin.playground.cluster.twin.kinds import AUTOSCALER, DEPLOYMENT

COMPONENT = "horizontal-pod-autoscaler"


def steer_autoscalers(api: Api, now: dt.datetime) -> None:
    """Scale what is out of bounds, and report the counts. At 0 replicas an autoscaler is off."""
    for autoscaler in api.store.scan(AUTOSCALER):
        spec, target = autoscaler["spec"], _target(api, autoscaler)
        if target is None:
            continue
        current = target["spec"]["replicas"]
        wanted = max(spec["minReplicas"], min(current, spec["maxReplicas"])) if current else 0
        if wanted != current:
            _rescale(api, autoscaler, target, wanted, now)
        status = {
            **autoscaler["status"],
            "currentReplicas": current,
            **({"desiredReplicas": wanted} if wanted != current else {}),
            "conditions": [] if current else [_off(autoscaler, now)],
        }
        api.store.replace(AUTOSCALER, {**autoscaler, "status": status})


def _off(autoscaler: Json, now: dt.datetime) -> Json:
    said = condition(autoscaler, "ScalingActive")
    return said or {
        "type": "ScalingActive",
        "status": "False",
        "reason": "ScalingDisabled",
        "message": "scaling is disabled since the replica count of the target is zero",
        "lastTransitionTime": timestamp(now),
    }


def _target(api: Api, autoscaler: Json) -> Json | None:
    wanted = autoscaler["spec"]["scaleTargetRef"]
    for found in api.store.scan(DEPLOYMENT, autoscaler["metadata"]["namespace"]):
        if (DEPLOYMENT.name, found["metadata"]["name"]) == (wanted["kind"], wanted["name"]):
            return found
    return None


def _rescale(api: Api, autoscaler: Json, target: Json, wanted: int, now: dt.datetime) -> None:
    meta = target["metadata"]
    bound = "below Spec.MinReplicas" if wanted > target["spec"]["replicas"] else "above Spec.MaxReplicas"
    api.rescale(Target(DEPLOYMENT, meta["namespace"], meta["name"]), {"spec": {"replicas": wanted}})
    message = f"New size: {wanted}; reason: Current number of replicas {bound}"
    write_event(api, autoscaler, Note(COMPONENT, "SuccessfulRescale", message), now)
