"""What stands around the tests' Deployments: autoscalers, budgets, DaemonSets, bare pods, cordoned nodes."""

import time
from collections.abc import Callable
from itertools import count
from typing import Any

from kubernetes.client import ApiClient, ApisApi, CoreV1Api, CustomObjectsApi

_serial = count(1)


SCALED_OBJECT = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "name": "orders",
    "uid": "0b7f1f6e-5c0e-4f0e-9d3b-1a2b3c4d5e6f",
    "controller": True,
}
"""What owns an autoscaler that KEDA made."""


class Around:
    """The admin's hands for all that is no Deployment, in the API version that the cluster prefers."""

    def __init__(self, api: ApiClient, namespace: str) -> None:
        self._namespace = namespace
        self._core = CoreV1Api(api)
        self._objects = CustomObjectsApi(api)
        groups = ApisApi(api).get_api_versions().groups or []
        self._versions = {one.name: one.preferred_version.version for one in groups if one.preferred_version}
        self._made: list[tuple[str, str, str]] = []
        self._pods: list[str] = []
        self._quotas: list[str] = []

    def autoscale(self, name: str, low: int, high: int, kind: str = "Deployment", **meta: Any) -> None:
        """Let an autoscaler of the same name keep a workload between two replica counts."""
        target = {"kind": kind, "name": name, "apiVersion": "apps/v1"}
        spec = {"scaleTargetRef": target, "minReplicas": low, "maxReplicas": high}
        self._make("autoscaling", "horizontalpodautoscalers", name, spec, **meta)

    def bounds(self, name: str) -> tuple[int, int]:
        """Return the fewest and the most replicas that an autoscaler keeps."""
        spec = self.read("autoscaling", "horizontalpodautoscalers", name)["spec"]
        return spec["minReplicas"], spec["maxReplicas"]

    def move_bounds(self, name: str, low: int, high: int) -> None:
        body = {"spec": {"minReplicas": low, "maxReplicas": high}}
        self._objects.patch_namespaced_custom_object(
            *self._place("autoscaling", "horizontalpodautoscalers"), name, body
        )

    def budget(self, name: str, least: int) -> None:
        """Let no fewer pods of a Deployment be healthy, and wait until that is in force."""
        spec = {"minAvailable": least, "selector": {"matchLabels": {"app": name}}}
        self._make("policy", "poddisruptionbudgets", name, spec)
        self.until(lambda: self.read("policy", "poddisruptionbudgets", name)["status"].get("expectedPods"))

    def wait_for_room(self, name: str) -> None:
        """Wait until a Deployment's budget allows a pod to go."""
        self.until(lambda: self.read("policy", "poddisruptionbudgets", name)["status"]["disruptionsAllowed"])

    def daemon(self, **pods: Any) -> str:
        """Create a DaemonSet, wait until it has a pod on each of the three nodes, return its name."""
        name = f"agent-{next(_serial)}"
        template = {"metadata": {"labels": {"app": name}}, "spec": {**_pod_spec(), **pods}}
        self._make(
            "apps", "daemonsets", name, {"selector": {"matchLabels": {"app": name}}, "template": template}
        )
        self.until(lambda: self.read("apps", "daemonsets", name)["status"].get("numberReady") == 3)
        return name

    def stateful(self, image: str = "registry.example/store:1.0", **spec: Any) -> str:
        """Create a StatefulSet of two replicas, wait for them, return its name."""
        name = f"store-{next(_serial)}"
        template = {"metadata": {"labels": {"app": name}}, "spec": _pod_spec(image)}
        usual = {"serviceName": name, "replicas": 2, "podManagementPolicy": "Parallel"}
        selector = {"matchLabels": {"app": name}}
        self._make(
            "apps", "statefulsets", name, {**usual, "selector": selector, "template": template, **spec}
        )
        self.until(lambda: self._is_through("statefulsets", name))
        return name

    def replica_set(self) -> str:
        """Create a ReplicaSet of two replicas of no Deployment, wait for them, return its name."""
        name = f"batch-{next(_serial)}"
        template = {"metadata": {"labels": {"app": name}}, "spec": _pod_spec()}
        spec = {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template}
        self._make("apps", "replicasets", name, spec)
        self.until(lambda: self.read("apps", "replicasets", name)["status"].get("readyReplicas") == 2)
        return name

    def ship(self, plural: str, name: str, image: str) -> None:
        """Give a StatefulSet or a DaemonSet another image, and wait until every pod has it."""
        containers = [{"name": "app", "image": image}]
        self.patch("apps", plural, name, {"spec": {"template": {"spec": {"containers": containers}}}})
        self.until(lambda: self._is_through(plural, name))

    def patch(self, group: str, plural: str, name: str, body: dict[str, Any]) -> None:
        """Merge a patch into any object; a list replaces the one that is there."""
        self._objects.patch_namespaced_custom_object(*self._place(group, plural), name, body)

    def image(self, plural: str, name: str) -> str:
        """Return the image that a workload asks for."""
        return str(self.read("apps", plural, name)["spec"]["template"]["spec"]["containers"][0]["image"])

    def bare_pod(self, node: str, image: str = "registry.example/tool:1.0", **meta: Any) -> str:
        """Create a pod on a node that no controller owns, wait until it runs, return its name."""
        name = f"bare-{next(_serial)}"
        body: Any = {"metadata": {"name": name, **meta}, "spec": {**_pod_spec(image), "nodeName": node}}
        self._core.create_namespaced_pod(self._namespace, body)
        self._pods.append(name)
        self.until(lambda: self.pods_on(node).get(name) == "Running")
        return name

    def pods_on(self, node: str) -> dict[str, str]:
        """Return the phase of each pod of the tests on a node."""
        found = self._list_pods(field_selector=f"spec.nodeName={node}")
        return {pod.metadata.name: pod.status.phase for pod in found}

    def uids_of(self, app: str) -> list[str]:
        """Return the uid of each pod of a workload, once none is coming or going."""
        self.pods_of(app)
        return [str(pod.metadata.uid) for pod in self._list_pods(label_selector=f"app={app}")]

    def quota(self, name: str, hard: dict[str, str]) -> None:
        """Let the namespace ask for no more than this, and wait until what is used is counted."""
        body: Any = {"metadata": {"name": name}, "spec": {"hard": hard}}
        self._core.create_namespaced_resource_quota(self._namespace, body)
        self._quotas.append(name)

        def counted() -> bool:
            status = self._core.read_namespaced_resource_quota(name, self._namespace).status
            return bool(status and status.used and status.used.keys() == hard.keys())

        self.until(counted)

    def pods_of(self, app: str) -> dict[str, str]:
        """Return the node of each pod of a Deployment or a DaemonSet, once none is coming or going."""
        self.until(lambda: all(map(_is_settled, self._list_pods(label_selector=f"app={app}"))))
        return {pod.metadata.name: pod.spec.node_name for pod in self._list_pods(label_selector=f"app={app}")}

    def cordon(self, node: str) -> None:
        self._core.patch_node(node, {"spec": {"unschedulable": True}})

    def uncordon(self, node: str) -> None:
        self._core.patch_node(node, {"spec": {"unschedulable": None}})

    def schedulable(self, node: str) -> bool:
        """Say whether a node takes new pods."""
        spec = self._core.read_node(node).spec
        return spec is None or not spec.unschedulable

    def read(self, group: str, plural: str, name: str) -> dict[str, Any]:
        found = self._objects.get_namespaced_custom_object(*self._place(group, plural), name)
        assert isinstance(found, dict)
        return {"status": {}, **found}

    def until(self, done: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.05)

    def wait_until_empty(self) -> None:
        """Wait until no pod of an earlier test is left, and every node takes pods."""
        self.until(lambda: not self._list_pods())
        self.until(lambda: not any(one.spec and one.spec.taints for one in self._core.list_node().items))

    def tidy(self) -> None:
        """Delete whatever was made, and let every node take pods again."""
        while self._made:
            group, plural, name = self._made.pop()
            self._objects.delete_namespaced_custom_object(*self._place(group, plural), name)
        while self._quotas:
            self._core.delete_namespaced_resource_quota(self._quotas.pop(), self._namespace)
        for pod in self._list_pods():
            if pod.metadata.name in self._pods and pod.metadata.deletion_timestamp is None:
                self._core.delete_namespaced_pod(pod.metadata.name, self._namespace)
        for node in self._core.list_node().items:
            if node.spec and node.spec.unschedulable:
                self.uncordon(str(node.metadata and node.metadata.name))

    def _is_through(self, plural: str, name: str) -> bool:
        found = self.read("apps", plural, name)
        status, seen = found["status"], found["metadata"]["generation"]
        if status.get("observedGeneration") != seen:
            return False
        if plural == "daemonsets":
            return bool(status.get("updatedNumberScheduled", 0) == status.get("numberAvailable", 0) == 3)
        return bool(
            status.get("updateRevision") == status.get("currentRevision")
            and status.get("readyReplicas", 0) == found["spec"]["replicas"]
        )

    def _make(self, group: str, plural: str, name: str, spec: dict[str, Any], **meta: Any) -> None:
        body = {"metadata": {"name": name, **meta}, "spec": spec}
        self._objects.create_namespaced_custom_object(*self._place(group, plural), body)
        self._made.append((group, plural, name))

    def _place(self, group: str, plural: str) -> tuple[str, str, str, str]:
        return group, self._versions[group], self._namespace, plural

    def _list_pods(self, **which: Any) -> list[Any]:
        return list(self._core.list_namespaced_pod(self._namespace, **which).items)


def _pod_spec(image: str = "registry.example/agent:1.0") -> dict[str, Any]:
    return {"containers": [{"name": "app", "image": image}]}


def _is_settled(pod: Any) -> bool:
    ready = any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())
    return ready and pod.metadata.deletion_timestamp is None
