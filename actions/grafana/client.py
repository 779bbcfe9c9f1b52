"""Grafana's HTTP API as far as the actions need it.

https://grafana.com/docs/grafana/latest/developers/http_api/
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, TypeVar

import httpx2
from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from tocsin.actions.web import Web
from tocsin.connections import Connections, GrafanaConnection
from tocsin.egress import Incoming, Outgoing
from tocsin.errors import ActionFailed, ErrorClass

LOOK_BACK = 1000
"""Annotations of the same tags among which one's own are looked for."""

CONNECTION = "The server: grafana:NAME of tocsin.yaml"
Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
"""Of a dashboard, as in its URL."""
Query = Mapping[str, str | int | tuple[str, ...]]
ReadT = TypeVar("ReadT")


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
        self._name = name
        self._web = Web(connections, name, GrafanaConnection)

    def url(self, path: str, query: Query) -> str:
        """Return the URL that a person opens."""
        return f"{self._web.url(path)}?{httpx2.QueryParams(dict(query))}"

    def place(self, uid: str, panel: int | None) -> str:
        """Return what people call a dashboard, or a panel of it; raise ActionFailed when it is not there."""
        found = self._read(_Found, Outgoing("GET", f"/api/dashboards/uid/{uid}")).dashboard
        if panel is None:
            return f"the dashboard {found.title}"
        if found.panels is not None and panel not in _ids(found.panels):
            words = f"{self._name}: the dashboard {found.title} has no panel {panel}."
            raise ActionFailed(words, ErrorClass.MISSING)
        return f"panel {panel} of the dashboard {found.title}"

    def renders(self) -> bool:
        """Say whether an image renderer is installed; Grafana's own pages ask the same."""
        return self._read(_Frontend, Outgoing("GET", "/api/frontend/settings")).rendererAvailable

    def image(self, path: str, query: Query) -> Incoming:
        """Return a picture."""
        return self._send(Outgoing("GET", path, dict(query)))

    def annotations(self, query: Query) -> list[Annotation]:
        """Return annotations, the newest first."""
        asked = Outgoing("GET", "/api/annotations", {**query, "type": "annotation", "limit": LOOK_BACK})
        return self._read(list[Annotation], asked)

    def annotate(self, body: Mapping[str, JsonValue]) -> int:
        """Make an annotation; return its id."""
        headers, content = {"content-type": "application/json"}, json.dumps(dict(body)).encode()
        return self._read(_Made, Outgoing("POST", "/api/annotations", {}, headers, content)).id

    def delete_annotation(self, number: int) -> None:
        """Delete an annotation; one that is gone is no error."""
        try:
            self._send(Outgoing("DELETE", f"/api/annotations/{number}"))
        except ActionFailed as error:
            if error.kind is not ErrorClass.MISSING:
                raise

    def _read(self, model: type[ReadT], asked: Outgoing) -> ReadT:
        try:
            return TypeAdapter(model).validate_python(self._web.json(self._send(asked)))
        except ValidationError:
            words = f"{self._name}{asked.path} did not answer as Grafana does; correct the base URL."
            raise ActionFailed(words, ErrorClass.INVALID) from None

    def _send(self, asked: Outgoing) -> Incoming:
        got = self._web.send(asked)
        said = self._web.json(got)
        words = str(said.get("message", "")) if isinstance(said, dict) else ""
        self._web.refuse_unexpected(asked, got, said=words)
        return got


def _ids(panels: tuple[_Panel, ...]) -> Iterator[int | None]:
    for panel in panels:
        yield panel.id
        yield from _ids(panel.panels or ())
