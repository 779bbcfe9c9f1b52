"""The scheduler and the three kubelets in one: pods get a node, start, run, and go."""

import datetime as dt

from tocsin.playground.cluster.objects import Json, condition, timestamp
from tocsin.playground.cluster.pods import started_status, trouble_events
from tocsin.playground.cluster.twin.api import Api, Target
from tocsin.playground.cluster.twin.control.owning import Note, write_event
from tocsin.playground.cluster.twin.kinds import EVENT, NODE, POD

SCHEDULER = "default-scheduler"


def attend_pods(api: Api, now: dt.datetime) -> None:
    """Take every pod one step further."""
    for pod in api.store.scan(POD):
        if "deletionTimestamp" in pod["metadata"]:
            api.store.remove(POD, pod)
        elif not pod["spec"].get("nodeName"):
            _place(api, pod, now)
        elif (status := started_status(pod, now)) is not None:
            started = api.store.replace(POD, {**pod, "status": {**pod["status"], **status}})
            for event in trouble_events(started, now):
                api.create(Target(EVENT, pod["metadata"]["namespace"]), event)


def _place(api: Api, pod: Json, now: dt.datetime) -> None:
    loads = {
        node["metadata"]["name"]: 0
        for node in api.store.scan(NODE)
        if not node.get("spec", {}).get("unschedulable")
    }
    for other in api.store.scan(POD):
        node = other["spec"].get("nodeName")
        if node in loads:
            loads[node] += 1
    if not loads:
        _report_unplaceable(api, pod, now)
        return
    chosen = min(loads, key=lambda name: loads[name])
    api.store.replace(POD, {**pod, "spec": {**pod["spec"], "nodeName": chosen}})
    where = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
    write_event(api, pod, Note(SCHEDULER, "Scheduled", f"Successfully assigned {where} to {chosen}"), now)


def _report_unplaceable(api: Api, pod: Json, now: dt.datetime) -> None:
    if condition(pod, "PodScheduled") is not None:
        return
    message = "0/3 nodes are available: 3 node(s) were unschedulable."
    verdict = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    status = {**pod["status"], "conditions": [{**verdict, "lastTransitionTime": timestamp(now)}]}
    api.store.replace(POD, {**pod, "status": status})
    write_event(api, pod, Note(SCHEDULER, "FailedScheduling", message, "Warning"), now)
