"""Grafana's HTTP API as far as the actions need it.

https://grafana.com/docs/grafana/latest/developers/http_api/
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

import httpx2
from pydantic import BaseModel, Field, JsonValue

from tocsin.actions.rest import Rest, with_json
from tocsin.connections import Connections, GrafanaConnection
from tocsin.egress import Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass

LOOK_BACK = 1000
"""Annotations of the same tags among which one's own are looked for."""

CONNECTION = "The server: grafana:NAME of tocsin.yaml"
Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""Of a dashboard, as in its URL."""
Query = Mapping[str, str | int | tuple[str, ...]]


class Annotation(BaseModel):
    """An annotation that is there."""

    id: int
    text: str
    tags: tuple[str, ...] = ()


class _Made(BaseModel):
    id: int


class _Panel(BaseModel):
    id: int | None = None
    panels: tuple["_Panel", ...] | None = None
    """Those of a collapsed row."""


class _Dashboard(BaseModel):
    title: str
    panels: tuple[_Panel, ...] | None = None
    """None where the dashboard is of a schema that keeps them elsewhere."""


class _Found(BaseModel):
    dashboard: _Dashboard


class _Frontend(BaseModel):
    rendererAvailable: bool = True


class Grafana:
    """One connection's API. Raises ActionFailed, and nothing else."""

    def __init__(self, connections: Connections, name: str) -> None:
        self._rest = Rest(connections, name, GrafanaConnection)

    def url(self, path: str, query: Query) -> str:
        """Return the URL that a person opens."""
        return f"{self._rest.url(path)}?{httpx2.QueryParams(dict(query))}"

    def place(self, uid: str, panel: int | None) -> str:
        """Return what people call a dashboard, or a panel of it; raise ActionFailed when it is not there."""
        found = self._rest.ask(Outgoing("GET", f"/api/dashboards/uid/{uid}"), _Found).dashboard
        if panel is None:
            return f"the dashboard {found.title}"
        if found.panels is not None and panel not in _ids(found.panels):
            words = f"{self._rest.name}: the dashboard {found.title} has no panel {panel}."
            raise ActionFailed(words, ErrorClass.MISSING)
        return f"panel {panel} of the dashboard {found.title}"

    def renders(self) -> bool:
        """Say whether an image renderer is installed; Grafana's own pages ask the same."""
        return self._rest.ask(Outgoing("GET", "/api/frontend/settings"), _Frontend).rendererAvailable

    def image(self, path: str, query: Query) -> Incoming:
        """Return a picture."""
        return self._rest.obtain(Outgoing("GET", path, dict(query)))

    def annotations(self, query: Query) -> list[Annotation]:
        """Return annotations, the newest first."""
        asked = Outgoing("GET", "/api/annotations", {**query, "type": "annotation", "limit": LOOK_BACK})
        return self._rest.ask(asked, list[Annotation])

    def annotate(self, body: Mapping[str, JsonValue]) -> int:
        """Make an annotation; return its id."""
        return self._rest.ask(with_json("POST", "/api/annotations", body), _Made).id

    def delete_annotation(self, number: int) -> None:
        """Delete an annotation; one that is gone is no error."""
        try:
            self._rest.obtain(Outgoing("DELETE", f"/api/annotations/{number}"))
        except ActionFailed as error:
            if error.kind is not ErrorClass.MISSING:
                raise


def _ids(panels: tuple[_Panel, ...]) -> Iterator[int | None]:
    for panel in panels:
        yield panel.id
        yield from _ids(panel.panels or ())
