"""A person with kubectl, for the tests: makes Deployments and looks at them."""

import json
import time
from itertools import count
from typing import Any

from kubernetes import config
from kubernetes.client import (
    ApiClient,
    AppsV1Api,
    Configuration,
    CoreV1Api,
    V1Deployment,
    V1Namespace,
    V1ObjectMeta,
)
from kubernetes.client.exceptions import ApiException

from tests.actions.around import Around
from tests.actions.props import Props

NAMESPACE = "shop"
CANARY = "canary-5up3r-s3cr3t-v41u3"

_serial = count(1)


class Kube:
    """The admin's hands in the practice cluster."""

    def __init__(self, kubeconfig: str) -> None:
        configuration = Configuration()
        config.load_kube_config(  # type: ignore[no-untyped-call]
            kubeconfig, context="admin", client_configuration=configuration, persist_config=False
        )
        self.kubeconfig = kubeconfig
        self._deployed: list[str] = []
        self.api = ApiClient(configuration)
        self.apps = AppsV1Api(self.api)
        self.core = CoreV1Api(self.api)
        self._make_namespace()
        self.around = Around(self.api, NAMESPACE)
        self.props = Props(self.api, NAMESPACE)

    def deploy(
        self, image: str = "registry.example/checkout:1.0", name: str | None = None, **extra: Any
    ) -> str:
        """Create a Deployment of two replicas, wait until it is complete, return its name."""
        name = name or f"checkout-{next(_serial)}"
        self.apps.create_namespaced_deployment(NAMESPACE, _deployment(name, image, **extra))
        self._deployed.append(name)
        self.settle(name)
        return name

    def deploy_apart(self) -> tuple[str, str]:
        """Deploy two replicas on two nodes, with no other pod around; return the name and a node of it."""
        self.around.wait_until_empty()
        name = self.deploy(apart=True)
        return name, next(iter(self.around.pods_of(name).values()))

    def ship(self, name: str, image: str, cause: str = "") -> None:
        """Deploy another image and wait until the controller has made a revision of it."""
        container = {"name": "app", "image": image}
        metadata = {"annotations": {"kubernetes.io/change-cause": cause}} if cause else {}
        self.patch(name, {"metadata": metadata, "spec": {"template": {"spec": {"containers": [container]}}}})

    def patch(self, name: str, body: dict[str, Any]) -> None:
        self.apps.patch_namespaced_deployment(name, NAMESPACE, body)
        self.wait(
            name, lambda found: found["status"].get("observedGeneration") == found["metadata"]["generation"]
        )

    def read(self, name: str) -> dict[str, Any]:
        answer = self.apps.read_namespaced_deployment(name, NAMESPACE, _preload_content=False)
        found: dict[str, Any] = json.loads(answer.data)  # type: ignore[attr-defined]
        return found

    def spec(self, name: str) -> dict[str, Any]:
        """Return the replica count and what the containers are."""
        spec = self.read(name)["spec"]
        return {"replicas": spec["replicas"], "containers": spec["template"]["spec"]["containers"]}

    def image(self, name: str) -> str:
        """Return the image that the Deployment asks for."""
        return str(self.spec(name)["containers"][0]["image"])

    def replicas(self, name: str) -> int:
        """Return the replica count that the Deployment asks for."""
        return int(self.spec(name)["replicas"])

    def generation(self, name: str) -> int:
        """Return how often the spec was changed."""
        found: int = self.read(name)["metadata"]["generation"]
        return found

    def settle(self, name: str) -> None:
        """Wait until every replica is updated and available."""

        def complete(found: dict[str, Any]) -> bool:
            status, wanted = found["status"], found["spec"]["replicas"]
            seen = status.get("observedGeneration") == found["metadata"]["generation"]
            counts = {status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")}
            return seen and counts == {wanted}

        self.wait(name, complete)

    def wait(self, name: str, done: Any) -> None:
        deadline = time.monotonic() + 30
        while not done(self.read(name)):
            assert time.monotonic() < deadline, f"{name} did not come to rest: {self.read(name)['status']}"
            time.sleep(0.05)

    def tidy(self) -> None:
        """Delete whatever was made: a controller slows down with each Deployment that it keeps."""
        while self._deployed:
            self.apps.delete_namespaced_deployment(self._deployed.pop(), NAMESPACE)
        self.props.tidy()
        self.around.tidy()

    def _make_namespace(self) -> None:
        try:
            self.core.create_namespace(V1Namespace(metadata=V1ObjectMeta(name=NAMESPACE)))
        except ApiException as error:
            if error.status != 409:
                raise


def _deployment(name: str, image: str, *, apart: bool = False, **extra: Any) -> V1Deployment:
    labels = {"app": name}
    container = {"name": "app", "image": image, "env": [{"name": "PASSWORD", "value": CANARY}]}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], **(_never_two_on_a_node(labels) if apart else {})},
    }
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template, **extra.pop("spec", {})}
    return V1Deployment.model_validate({"metadata": {"name": name, **extra}, "spec": spec})


def _never_two_on_a_node(labels: dict[str, str]) -> dict[str, Any]:
    term = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}
    return {"affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}
