"""The API's verbs over the store: what the server does to an object between the request and its memory."""

import random
import uuid
from typing import NamedTuple

from tocsin.playground.cluster.objects import Json, timestamp, utcnow
from tocsin.playground.cluster.twin.defaults import with_defaults
from tocsin.playground.cluster.twin.kinds import NAMESPACE, POD, SCALE, Kind
from tocsin.playground.cluster.twin.refusals import Cause, Refusal, conflict, invalid, precondition_failed
from tocsin.playground.cluster.twin.store import Store
from tocsin.playground.cluster.twin.validation import AT_LEAST_ZERO, check_kind, check_valid

SUFFIX_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
)


class Target(NamedTuple):
    """The object, or the collection where there is no name, that a request is about."""

    kind: Kind
    namespace: str = ""
    name: str = ""
    subresource: str = ""


def random_suffix(length: int = 5) -> str:
    """Make the tail of a generated name, in the letters Kubernetes uses."""
    return "".join(random.choices(SUFFIX_LETTERS, k=length))


class Api:
    """Create, replace and delete as the API server does them. With `dry`, everything but the effect."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def create(self, target: Target, given: Json, *, dry: bool = False) -> Json:
        """Keep a new object. Raises Refusal: 400, 404 for its namespace, 409 for its name, 422."""
        kind = target.kind
        check_kind(kind, given)
        if kind.namespaced:
            self.store.get(NAMESPACE, "", target.namespace)
        meta = self._new_metadata(target, given.get("metadata") or {})
        new = {**given, "kind": kind.name, "apiVersion": kind.api_version, "metadata": meta}
        if "status" in kind.subresources:
            new["status"] = {}
        check_valid(kind, new, None)
        new = with_defaults(kind, new)
        if not dry:
            return self.store.create(kind, new)
        if _exists(self.store, target._replace(name=meta["name"])):
            self.store.create(kind, new)  # refuses, as it would for real
        return new

    def replace(self, target: Target, given: Json, *, dry: bool = False) -> Json:
        """Put a new state in an object's place: its spec, or by the subresource its status.

        Raises Refusal: 400, 404, 409 for a resource version that is not the current one, 422.
        """
        kind, current = target.kind, self.store.get(target.kind, target.namespace, target.name)
        check_kind(kind, given)
        meta: Json = given.get("metadata") or {}
        version = current["metadata"]["resourceVersion"]
        if meta.get("name", target.name) != target.name:
            raise _renamed(target, meta["name"])
        if (meta.get("resourceVersion") or version) != version:
            raise conflict(kind, target.name)
        new = (
            _status_only(current, given)
            if target.subresource == "status"
            else self._spec_only(kind, current, given)
        )
        return new if dry else self.store.replace(kind, new)

    def delete(self, target: Target, options: Json, *, dry: bool = False) -> Json:
        """Delete an object: a running pod by its kubelet, all else at once. Returns what the server answers.

        Raises Refusal: 404, 409 where a precondition of the options does not hold.
        """
        kind, current = target.kind, self.store.get(target.kind, target.namespace, target.name)
        _check_preconditions(target, current, options.get("preconditions") or {})
        grace = options.get(
            "gracePeriodSeconds", current.get("spec", {}).get("terminationGracePeriodSeconds", 0)
        )
        if kind == POD and current["spec"].get("nodeName") and grace:
            current["metadata"].update(
                deletionTimestamp=timestamp(utcnow()), deletionGracePeriodSeconds=grace
            )
            return current if dry else self.store.replace(kind, current)
        if not dry:
            self.store.remove(kind, current)
        return current if kind in (POD, NAMESPACE) else _deleted(kind, current)

    def scale_of(self, target: Target) -> Json:
        """Return the autoscaling/v1 Scale of a workload."""
        return _scale(self.store.get(target.kind, target.namespace, target.name))

    def rescale(self, target: Target, given: Json, *, dry: bool = False) -> Json:
        """Set a workload's replica count from a Scale. Raises Refusal as `replace` does."""
        workload = self.store.get(target.kind, target.namespace, target.name)
        asked: Json = given.get("metadata") or {}
        replicas = (given.get("spec") or {}).get("replicas", 0)
        if isinstance(replicas, int) and replicas < 0:
            raise invalid(
                SCALE,
                target.name,
                [Cause("spec.replicas", "FieldValueInvalid", f"Invalid value: {replicas}: {AT_LEAST_ZERO}")],
            )
        if asked.get("resourceVersion"):
            workload["metadata"]["resourceVersion"] = asked["resourceVersion"]
        workload["spec"]["replicas"] = replicas
        return _scale(self.replace(target._replace(subresource=""), workload, dry=dry))

    def _new_metadata(self, target: Target, given: Json) -> Json:
        kept = {
            key: value for key, value in given.items() if key not in (*OWNED_BY_SERVER, "resourceVersion")
        }
        if not kept.get("name") and kept.get("generateName"):
            kept["name"] = kept["generateName"] + random_suffix()
        if target.kind.namespaced:
            kept["namespace"] = target.namespace
        if target.kind.counts_generations:
            kept["generation"] = 1
        return {**kept, "uid": str(uuid.uuid4()), "creationTimestamp": timestamp(utcnow())}

    def _spec_only(self, kind: Kind, current: Json, given: Json) -> Json:
        check_valid(kind, {**given, "metadata": {"name": current["metadata"]["name"]}}, current)
        new = with_defaults(kind, {**given, "kind": kind.name, "apiVersion": kind.api_version})
        new["metadata"] = _merged_metadata(current, given)
        if "status" in kind.subresources or kind == NAMESPACE:
            new["status"] = current.get("status", {})
        if kind.counts_generations and new["spec"] != current["spec"]:
            new["metadata"]["generation"] += 1
        return new


def _exists(store: Store, target: Target) -> bool:
    try:
        store.get(target.kind, target.namespace, target.name)
    except Refusal:
        return False
    return True


def _merged_metadata(current: Json, given: Json) -> Json:
    owned = {
        key: current["metadata"][key]
        for key in (*OWNED_BY_SERVER, "resourceVersion", "name", "namespace")
        if key in current["metadata"]
    }
    free = {key: value for key, value in (given.get("metadata") or {}).items() if key not in OWNED_BY_SERVER}
    return {**free, **owned}


def _status_only(current: Json, given: Json) -> Json:
    return {**current, "status": given.get("status") or {}}


def _check_preconditions(target: Target, current: Json, wanted: Json) -> None:
    for field, shown in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        actual = current["metadata"][field]
        if wanted.get(field, actual) != actual:
            asked = f"the {shown} in the precondition ({wanted[field]})"
            why = f"{asked} does not match the {shown} in record ({actual})"
            raise precondition_failed(target.kind, target.name, why)


def _renamed(target: Target, name: str) -> Refusal:
    return Refusal(
        400,
        "BadRequest",
        f"the name of the object ({name}) does not match the name on the URL ({target.name})",
    )


def _deleted(kind: Kind, gone: Json) -> Json:
    about = {"name": gone["metadata"]["name"], "kind": kind.plural, "uid": gone["metadata"]["uid"]}
    if kind.group:
        about["group"] = kind.group
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": about}


def _scale(workload: Json) -> Json:
    meta = workload["metadata"]
    labels: Json = workload["spec"]["selector"].get("matchLabels") or {}
    return {
        "kind": SCALE.name,
        "apiVersion": SCALE.api_version,
        "metadata": {
            key: meta[key]
            for key in ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
            if key in meta
        },
        "spec": {"replicas": workload["spec"]["replicas"]},
        "status": {
            "replicas": workload.get("status", {}).get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }
