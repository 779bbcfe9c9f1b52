"""k8s.pod_exec: only what the connection allows, and what comes back of it."""

from typing import Any

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.actions.kubernetes.exec import Exec, ExecInPod, Executed
from tocsin.connections import Connections, KubernetesConnection
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]

ALLOWED = (
    ("echo", "hello"),
    ("echo", "password=hunter2-and-more"),
    ("yes",),
    ("false",),
    ("gone",),
    ("sleep", "60"),
)


@pytest.fixture
def execute(kube: Kube) -> ExecInPod:
    main = KubernetesConnection(
        kubeconfig=kube.kubeconfig, context="admin", namespaces=(NAMESPACE,), exec=ALLOWED
    )
    return ExecInPod(Connections({"k8s:main": main}))


@pytest.fixture
def pod(kube: Kube) -> str:
    return kube.around.bare_pod("node-1")


def of(pod: str, *command: str, **more: Any) -> Exec:
    where = {"connection": "k8s:main", "namespace": NAMESPACE, "pod": pod, "command": command}
    return Exec.model_validate({**where, **more})


def run(execute: ExecInPod, want: Exec) -> Executed:
    return execute.run(want, execute.plan(want), "step-1")


def test_what_a_command_says_comes_back(execute: ExecInPod, pod: str) -> None:
    assert run(execute, of(pod, "echo", "hello")).model_dump() == {
        "exit_code": 0,
        "stdout": "hello\n",
        "stderr": "",
        "truncated": False,
    }


@pytest.mark.parametrize(
    "command", [("echo", "hallo"), ("echo",), ("echo", "hello", "you"), ("rm", "-rf", "/")]
)
def test_a_command_that_the_connection_does_not_list_is_refused(
    execute: ExecInPod, pod: str, command: tuple[str, ...]
) -> None:
    with pytest.raises(ActionFailed, match=r"does not allow the command.*It allows: echo hello;") as caught:
        execute.plan(of(pod, *command))
    assert caught.value.kind is ErrorClass.INVALID


def test_a_connection_allows_no_command_unless_it_says_so(connections: Connections, pod: str) -> None:
    with pytest.raises(ActionFailed, match="It allows: none"):
        ExecInPod(connections).plan(of(pod, "echo", "hello"))


def test_a_command_is_refused_again_when_it_is_run(
    execute: ExecInPod, connections: Connections, pod: str
) -> None:
    want = of(pod, "echo", "hello")
    with pytest.raises(ActionFailed, match="does not allow"):
        ExecInPod(connections).run(want, execute.plan(want), "step-1")


def test_a_secret_in_what_it_says_is_masked(execute: ExecInPod, pod: str) -> None:
    said = run(execute, of(pod, "echo", "password=hunter2-and-more")).stdout
    assert ("hunter2" in said, "[secret]" in said) == (False, True)


def test_a_command_that_never_stops_talking_is_cut_off(execute: ExecInPod, pod: str) -> None:
    found = run(execute, of(pod, "yes"))
    assert (found.exit_code, len(found.stdout), found.truncated) == (0, 64 * 1024, True)


def test_an_exit_code_that_is_a_failure_is_told_with_the_last_words(execute: ExecInPod, pod: str) -> None:
    with pytest.raises(ActionFailed, match=r"`false` ended with 1 .* Its last words: it is not so") as caught:
        run(execute, of(pod, "false"))
    assert caught.value.kind is ErrorClass.INVALID


def test_an_exit_code_may_be_no_failure(execute: ExecInPod, pod: str) -> None:
    assert run(execute, of(pod, "false", succeeds_with=[0, 1])).exit_code == 1


def test_a_program_that_is_not_there_is_told(execute: ExecInPod, pod: str) -> None:
    with pytest.raises(ActionFailed, match="`gone` ended with 127"):
        run(execute, of(pod, "gone"))


def test_a_command_that_does_not_end_in_time_is_of_unknown_outcome(execute: ExecInPod, pod: str) -> None:
    with pytest.raises(ActionFailed, match="may still run") as caught:
        run(execute, of(pod, "sleep", "60", timeout=1))
    assert caught.value.kind is ErrorClass.TIMEOUT


def test_another_pod_of_the_same_name_runs_nothing(execute: ExecInPod, pod: str) -> None:
    want = of(pod, "echo", "hello")
    plan = execute.plan(want).model_copy(update={"uid": "another"})
    with pytest.raises(ActionFailed, match="made anew") as caught:
        execute.run(want, plan, "step-1")
    assert caught.value.kind is ErrorClass.CONFLICT


def test_a_container_that_is_not_there_is_missing(execute: ExecInPod, pod: str) -> None:
    with pytest.raises(ActionFailed, match=r"has no container proxy \(it has: app\)") as caught:
        execute.plan(of(pod, "echo", "hello", container="proxy"))
    assert caught.value.kind is ErrorClass.MISSING
