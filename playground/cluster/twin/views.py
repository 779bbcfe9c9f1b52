"""How stored objects look from outside: lists, the second view of Events, and discovery."""

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.kinds import EVENT_V1, READ_ONLY, SERVED, Kind

READING = ["get", "list", "watch"]
CHANGING = ["create", "delete", "patch", "update"]
SUBRESOURCE_VERBS = {"log": ["get"], "eviction": ["create"]}
VERSION = {
    "major": "1",
    "minor": "37",
    "gitVersion": "v1.37.0-tocsin.twin",
    "gitCommit": "",
    "gitTreeState": "clean",
    "buildDate": "2026-11-22T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "practice",
}


def seen_as(kind: Kind, stored: Json) -> Json:
    """Return a stored object as this kind shows it: all but events.k8s.io show it as it is."""
    return _event_v1(stored) if kind == EVENT_V1 else stored


def object_list(kind: Kind, items: list[Json], version: int, rest: str) -> Json:
    """Wrap items in the List of their kind; `rest` names where the next page starts."""
    bare = [
        {key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in items
    ]
    metadata: Json = {"resourceVersion": str(version), **({"continue": rest} if rest else {})}
    return {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": metadata, "items": bare}


def discovery(path: str) -> Json | None:
    """Answer /api, /apis and the resource list of each group version; None for any other path."""
    path = path.rstrip("/")
    groups = sorted({(kind.group, kind.version) for kind in SERVED if kind.group})
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if path == "/apis":
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(*group) for group in groups]}
    for group, version in [("", "v1"), *groups]:
        if path == (f"/apis/{group}/{version}" if group else "/api/v1"):
            return _resource_list([kind for kind in SERVED if (kind.group, kind.version) == (group, version)])
        if group and path == f"/apis/{group}":
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group, version)}
    return None


def _group(group: str, version: str) -> Json:
    served = {"groupVersion": f"{group}/{version}", "version": version}
    return {"name": group, "versions": [served], "preferredVersion": served}


def _resource_list(kinds: list[Kind]) -> Json:
    resources = [resource for kind in kinds for resource in _resources(kind)]
    return {"kind": "APIResourceList", "groupVersion": kinds[0].api_version, "resources": resources}


def _resources(kind: Kind) -> list[Json]:
    main = {
        "name": kind.plural,
        "singularName": kind.name.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.name,
        "shortNames": [kind.short],
        "verbs": READING if kind in READ_ONLY else CHANGING + READING,
    }
    return [main, *(_subresource(kind, name) for name in kind.subresources)]


def _subresource(kind: Kind, name: str) -> Json:
    shown = {"name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced}
    verbs = SUBRESOURCE_VERBS.get(name, ["get", "patch", "update"])
    if name == "scale":
        return {**shown, "group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": verbs}
    return {**shown, "kind": kind.name, "verbs": verbs}


def _event_v1(event: Json) -> Json:
    return {
        "kind": "Event",
        "apiVersion": EVENT_V1.api_version,
        "metadata": event["metadata"],
        "eventTime": event.get("eventTime"),
        "reportingController": event.get("reportingComponent", ""),
        "reportingInstance": event.get("reportingInstance", ""),
        "reason": event.get("reason", ""),
        "regarding": event.get("involvedObject", {}),
        "note": event.get("message", ""),
        "type": event.get("type", "Normal"),
        "deprecatedSource": event.get("source", {}),
        "deprecatedFirstTimestamp": event.get("firstTimestamp"),
        "deprecatedLastTimestamp": event.get("lastTimestamp"),
        "deprecatedCount": event.get("count", 1),
    }
