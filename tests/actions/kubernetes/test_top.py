"""k8s.top: who uses most, and what it says where nothing measures."""

import pytest

from tests.actions.kube import NAMESPACE, Kube
from tocsin.actions.kubernetes.top import ShowUse, Top, Uses
from tocsin.connections import Connections
from tocsin.errors import ActionFailed, ErrorClass

pytestmark = [pytest.mark.timeout(60), pytest.mark.cluster, pytest.mark.usefixtures("real")]


@pytest.fixture
def pods(real: None, kube: Kube) -> dict[str, str]:
    """Three pods of which one uses most of the processor, and one most of the memory."""
    kube.props.measure()
    images = {"idle": "1.0", "busy": "busy", "fat": "fat"}
    return {
        kind: kube.around.bare_pod("node-1", f"registry.example/tool:{tag}", labels={"kind": kind})
        for kind, tag in images.items()
    }


def look(connections: Connections, **more: str | int) -> Uses:
    action, want = ShowUse(connections), Top.model_validate({**WHERE, **more})
    return action.run(want, action.plan(want), "step-1")


WHERE = {"connection": "k8s:main", "namespace": NAMESPACE}


def test_who_uses_most_comes_first(connections: Connections, pods: dict[str, str]) -> None:
    found = look(connections)
    assert [(one.name, one.cpu, one.memory) for one in found.uses] == [
        (pods["busy"], 1500, 16 * 2**20),
        (pods["fat"], 2, 2 * 2**30),
        (pods["idle"], 2, 16 * 2**20),
    ]


@pytest.mark.usefixtures("pods")
def test_the_sums_count_those_too_that_are_not_listed(connections: Connections) -> None:
    found = look(connections, limit=1)
    assert (len(found.uses), found.total, found.cpu) == (1, 3, 1504)


def test_labels_choose_whom_to_measure(connections: Connections, pods: dict[str, str]) -> None:
    assert [one.name for one in look(connections, selector="kind=fat").uses] == [pods["fat"]]


def test_the_report_has_a_line_for_each(connections: Connections, pods: dict[str, str]) -> None:
    assert look(connections).report.splitlines()[0] == f"  1500m       16Mi  {pods['busy']}"


def test_a_cluster_where_nothing_measures_is_told_of(connections: Connections, kube: Kube) -> None:
    kube.props.measure_nothing()
    with pytest.raises(ActionFailed, match=r"serves no metrics\.k8s\.io.*metrics-server") as caught:
        look(connections)
    assert caught.value.kind is ErrorClass.MISSING


def test_nodes_are_not_for_a_connection_of_some_namespaces(connections: Connections) -> None:
    with pytest.raises(ActionFailed, match="allows only the namespaces shop"):
        ShowUse(connections).plan(Top(connection="k8s:main"))
