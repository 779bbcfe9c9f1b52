"""A twin of Grafana's API as far as the actions use it, built from its documentation's own answers.

https://grafana.com/docs/grafana/latest/developers/http_api/annotations/
https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/
"""

import json
import struct
import zlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue, SecretStr

from tests.actions.kube import CANARY
from tests.actions.servers import Answer, Route, Seen, Site
from tocsin.connections import GrafanaConnection

NOTICE = (400, 200)
"""Size of the picture that says that there is no picture."""


class Graphs:
    """A Grafana with one dashboard, ``svc-red``, of two panels: 1, and 4 in a collapsed row."""

    def __init__(self, site: Site) -> None:
        self.annotations: list[dict[str, Any]] = []
        self.renderer = True
        self.busy = False
        """It draws too many pictures at once, and answers with a notice."""
        self.site = site
        self._made = 0
        site.routes["/api/annotations"] = self._asked(self._annotations)
        site.routes["/api/dashboards/uid/svc-red"] = self._asked(self._dashboard)
        site.routes["/api/dashboards/uid/nowhere"] = self._asked(_not_found)
        site.routes["/api/frontend/settings"] = self._asked(
            lambda _: _said({"rendererAvailable": self.renderer})
        )
        site.routes["/render/d-solo/svc-red"] = self._asked(self._picture)

    def connection(self, token: str = CANARY) -> GrafanaConnection:
        """Return a connection to it."""
        headers = {"Authorization": SecretStr(f"Bearer {token}")}
        return GrafanaConnection(base_url=self.site.url, headers=headers, allow_private=True)

    def texts(self) -> list[JsonValue]:
        """Return what the annotations say."""
        return [one["text"] for one in self.annotations]

    def _asked(self, route: Route) -> Route:
        def checked(seen: Seen) -> Answer:
            if seen.headers.get("authorization") != f"Bearer {CANARY}":
                return _said({"message": "Unauthorized"}, 401)
            return route(seen)

        return checked

    def _annotations(self, seen: Seen) -> Answer:
        if seen.method == "POST":
            return self._annotate(json.loads(seen.body))
        query = parse_qs(urlsplit(seen.path).query)
        place = {name: query[name][0] for name in ("dashboardUID", "panelId") if name in query}
        found = [
            one
            for one in self.annotations
            if set(query.get("tags", ())) <= set(one["tags"])
            and all(str(one.get(name)) == value for name, value in place.items())
        ]
        return _said([*found[::-1][: int(query.get("limit", ["100"])[0])]])

    def _annotate(self, body: dict[str, Any]) -> Answer:
        self._made += 1
        number = self._made
        self.annotations.append({"id": number, "time": 1507266395000, **body})
        self.site.routes[f"/api/annotations/{number}"] = self._asked(lambda _: self._delete(number))
        return _said({"message": "Annotation added", "id": number})

    def _delete(self, number: int) -> Answer:
        kept = [one for one in self.annotations if one["id"] != number]
        if kept == self.annotations:
            return _said({"message": "Could not find annotation to delete"}, 404)
        self.annotations = kept
        return _said({"message": "Annotation deleted"})

    def _dashboard(self, seen: Seen) -> Answer:
        row: JsonValue = {"id": 3, "type": "row", "panels": [{"id": 4}]}
        dashboard: JsonValue = {"uid": "svc-red", "title": "Service RED", "panels": [{"id": 1}, row]}
        return _said({"dashboard": dashboard, "meta": {"slug": "service-red"}})

    def _picture(self, seen: Seen) -> Answer:
        query = parse_qs(urlsplit(seen.path).query)
        size = NOTICE if self.busy else (int(query["width"][0]), int(query["height"][0]))
        return Answer(200, {"content-type": "image/png"}, png(*size))


def png(width: int, height: int) -> bytes:
    """Return a black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" * (1 + (width + 7) // 8)) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _not_found(_: Seen) -> Answer:
    return _said({"message": "Dashboard not found"}, 404)


def _said(body: JsonValue, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(body).encode())
