"""What the API server writes into an object before it keeps it."""

from tocsin.playground.cluster.objects import Json, image_tag
from tocsin.playground.cluster.twin.kinds import (
    AUTOSCALER,
    BUDGET,
    DAEMON_SET,
    DEPLOYMENT,
    NAMESPACE,
    POD,
    REPLICA_SET,
    Kind,
)

CONTAINER = {
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
POD_SPEC = {
    "restartPolicy": "Always",
    "terminationGracePeriodSeconds": 30,
    "dnsPolicy": "ClusterFirst",
    "securityContext": {},
    "schedulerName": "default-scheduler",
}
ROLLING_UPDATE = {"maxUnavailable": "25%", "maxSurge": "25%"}
DEPLOYMENT_SPEC = {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}
NEW_POD = {"phase": "Pending", "qosClass": "BestEffort"}
NEW_AUTOSCALER = {"currentReplicas": 0, "desiredReplicas": 0}
NEW_DAEMON_SET = {
    "currentNumberScheduled": 0,
    "desiredNumberScheduled": 0,
    "numberMisscheduled": 0,
    "numberReady": 0,
}
NEW_BUDGET = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
FINALIZED_NAMESPACE = {"finalizers": ["kubernetes"]}


def with_defaults(kind: Kind, given: Json) -> Json:
    """Return the object with every default its kind has. It must have passed validation."""
    spec: Json = given.get("spec") or {}
    if kind == POD:
        return {**given, "spec": _pod_spec(spec), "status": given.get("status") or NEW_POD}
    if kind == NAMESPACE:
        return {**given, "spec": FINALIZED_NAMESPACE, "status": given.get("status") or {"phase": "Active"}}
    if kind == AUTOSCALER:
        return {**given, "spec": {"minReplicas": 1, **spec}, "status": given.get("status") or NEW_AUTOSCALER}
    if kind == REPLICA_SET:
        return {**given, "spec": {"replicas": 1, **spec, "template": _template(spec)}}
    if kind == DAEMON_SET:
        status = given.get("status") or NEW_DAEMON_SET
        return {**given, "spec": {**spec, "template": _template(spec)}, "status": status}
    if kind == BUDGET:
        return {**given, "status": given.get("status") or NEW_BUDGET}
    if kind == DEPLOYMENT:
        strategy = _strategy(spec.get("strategy") or {})
        return {
            **given,
            "spec": {**DEPLOYMENT_SPEC, **spec, "strategy": strategy, "template": _template(spec)},
        }
    return given


def _strategy(strategy: Json) -> Json:
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        return strategy
    return {
        "type": "RollingUpdate",
        "rollingUpdate": {**ROLLING_UPDATE, **(strategy.get("rollingUpdate") or {})},
    }


def _template(spec: Json) -> Json:
    template: Json = spec["template"]
    return {
        "metadata": {"creationTimestamp": None, **(template.get("metadata") or {})},
        "spec": _pod_spec(template["spec"]),
    }


def _pod_spec(spec: Json) -> Json:
    return {**POD_SPEC, **spec, "containers": [_container(container) for container in spec["containers"]]}


def _container(container: Json) -> Json:
    policy = "Always" if image_tag(container["image"]) in ("", "latest") else "IfNotPresent"
    ports = [{"protocol": "TCP", **port} for port in container.get("ports") or []]
    return {**CONTAINER, "imagePullPolicy": policy, **container, **({"ports": ports} if ports else {})}
