"""What else the tests put into the cluster: settings, CronJobs, claims, Services, policies, measurements."""

import json
import time
from itertools import count
from typing import Any

from kubernetes.client import (
    ApiClient,
    ApiregistrationV1Api,
    BatchV1Api,
    CoreV1Api,
    CustomObjectsApi,
    NetworkingV1Api,
    StorageV1Api,
)
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

MEASURED = "v1beta1"
"""The version of metrics.k8s.io."""
METRICS = "metrics"
"""The Service that stands for metrics-server."""
_serial = count(1)


class Props:
    """The admin's hands for objects that are no workload. What is made is deleted after the test."""

    def __init__(self, api: ApiClient, namespace: str) -> None:
        self._namespace = namespace
        self._configuration = api.configuration
        self._api = api
        self._core = CoreV1Api(api)
        self._batch = BatchV1Api(api)
        self._network = NetworkingV1Api(api)
        self._storage = StorageV1Api(api)
        self._apis = ApiregistrationV1Api(api)
        self._objects = CustomObjectsApi(api)
        self._made: list[Any] = []

    def config_map(self, **about: Any) -> str:
        """Create a ConfigMap that says ``level: info``, return its name."""
        name = f"settings-{next(_serial)}"
        body: Any = {"metadata": {"name": name, **about}, "data": {"level": "info"}}
        self._core.create_namespaced_config_map(self._namespace, body)
        self._made.append(lambda: self._core.delete_namespaced_config_map(name, self._namespace))
        return name

    def config(self, name: str) -> dict[str, Any]:
        answer: Any = self._core.read_namespaced_config_map(name, self._namespace, _preload_content=False)
        found: dict[str, Any] = json.loads(answer.data)
        return found

    def set_config(self, name: str, body: dict[str, Any]) -> None:
        self._core.patch_namespaced_config_map(name, self._namespace, body)

    def cron_job(self, image: str = "registry.example/invoices:done", **spec: Any) -> str:
        """Create a CronJob that does not start by itself for years, return its name."""
        name = f"invoices-{next(_serial)}"
        container = {"name": "app", "image": image}
        pods = {"spec": {"restartPolicy": "Never", "containers": [container]}}
        template = {
            "metadata": {"labels": {"team": "billing"}},
            "spec": {"backoffLimit": 0, "template": pods},
        }
        whole = {"schedule": "0 0 29 2 *", "jobTemplate": template, **spec}
        body = {"metadata": {"name": name}, "spec": whole}
        self._cron(self._objects.create_namespaced_custom_object, self._namespace, "cronjobs", body)
        self._made.append(
            lambda: self._cron(
                self._objects.delete_namespaced_custom_object, self._namespace, "cronjobs", name
            )
        )
        return name

    def suspended(self, name: str) -> bool:
        """Say whether a CronJob is suspended."""
        found = self._cron(self._objects.get_namespaced_custom_object, self._namespace, "cronjobs", name)
        return bool(found["spec"].get("suspend"))

    def suspend(self, name: str, goal: bool) -> None:
        call = self._objects.patch_namespaced_custom_object
        self._cron(call, self._namespace, "cronjobs", name, {"spec": {"suspend": goal}})

    def jobs(self) -> dict[str, Any]:
        """Return the jobs that stay, by name."""
        found = self._listed(self._batch.list_namespaced_job)
        return {str(one.metadata.name): one for one in found if one.metadata.deletion_timestamp is None}

    def annotate_job(self, name: str, key: str, value: str) -> None:
        body = {"metadata": {"annotations": {key: value}}}
        self._batch.patch_namespaced_job(name, self._namespace, body)

    def claim(self, size: str, capacity: str, *, expands: bool = True) -> str:
        """Create a claim that is bound to a volume of some capacity, return its name."""
        name = f"data-{next(_serial)}"
        storage: Any = {
            "metadata": {"name": name},
            "provisioner": "example.com/none",
            "allowVolumeExpansion": expands,
        }
        self._storage.create_storage_class(storage)
        self._made.append(lambda: self._storage.delete_storage_class(name))
        self._core.create_persistent_volume(_volume(name, capacity, self._namespace))
        self._made.append(lambda: self._core.delete_persistent_volume(name))
        # A claim that comes before its volume is known waits for the binder's next round, 15 s.
        self.until(lambda: self._phase(name) == "Available")
        self._core.create_namespaced_persistent_volume_claim(self._namespace, _claim(name, size))
        self._made.append(lambda: self._core.delete_namespaced_persistent_volume_claim(name, self._namespace))
        self.until(lambda: self.read_claim(name).status.phase == "Bound")
        return name

    def read_claim(self, name: str) -> Any:
        return self._core.read_namespaced_persistent_volume_claim(name, self._namespace)

    def grow_volume(self, claim: str, capacity: str) -> None:
        """Do what a storage driver does when a claim asks for more."""
        body = {"status": {"capacity": {"storage": capacity}}}
        self._core.patch_namespaced_persistent_volume_claim_status(claim, self._namespace, body)

    def service(self, **selector: str) -> str:
        """Create a Service that sends traffic to pods of these labels, return its name."""
        name = f"front-{next(_serial)}"
        body: Any = {"metadata": {"name": name}, "spec": {"selector": selector, "ports": [{"port": 80}]}}
        self._core.create_namespaced_service(self._namespace, body)
        self._made.append(
            lambda: self._core.delete_namespaced_service(name, self._namespace, _preload_content=False)
        )
        return name

    def policy(self, name: str, labels: dict[str, str]) -> None:
        """Create a NetworkPolicy that lets everything in to pods of these labels."""
        spec = {"podSelector": {"matchLabels": labels}, "ingress": [{}]}
        body: Any = {"metadata": {"name": name}, "spec": spec}
        self._network.create_namespaced_network_policy(self._namespace, body)

    def policies(self) -> dict[str, Any]:
        """Return the uid of each NetworkPolicy, by name."""
        found = self._listed(self._network.list_namespaced_network_policy)
        return {str(one.metadata.name): one.metadata.uid for one in found}

    def read_pod(self, name: str) -> Any:
        return self._core.read_namespaced_pod(name, self._namespace)

    def label_pod(self, name: str, **labels: str | None) -> None:
        self._core.patch_namespaced_pod(name, self._namespace, {"metadata": {"labels": labels}})

    def stays(self, name: str, uid: str) -> bool:
        """Say whether the very pod is there and was not told to go."""
        try:
            about = self.read_pod(name).metadata
        except ApiException:
            return False
        return bool(about.uid == uid and about.deletion_timestamp is None)

    def files(self, pod: str) -> list[str]:
        """Return the files in a pod's container."""
        # A client of its own, as `stream` changes it.
        call = CoreV1Api(ApiClient(self._configuration)).connect_get_namespaced_pod_exec
        listed = stream(
            call, pod, self._namespace, command=["ls"], stdout=True, stderr=True, stdin=False, tty=False
        )
        return str(listed).splitlines()

    def taints(self, node: str) -> list[str]:
        """Return the taints of a node that people put there."""
        spec = self._core.read_node(node).spec
        found = (spec and spec.taints) or []
        return [
            f"{one.key}={one.value or ''}:{one.effect}" for one in found if "kubernetes.io/" not in one.key
        ]

    def measure(self) -> None:
        """Let the cluster say what pods use: the played kubelets know, and an aggregated API asks them."""
        if not self._measures():
            self._core.create_namespaced_service(self._namespace, self._kubelets())
            self._apis.create_api_service(_metrics_api(self._namespace, self._kubelet_port()))
            self.until(self._measures)

    def measure_nothing(self) -> None:
        """Let the cluster be one without metrics-server."""
        if self._measures():
            self._apis.delete_api_service(f"{MEASURED}.metrics.k8s.io")
            self._core.delete_namespaced_service(METRICS, self._namespace, _preload_content=False)
            self.until(lambda: not self._measures())

    def until(self, done: Any) -> None:
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, "what was waited for did not come"
            time.sleep(0.05)

    def tidy(self) -> None:
        """Delete whatever was made, and take taints off."""
        while self._made:
            self._made.pop()()
        for name in self.policies():
            self._network.delete_namespaced_network_policy(name, self._namespace)
        for name in self.jobs():
            self._batch.delete_namespaced_job(name, self._namespace, propagation_policy="Background")
        nodes: list[Any] = list(self._core.list_node().items)
        for node in nodes:
            taints = (node.spec and node.spec.taints) or ()
            kept = [one for one in taints if "kubernetes.io/" in one.key]
            if len(kept) < len(taints):
                value = self._api.sanitize_for_serialization(kept)  # type: ignore[no-untyped-call]
                operation = {"op": "replace", "path": "/spec/taints", "value": value}
                self._core.patch_node(node.metadata.name, [operation])

    def _cron(self, call: Any, *where: Any) -> Any:
        """Call under batch/v1, or under the version that clusters before 1.21 have CronJobs in."""
        for version in ("v1", "v1beta1"):
            try:
                return call("batch", version, *_versioned(where, f"batch/{version}", "CronJob"))
            except ApiException as error:
                if error.status != 404 or version == "v1beta1":
                    raise
        raise AssertionError

    def _phase(self, volume: str) -> str:
        status = self._core.read_persistent_volume(volume).status
        return str(status and status.phase)

    def _listed(self, call: Any) -> list[Any]:
        """Return what there is of a kind; nothing where the cluster, a twin, does not know the kind."""
        try:
            return list(call(self._namespace).items)
        except ApiException as error:
            if error.status != 404:
                raise
            return []

    def _kubelet_port(self) -> int:
        node: Any = self._core.read_node("node-1")
        return int(node.status.daemon_endpoints.kubelet_endpoint.port)

    def _kubelets(self) -> Any:
        return {"metadata": {"name": METRICS}, "spec": {"type": "ExternalName", "externalName": "localhost"}}

    def _measures(self) -> bool:
        try:
            self._objects.list_namespaced_custom_object("metrics.k8s.io", MEASURED, self._namespace, "pods")
        except ApiException as error:
            if error.status not in (404, 503):
                raise
            return False
        return True


def _versioned(where: tuple[Any, ...], version: str, kind: str) -> tuple[Any, ...]:
    """Say the version and kind in a body that is a whole object."""
    return tuple(
        {"apiVersion": version, "kind": kind, **one} if isinstance(one, dict) and "metadata" in one else one
        for one in where
    )


def _volume(name: str, capacity: str, namespace: str) -> Any:
    spec = {
        "capacity": {"storage": capacity},
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": name,
        "claimRef": {"namespace": namespace, "name": name},
        "persistentVolumeReclaimPolicy": "Retain",
        "hostPath": {"path": "/nowhere"},
    }
    return {"metadata": {"name": name}, "spec": spec}


def _claim(name: str, size: str) -> Any:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": name,
        "volumeName": name,
        "resources": {"requests": {"storage": size}},
    }
    return {"metadata": {"name": name}, "spec": spec}


def _metrics_api(namespace: str, port: int) -> Any:
    service = {"namespace": namespace, "name": METRICS, "port": port}
    version = {"group": "metrics.k8s.io", "version": MEASURED, "service": service}
    order = {"groupPriorityMinimum": 100, "versionPriority": 100, "insecureSkipTLSVerify": True}
    return {"metadata": {"name": f"{MEASURED}.metrics.k8s.io"}, "spec": {**version, **order}}
