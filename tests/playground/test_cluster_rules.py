"""The twin's rules that are pure functions: patches, and the arithmetic of a rollout."""

from typing import Any

import pytest

from tocsin.playground.cluster.objects import Json, image_tag
from tocsin.playground.cluster.twin.control.rollout import allowance, next_replicas
from tocsin.playground.cluster.twin.patches import JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, apply_patch
from tocsin.playground.cluster.twin.refusals import Refusal

ROLLING = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}


@pytest.mark.parametrize(
    ("document", "operation", "expected"),
    [
        ({"a": 1}, {"op": "add", "path": "/b", "value": 2}, {"a": 1, "b": 2}),
        ({"a": [1, 3]}, {"op": "add", "path": "/a/1", "value": 2}, {"a": [1, 2, 3]}),
        ({"a": [1]}, {"op": "add", "path": "/a/-", "value": 2}, {"a": [1, 2]}),
        ({"a": 1, "b": 2}, {"op": "remove", "path": "/b"}, {"a": 1}),
        ({"a": [1, 2]}, {"op": "remove", "path": "/a/0"}, {"a": [2]}),
        ({"a": 1}, {"op": "replace", "path": "/a", "value": 2}, {"a": 2}),
        ({"a": 1}, {"op": "move", "from": "/a", "path": "/b"}, {"b": 1}),
        ({"a": [1]}, {"op": "copy", "from": "/a", "path": "/b"}, {"a": [1], "b": [1]}),
        ({"a/b": 1}, {"op": "replace", "path": "/a~1b", "value": 2}, {"a/b": 2}),
        ({"a~b": 1}, {"op": "test", "path": "/a~0b", "value": 1}, {"a~b": 1}),
    ],
)
def test_a_json_patch_does_what_rfc_6902_says(document: Json, operation: Json, expected: Json) -> None:
    assert apply_patch(JSON_PATCH, document, [operation]) == expected


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "remove", "path": "/absent"},
        {"op": "replace", "path": "/absent", "value": 1},
        {"op": "add", "path": "/list/7", "value": 1},
        {"op": "spin", "path": "/a"},
        {"op": "add", "path": "/a"},
    ],
)
def test_a_json_patch_that_does_not_apply_is_refused(operation: Json) -> None:
    with pytest.raises(Refusal) as caught:
        apply_patch(JSON_PATCH, {"a": 1, "list": []}, [operation])
    assert caught.value.code == 422


def test_a_json_patch_leaves_the_current_object_alone() -> None:
    current = {"a": {"b": 1}}
    apply_patch(JSON_PATCH, current, [{"op": "replace", "path": "/a/b", "value": 2}])
    assert current == {"a": {"b": 1}}


def test_a_merge_patch_removes_by_null_and_replaces_lists() -> None:
    merged = apply_patch(MERGE_PATCH, {"a": [1, 2], "b": {"c": 1, "d": 2}}, {"a": [3], "b": {"c": None}})
    assert merged == {"a": [3], "b": {"d": 2}}


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({"name": "web", "image": "w:2"}, [{"name": "web", "image": "w:2"}, {"name": "log", "image": "l:1"}]),
        ({"name": "log", "$patch": "delete"}, [{"name": "web", "image": "w:1"}]),
        (
            {"name": "new", "image": "n:1"},
            [
                {"name": "web", "image": "w:1"},
                {"name": "log", "image": "l:1"},
                {"name": "new", "image": "n:1"},
            ],
        ),
    ],
)
def test_a_strategic_patch_merges_containers_by_name(element: Json, expected: list[Json]) -> None:
    current = {"containers": [{"name": "web", "image": "w:1"}, {"name": "log", "image": "l:1"}]}
    assert apply_patch(STRATEGIC_PATCH, current, {"containers": [element]}) == {"containers": expected}


def test_another_content_type_is_no_patch() -> None:
    with pytest.raises(Refusal) as caught:
        apply_patch("text/plain", {}, {})
    assert caught.value.code == 415


@pytest.mark.parametrize(
    ("surge", "unavailable", "expected"),
    [("25%", "25%", (1, 0)), (1, 0, (1, 0)), ("50%", "50%", (2, 1)), (0, 0, (0, 1)), ("100%", 3, (3, 3))],
)
def test_surge_is_rounded_up_and_unavailable_down(
    surge: Any, unavailable: Any, expected: tuple[int, int]
) -> None:
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    assert (
        allowance({"replicas": 3, "strategy": {"type": "RollingUpdate", "rollingUpdate": rolling}})
        == expected
    )


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ((0, 0), (3, 3), {"new": 1, "old": 3}),
        ((1, 0), (3, 3), {"new": 1, "old": 3}),
        ((1, 1), (3, 3), {"new": 1, "old": 2}),
        ((1, 1), (2, 2), {"new": 2, "old": 2}),
        ((3, 3), (1, 1), {"new": 3, "old": 0}),
        ((1, 0), (3, 1), {"new": 1, "old": 3}),
    ],
)
def test_a_rollout_of_three_keeps_three_available(
    new: tuple[int, int], old: tuple[int, int], expected: dict[str, int]
) -> None:
    spec = {"replicas": 3, "strategy": ROLLING}
    assert next_replicas(spec, _replica_set("new", *new), [_replica_set("old", *old)]) == expected


def test_recreate_starts_the_new_pods_when_the_old_are_gone() -> None:
    spec = {"replicas": 3, "strategy": {"type": "Recreate"}}
    assert next_replicas(spec, _replica_set("new", 0, 0), [_replica_set("old", 3, 3)]) == {"old": 0}
    assert next_replicas(spec, _replica_set("new", 0, 0), [_replica_set("old", 0, 0)]) == {"old": 0, "new": 3}


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("checkout:1.4", "1.4"),
        ("checkout", ""),
        ("registry.example:5000/checkout", ""),
        ("r:5000/a/b:bad-1", "bad-1"),
    ],
)
def test_the_tag_is_what_follows_the_name(image: str, tag: str) -> None:
    assert image_tag(image) == tag


def _replica_set(name: str, replicas: int, available: int) -> Json:
    status = {"replicas": replicas, "availableReplicas": available}
    return {"metadata": {"name": name}, "spec": {"replicas": replicas}, "status": status}
