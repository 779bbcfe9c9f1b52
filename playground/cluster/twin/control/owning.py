"""Ownership between objects, and the Events controllers write about them."""

import datetime as dt
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json, reference, timestamp
from tocsin.playground.cluster.twin.api import Api, Target, random_suffix
from tocsin.playground.cluster.twin.kinds import EVENT, POD


class Note(NamedTuple):
    """What a controller has to say about an object."""

    component: str
    reason: str
    message: str
    type: str = "Normal"


def owned_by(candidate: Json, owner: Json) -> bool:
    """Tell whether an object belongs to another, by the owner's uid."""
    references: list[Json] = candidate["metadata"].get("ownerReferences") or []
    return any(found["uid"] == owner["metadata"]["uid"] for found in references)


def owner_reference(owner: Json) -> Json:
    """Refer to a controlling owner."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def create_pod(api: Api, owner: Json, component: str, now: dt.datetime, node: str = "") -> None:
    """Create a pod from its owner's template, on a node where one is named, and say so."""
    meta, template = owner["metadata"], owner["spec"]["template"]
    made = api.create(
        Target(POD, meta["namespace"]),
        {
            "metadata": {
                "generateName": f"{meta['name']}-",
                "labels": template["metadata"]["labels"],
                "annotations": template["metadata"].get("annotations") or {},
                "ownerReferences": [owner_reference(owner)],
            },
            "spec": {**template["spec"], **({"nodeName": node} if node else {})},
        },
    )
    note = Note(component, "SuccessfulCreate", f"Created pod: {made['metadata']['name']}")
    write_event(api, owner, note, now)


def write_event(api: Api, about: Json, note: Note, now: dt.datetime) -> None:
    """Write an Event, or count the one that already says the same."""
    meta = about["metadata"]
    for event in api.store.scan(EVENT, meta["namespace"]):
        said = (event["involvedObject"]["uid"], event["reason"], event["message"])
        if said == (meta["uid"], note.reason, note.message):
            api.store.replace(EVENT, {**event, "count": event["count"] + 1, "lastTimestamp": timestamp(now)})
            return
    api.create(Target(EVENT, meta["namespace"]), _event(about, note, now))


def _event(about: Json, note: Note, now: dt.datetime) -> Json:
    return {
        "metadata": {"name": f"{about['metadata']['name']}.{random_suffix(16)}"},
        "involvedObject": reference(about),
        "reason": note.reason,
        "message": note.message,
        "type": note.type,
        "count": 1,
        "firstTimestamp": timestamp(now),
        "lastTimestamp": timestamp(now),
        "source": {"component": note.component},
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    }
