"""The Deployment controller: ReplicaSets by template, scaled step by step, with a history of revisions."""

import copy
import datetime as dt
import hashlib
import json

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.api import SUFFIX_LETTERS, Api, Target
from tocsin.playground.cluster.twin.control.conditions import Progress, deployment_status
from tocsin.playground.cluster.twin.control.owning import Note, owned_by, owner_reference, write_event
from tocsin.playground.cluster.twin.control.rollout import allowance, next_replicas
from tocsin.playground.cluster.twin.kinds import DEPLOYMENT, REPLICA_SET

COMPONENT = "deployment-controller"
HASH_LABEL = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"
PAST_REVISIONS = "deployment.kubernetes.io/revision-history"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MOST = "deployment.kubernetes.io/max-replicas"
NOT_COPIED = frozenset(
    {REVISION, PAST_REVISIONS, DESIRED, MOST, "kubectl.kubernetes.io/last-applied-configuration"}
)


def steer_deployments(api: Api, now: dt.datetime) -> None:
    """Take every Deployment one step further."""
    for deployment in api.store.all(DEPLOYMENT):
        _steer(api, deployment, now)


def _steer(api: Api, deployment: Json, now: dt.datetime) -> None:
    namespace = deployment["metadata"]["namespace"]
    sets = api.store.scan(REPLICA_SET, namespace)
    owned = [copy.deepcopy(found) for found in sets if owned_by(found, deployment)]
    owned.sort(key=_revision)
    matching = next(
        (found for found in owned if _plain_template(found) == deployment["spec"]["template"]), None
    )
    made = matching is None and not deployment["spec"].get("paused", False)
    new = _create_set(api, deployment, owned) if made else matching
    old = [
        found
        for found in owned
        if matching is None or found["metadata"]["name"] != matching["metadata"]["name"]
    ]
    taken_up = not made and new is not None and bool(old) and _revision(new) < _revision(old[-1])
    if new is not None and taken_up:
        new = _renew(api, new, _revision(old[-1]) + 1)
    _scale_sets(api, deployment, (new, old), now)
    _forget_history(api, deployment, old)
    _report(api, deployment, Progress(new, old, made, taken_up), now)


def _create_set(api: Api, deployment: Json, owned: list[Json]) -> Json:
    meta, spec = deployment["metadata"], deployment["spec"]
    template_hash = _template_hash(spec["template"])
    labels = {**((spec["template"]["metadata"]).get("labels") or {}), HASH_LABEL: template_hash}
    selector: Json = spec["selector"]
    matched = {**(selector.get("matchLabels") or {}), HASH_LABEL: template_hash}
    revision = _revision(owned[-1]) + 1 if owned else 1
    copied = {key: value for key, value in (meta.get("annotations") or {}).items() if key not in NOT_COPIED}
    template = {**spec["template"], "metadata": {**spec["template"]["metadata"], "labels": labels}}
    return api.create(
        Target(REPLICA_SET, meta["namespace"]),
        {
            "metadata": {
                "name": f"{meta['name']}-{template_hash}",
                "labels": labels,
                "annotations": {**copied, **_sizes(spec), REVISION: str(revision)},
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {"replicas": 0, "selector": {**selector, "matchLabels": matched}, "template": template},
        },
    )


def _renew(api: Api, replica_set: Json, revision: int) -> Json:
    annotations: Json = replica_set["metadata"]["annotations"]
    past = [annotations[PAST_REVISIONS]] if PAST_REVISIONS in annotations else []
    annotations[PAST_REVISIONS] = ",".join([*past, annotations[REVISION]])
    annotations[REVISION] = str(revision)
    return api.store.replace(REPLICA_SET, replica_set)


def _scale_sets(api: Api, deployment: Json, sets: tuple[Json | None, list[Json]], now: dt.datetime) -> None:
    new, old = sets
    planned = next_replicas(deployment["spec"], new, old)
    for replica_set in [*([new] if new else []), *old]:
        name, before = replica_set["metadata"]["name"], replica_set["spec"]["replicas"]
        after = planned.get(name, before)
        if after == before:
            continue
        replica_set["spec"]["replicas"] = after
        replica_set["metadata"]["annotations"].update(_sizes(deployment["spec"]))
        target = Target(REPLICA_SET, deployment["metadata"]["namespace"], name)
        replica_set.update(api.replace(target, replica_set))
        way = "up" if after > before else "down"
        message = f"Scaled {way} replica set {name} from {before} to {after}"
        write_event(api, deployment, Note(COMPONENT, "ScalingReplicaSet", message), now)


def _forget_history(api: Api, deployment: Json, old: list[Json]) -> None:
    empty = [
        found
        for found in old
        if not found["spec"]["replicas"] and not found.get("status", {}).get("replicas")
    ]
    for found in empty[: max(len(empty) - deployment["spec"]["revisionHistoryLimit"], 0)]:
        api.store.remove(REPLICA_SET, found)


def _report(api: Api, deployment: Json, progress: Progress, now: dt.datetime) -> None:
    if progress.new is not None:
        revision = progress.new["metadata"]["annotations"][REVISION]
        deployment["metadata"].setdefault("annotations", {})[REVISION] = revision
    deployment["status"] = deployment_status(deployment, progress, now)
    api.store.replace(DEPLOYMENT, deployment)


def _revision(replica_set: Json) -> int:
    return int(replica_set["metadata"]["annotations"][REVISION])


def _sizes(spec: Json) -> Json:
    return {DESIRED: str(spec["replicas"]), MOST: str(spec["replicas"] + allowance(spec).surge)}


def _plain_template(replica_set: Json) -> Json:
    template: Json = replica_set["spec"]["template"]
    labels = {key: value for key, value in template["metadata"]["labels"].items() if key != HASH_LABEL}
    return {**template, "metadata": {**template["metadata"], "labels": labels}}


def _template_hash(template: Json) -> str:
    digest = hashlib.sha256(json.dumps(template, sort_keys=True).encode()).digest()
    return "".join(SUFFIX_LETTERS[byte % len(SUFFIX_LETTERS)] for byte in digest[:10])
