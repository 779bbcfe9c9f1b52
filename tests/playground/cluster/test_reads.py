"""Reads, held by the twin and by a real control plane alike: selectors, pages, watches."""

import threading

import pytest
from kubernetes import client, watch
from tests.playground.cluster.looks import Client, refusal

from tocsin.playground.cluster.workload import Workload


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier=web", ["a"]),
        ("tier!=web", ["b", "c"]),
        ("tier in (web, db)", ["a", "b"]),
        ("tier notin (web),owner", ["c"]),
        ("!tier", ["c"]),
    ],
)
def test_label_selectors_choose(core: Client, shop: Workload, selector: str, names: list[str]) -> None:
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=shop.namespace)))
    _config_map(core, shop.namespace, "a", {"tier": "web"})
    _config_map(core, shop.namespace, "b", {"tier": "db"})
    _config_map(core, shop.namespace, "c", {"owner": "pay"})
    found = core.list_namespaced_config_map(shop.namespace, label_selector=selector).items
    assert [item.metadata.name for item in found if item.metadata.name in ("a", "b", "c")] == names


def test_an_unknown_field_selector_is_refused(core: Client, standing: Workload) -> None:
    error = refusal(lambda: core.list_namespaced_pod(standing.namespace, field_selector="spec.colour=red"))
    assert error.status == 400


def test_lists_come_in_pages(core: Client, standing: Workload) -> None:
    first = core.list_namespaced_pod(standing.namespace, limit=2)
    rest = core.list_namespaced_pod(standing.namespace, limit=2, _continue=first.metadata._continue)
    assert (len(first.items), len(rest.items)) == (2, 1)
    assert not {pod.metadata.uid for pod in first.items} & {pod.metadata.uid for pod in rest.items}


def test_a_watch_tells_what_happens_after_a_version(core: Client, shop: Workload) -> None:
    core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=shop.namespace)))
    version = core.list_namespaced_config_map(shop.namespace, label_selector="seen").metadata.resource_version
    changes = threading.Thread(target=_live_a_short_life, args=(core, shop.namespace))
    changes.start()
    stream = watch.Watch().stream(  # type: ignore[no-untyped-call]
        core.list_namespaced_config_map,
        shop.namespace,
        label_selector="seen",
        resource_version=version,
        timeout_seconds=1,
    )
    seen = [event["type"] for event in stream]
    changes.join()
    assert seen == ["ADDED", "MODIFIED", "DELETED"]


def _config_map(core: Client, namespace: str, name: str, labels: dict[str, str]) -> None:
    metadata = client.V1ObjectMeta(name=name, labels=labels)
    core.create_namespaced_config_map(namespace, client.V1ConfigMap(metadata=metadata, data={}))


def _live_a_short_life(core: Client, namespace: str) -> None:
    _config_map(core, namespace, "brief", {"seen": "yes"})
    core.patch_namespaced_config_map("brief", namespace, {"data": {"key": "value"}})
    core.delete_namespaced_config_map("brief", namespace)
