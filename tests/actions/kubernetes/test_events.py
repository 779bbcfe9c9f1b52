"""k8s.events looks closely."""

import pytest

from tests.actions.kube import Kube
from tests.actions.kubernetes.targets import at
from tocsin.actions.kubernetes.diagnose import ListEvents, SeenEvents, ShowEvents
from tocsin.connections import Connections

pytestmark = pytest.mark.timeout(60)


def events(connections: Connections, name: str, limit: int = 20) -> SeenEvents:
    action = ShowEvents(connections)
    want = ListEvents.model_validate({**at(name), "limit": limit})
    return action.run(want, action.plan(want), "step-1")


def test_events_are_of_the_deployment_its_replica_sets_and_pods(
    connections: Connections, shipped: str
) -> None:
    kinds = {one.object.partition("/")[0] for one in events(connections, shipped, limit=100).events}
    assert kinds >= {"Deployment", "ReplicaSet"}


def test_events_of_a_neighbour_are_not_listed(connections: Connections, kube: Kube, shipped: str) -> None:
    kube.deploy()
    names = {one.object.partition("/")[2] for one in events(connections, shipped, limit=100).events}
    assert {name[: len(shipped)] for name in names} == {shipped}


def test_events_come_newest_first(connections: Connections, shipped: str) -> None:
    times = [one.at for one in events(connections, shipped).events]
    assert times == sorted(times, reverse=True)


def test_the_report_for_people_has_a_line_for_each_event(connections: Connections, shipped: str) -> None:
    found = events(connections, shipped, limit=100)
    told = found.report.splitlines()
    assert len(told) == min(8, found.warnings or found.total)
    assert all(f"/{shipped}" in line for line in told)


def test_events_are_capped_and_counted(connections: Connections, shipped: str) -> None:
    found = events(connections, shipped, limit=2)
    assert (len(found.events), found.total > 2) == (2, True)
