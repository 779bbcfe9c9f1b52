"""Events and logs, told by the twin and by a real control plane alike."""

from tests.playground.cluster.looks import Client, eventually, pod_names, refusal

from tocsin.playground.cluster.start import Cluster
from tocsin.playground.cluster.workload import BAD_IMAGE, Workload, set_image


def test_events_tell_of_a_crash_loop(cluster: Cluster, core: Client, checkout: Workload) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    wanted = {"BackOff", "Unhealthy", "SuccessfulCreate", "Scheduled", "ScalingReplicaSet"}
    assert eventually(lambda: wanted <= _reasons(core, checkout, ""))


def test_events_are_selected_by_the_object_they_are_about(core: Client, standing: Workload) -> None:
    about = "involvedObject.kind=Deployment,involvedObject.name=checkout"
    assert eventually(lambda: _reasons(core, standing, about) == {"ScalingReplicaSet"})


def test_the_log_of_a_crash_loop_ends_with_its_error(
    cluster: Cluster, core: Client, checkout: Workload
) -> None:
    set_image(cluster.kubeconfig, checkout, BAD_IMAGE)
    (crashing,) = eventually(lambda: _crashing(core, checkout))
    log = core.read_namespaced_pod_log(crashing, checkout.namespace, tail_lines=1, previous=True)
    assert log == "FATAL: could not parse config: unknown key 'pool_sise'\n"


def test_a_container_that_never_restarted_has_no_previous_log(core: Client, standing: Workload) -> None:
    name = sorted(pod_names(core, standing))[0]
    error = refusal(lambda: core.read_namespaced_pod_log(name, standing.namespace, previous=True))
    assert error.status == 400
    assert "previous terminated container" in str(error.body)


def _crashing(core: Client, workload: Workload) -> list[str]:
    pods = core.list_namespaced_pod(workload.namespace).items
    return [
        pod.metadata.name
        for pod in pods
        if (pod.status.container_statuses or []) and not pod.status.container_statuses[0].ready
    ]


def _reasons(core: Client, workload: Workload, about: str) -> set[str]:
    events = core.list_namespaced_event(workload.namespace, field_selector=about).items
    return {event.reason for event in events}
