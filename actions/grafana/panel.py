"""Take a picture of a Grafana panel.

https://grafana.com/docs/grafana/latest/setup-grafana/image-rendering/
"""

import hashlib
from datetime import UTC, datetime, timedelta

from pydantic import Field

from tocsin.actions.base import Action, Effect, Frozen, Permission, Plan, Risk
from tocsin.actions.grafana.client import CONNECTION, Grafana, Query, Uid
from tocsin.egress import Incoming
from tocsin.errors import ActionFailed, ErrorClass

RENDERING = 15
"""Seconds that Grafana gives its renderer; we wait for 20."""

_PNG = b"\x89PNG\r\n\x1a\n"


class Photograph(Frozen):
    """Which panel, and of what time."""

    connection: str = Field(default="grafana:main", description=CONNECTION)
    dashboard: Uid = Field(description="Its uid, as in its URL")
    panel: int = Field(ge=1, description="Its id: `viewPanel` in the URL of the panel alone")
    window: int = Field(default=3600, ge=60, le=2_592_000, description="Seconds up to now: `'6h' | duration`")
    vars: dict[str, str] = Field(default={}, description="Of the dashboard, by name")
    width: int = Field(default=1000, ge=100, le=3000, description="Pixels")
    height: int = Field(default=500, ge=100, le=3000, description="Pixels")


class Picture(Frozen):
    """What is known of the picture, which is not kept."""

    size: int
    """Bytes."""
    sha256: str
    start: datetime
    end: datetime
    panel_url: str
    """The panel on its dashboard at that time."""
    image_url: str
    """The same picture, drawn again."""


class PhotographPanel(Action[Photograph, Plan, Picture]):
    """Draw a panel as a PNG and say where it can be seen. Needs Grafana's image renderer.

    The picture itself is not kept, because there is no place for files yet: ``panel_url`` and ``image_url``
    show it to people who may see the dashboard, and ``sha256`` says whether it is the same.
    """

    name = "grafana.panel_png"
    risk = Risk.READ
    effect = Effect.READ

    def permissions(self, want: Photograph) -> list[Permission]:
        scope = f"dashboards:uid:{want.dashboard}"
        return [Permission(system="grafana", verb="dashboards:read", resource=scope)]

    def plan(self, want: Photograph) -> Plan:
        grafana = Grafana(self.connections, want.connection)
        place = grafana.place(want.dashboard, want.panel)
        if not grafana.renders():
            words = f"{want.connection} has no image renderer: install one there, or leave the step out."
            raise ActionFailed(words, ErrorClass.INVALID)
        return Plan(summary=f"Draw {place}")

    def run(self, want: Photograph, plan: Plan, key: str) -> Picture:
        grafana = Grafana(self.connections, want.connection)
        end = datetime.now(UTC).replace(microsecond=0)
        start = end - timedelta(seconds=want.window)
        shown = _shown(want, start, end)
        drawn: Query = {
            **shown,
            "panelId": want.panel,
            "width": want.width,
            "height": want.height,
            "tz": "UTC",
        }
        path = f"/render/d-solo/{want.dashboard}"
        png = _png(want, grafana.image(path, {**drawn, "timeout": RENDERING}))
        return Picture(
            size=len(png),
            sha256=hashlib.sha256(png).hexdigest(),
            start=start,
            end=end,
            panel_url=grafana.url(f"/d/{want.dashboard}", {**shown, "viewPanel": want.panel}),
            image_url=grafana.url(path, drawn),
        )


def _shown(want: Photograph, start: datetime, end: datetime) -> dict[str, str | int]:
    """Return the query of the time and the variables; times are milliseconds since 1970."""
    times = {"from": int(start.timestamp() * 1000), "to": int(end.timestamp() * 1000)}
    return {**times, **{f"var-{name}": value for name, value in want.vars.items()}}


def _png(want: Photograph, got: Incoming) -> bytes:
    """Return the picture.

    Where Grafana cannot draw, it may answer 200 with a picture that says so, of another size.
    """
    if got.truncated:
        words = f"{want.connection}: the picture is larger than 1 MiB; ask for fewer pixels."
        raise ActionFailed(words, ErrorClass.INVALID)
    header = (want.width.to_bytes(4), want.height.to_bytes(4))
    if not got.body.startswith(_PNG) or (got.body[16:20], got.body[20:24]) != header:
        raise ActionFailed(
            f"{want.connection} did not draw the panel: too many at once, or its renderer is in trouble.",
            ErrorClass.TRANSIENT,
        )
    return got.body
