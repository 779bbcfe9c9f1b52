"""The garbage collector: what belongs to something that is gone goes too."""

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import NAMESPACE, STORED
from tocsin.playground.cluster.twin.store import Store


def collect_garbage(store: Store) -> None:
    """Remove the objects of namespaces that are gone, and those whose owners all are.

    An owner of a kind that is not served here may be anywhere, and counts as living, as with the real one.
    """
    namespaces = {found["metadata"]["name"] for found in store.scan(NAMESPACE)}
    objects = [(kind, found) for kind in STORED for found in store.scan(kind)]
    living = {found["metadata"]["uid"] for _, found in objects}
    for kind, found in objects:
        homeless = kind.namespaced and found["metadata"]["namespace"] not in namespaces
        if homeless or _orphaned(found, living):
            store.remove(kind, found)


def _orphaned(found: Json, living: set[str]) -> bool:
    owners: list[Json] = found["metadata"].get("ownerReferences") or []
    return bool(owners) and not any(owner["uid"] in living or _unknown(owner) for owner in owners)


def _unknown(owner: Json) -> bool:
    return (owner["apiVersion"], owner["kind"]) not in {(kind.api_version, kind.name) for kind in STORED}
