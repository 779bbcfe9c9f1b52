"""The user without rights, refused by the twin and by a real control plane alike."""

from pathlib import Path

from kubernetes import client, config
from tests.playground.cluster.looks import refusal

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import Workload


def test_the_bot_has_no_rights(cluster: Cluster, standing: Workload) -> None:
    apps = client.AppsV1Api(_bot_client(cluster.kubeconfig))
    error = refusal(lambda: apps.list_namespaced_deployment(standing.namespace))
    assert error.status == 403
    assert 'User \\"tocsin\\" cannot list resource \\"deployments\\"' in str(error.body)


def _bot_client(kubeconfig: Path) -> client.ApiClient:
    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), context="bot", client_configuration=configuration)  # type: ignore[no-untyped-call]
    return client.ApiClient(configuration)
