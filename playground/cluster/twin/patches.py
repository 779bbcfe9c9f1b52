"""The three kinds of patch the API takes.

JSON patch is RFC 6902, merge patch RFC 7386; strategic merge is Kubernetes' own:
https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/
"""

import copy
from typing import Any

from tocsin.playground.cluster.objects import Json
from tocsin.playground.cluster.twin.refusals import bad_request, unknown_format, unprocessable_patch

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"

MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "conditions": "type",
    "ownerReferences": "uid",
}
"""Lists that strategic merge treats as maps, by the key of their elements; all others are replaced whole."""


def apply_patch(content_type: str, current: Json, patch: Any) -> Json:
    """Return the patched object; the current one stays as it is.

    Raises Refusal: 415 for another content type, 400 for the wrong shape, 422 where it does not apply.
    """
    if content_type == JSON_PATCH:
        return _json_patch(current, patch)
    if content_type not in (MERGE_PATCH, STRATEGIC_PATCH):
        raise unknown_format()
    if not isinstance(patch, dict):
        raise bad_request("the patch is not a JSON object")
    merge = _merge if content_type == MERGE_PATCH else _strategic
    merged: Json = merge(copy.deepcopy(current), patch)
    return merged


def _merge(current: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    merged = current if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _strategic(current: Any, patch: Json) -> Json:
    if patch.get("$patch") == "replace":
        return {key: value for key, value in patch.items() if key != "$patch"}
    merged: Json = current if isinstance(current, dict) else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue  # $setElementOrder and $retainKeys only order what is already right
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _strategic(merged.get(key), value)
        elif isinstance(value, list) and key in MERGE_KEYS:
            merged[key] = _strategic_list(merged.get(key) or [], value, MERGE_KEYS[key])
        else:
            merged[key] = value
    return merged


def _strategic_list(current: list[Json], patch: list[Json], merge_key: str) -> list[Json]:
    if any(element.get("$patch") == "replace" for element in patch):
        return [element for element in patch if "$patch" not in element]
    merged = {element.get(merge_key): element for element in current}
    for element in patch:
        if element.get("$patch") == "delete":
            merged.pop(element.get(merge_key), None)
        else:
            merged[element.get(merge_key)] = _strategic(merged.get(element.get(merge_key)), element)
    return list(merged.values())


def _json_patch(current: Json, patch: Any) -> Json:
    if not isinstance(patch, list):
        raise bad_request("a JSON patch is a list of operations")
    document = {"": copy.deepcopy(current)}  # the empty key makes the whole document a member like any other
    try:
        for operation in patch:
            _operate(document, operation)
    except (KeyError, IndexError, ValueError, TypeError) as error:
        raise unprocessable_patch() from error
    return document[""]


def _operate(document: Json, operation: Json) -> None:
    path = operation["path"]
    match operation["op"]:
        case "add":
            _put(document, path, operation["value"])
        case "remove":
            _take(document, path)
        case "replace":
            _take(document, path)
            _put(document, path, operation["value"])
        case "move":
            _put(document, path, _take(document, operation["from"]))
        case "copy":
            _put(document, path, copy.deepcopy(_look(document, operation["from"])))
        case "test":
            if _look(document, path) != operation["value"]:
                raise ValueError(path)
        case unknown:
            raise ValueError(unknown)


def _parent(document: Json, path: str) -> tuple[Any, str]:
    if path and not path.startswith("/"):
        raise ValueError(path)
    *upper, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")]
    parent: Any = document
    for part in upper:
        parent = parent[int(part)] if isinstance(parent, list) else parent[part]
    return parent, last


def _look(document: Json, path: str) -> Any:
    parent, last = _parent(document, path)
    return parent[int(last)] if isinstance(parent, list) else parent[last]


def _take(document: Json, path: str) -> Any:
    parent, last = _parent(document, path)
    return parent.pop(int(last)) if isinstance(parent, list) else parent.pop(last)


def _put(document: Json, path: str, value: Any) -> None:
    parent, last = _parent(document, path)
    if not isinstance(parent, list):
        parent[last] = value
    elif last == "-":
        parent.append(value)
    elif 0 <= int(last) <= len(parent):
        parent.insert(int(last), value)
    else:
        raise IndexError(path)
