"""Marks and pictures of a Grafana."""

from collections.abc import Callable

from tests.actions.cases.worlds import CLOSED, Case, Worlds, connections_of
from tests.actions.graphs import Graphs
from tocsin.actions.base import Frozen
from tocsin.actions.grafana.annotate import Annotate
from tocsin.actions.grafana.panel import Photograph
from tocsin.connections import GrafanaConnection


def _graphs(worlds: Worlds, want: Frozen) -> Case:
    graphs = Graphs(worlds.site)
    closed = GrafanaConnection(base_url=CLOSED, allow_private=True)
    return Case(
        connections=connections_of(graphs.connection(), graphs.connection("wrong"), closed),
        want=want,
        missing=want.model_copy(update={"dashboard": "nowhere"}),
        state=graphs.texts,
        effects=lambda: [one["id"] for one in graphs.annotations],
    )


def annotate(worlds: Worlds) -> Case:
    return _graphs(worlds, Annotate(text="Rolled back", tags=("rollback",), dashboard="svc-red", panel=4))


def panel_png(worlds: Worlds) -> Case:
    return _graphs(worlds, Photograph(dashboard="svc-red", panel=4))


CASES: dict[str, Callable[[Worlds], Case]] = {"grafana.annotate": annotate, "grafana.panel_png": panel_png}
