"""k8s.logs looks closely."""

import time

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.diagnose import Logs, ReadLogs, ShowLogs
from tocsin.connections import Connections

pytestmark = pytest.mark.timeout(60)


def logs(connections: Connections, name: str, **how: int) -> Logs:
    action = ShowLogs(connections)
    want = ReadLogs.model_validate({**at(name), **how})
    return action.run(want, action.plan(want), "step-1")


@pytest.fixture
def crashing(kube: Kube) -> str:
    name = kube.deploy()
    kube.ship(name, "registry.example/checkout:bad-1.1")
    return name


@pytest.fixture
def crash_report(connections: Connections, crashing: str) -> Logs:
    """The report once the kubelet has seen the crash loop."""
    deadline = time.monotonic() + 20
    while not (found := logs(connections, crashing)).pods[0].waiting_reason and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_the_pod_in_trouble_comes_first(crash_report: Logs) -> None:
    worst = crash_report.pods[0]
    assert (worst.waiting_reason, worst.ready, worst.restarts) == ("CrashLoopBackOff", False, 5)


def test_a_crash_loop_is_read_from_the_container_that_died(crash_report: Logs) -> None:
    assert crash_report.pods[0].logs[0].previous


def test_a_log_says_what_the_container_said_or_why_it_cannot_be_read(crash_report: Logs) -> None:
    assert all(one.text or one.error for pod in crash_report.pods for one in pod.logs)


def test_the_report_for_people_has_pod_states_and_last_words(crash_report: Logs) -> None:
    first, *rest = crash_report.report.splitlines()
    assert first.startswith("✗ checkout-")
    assert "CrashLoopBackOff" in first
    assert any(line.startswith("--- checkout-") and line.endswith("before it died") for line in rest)


def test_the_logs_together_keep_to_their_cap(connections: Connections, crashing: str) -> None:
    found = logs(connections, crashing, max_bytes=256)
    assert sum(len(one.text.encode()) for pod in found.pods for one in pod.logs) <= 256
