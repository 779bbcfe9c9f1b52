"""Renders the console's pages."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tocsin.postmortems.clock import elapsed, moment
from tocsin.postmortems.texts import compact, sentence_case

_TEMPLATES = Path(__file__).parent / "templates"


def page(
    request: Request, template: str, shown: Mapping[str, object], status_code: int = 200
) -> HTMLResponse:
    """Return a page; every text in it is escaped."""
    session = getattr(request.state, "session", None)
    around = {"session": session, "path": request.url.path, "stop": getattr(request.state, "stop", None)}
    text = _environment().get_template(template).render(**shown, **around)
    return HTMLResponse(text, status_code=status_code)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "moment": time_element,
        "ago": ago,
        "elapsed": elapsed,
        "compact": compact,
        "sentence_case": sentence_case,
        "words": words,
    }
    return environment


def time_element(at: datetime) -> Markup:
    """Return a time with its date and zone, as an element that scripts can read."""
    return Markup(f'<time datetime="{at.isoformat()}">{moment(at, UTC)}</time>')  # noqa: S704  # no text in it


def ago(at: datetime, until: datetime | None = None) -> str:
    """Return how long something lasts, in the two largest units: ``2h 05m``."""
    return brief((until or datetime.now(UTC)) - at)


def brief(duration: timedelta) -> str:
    """Return ``45s``, ``12m 04s``, ``2h 05m`` or ``3d 04h``."""
    seconds = max(0, int(duration.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d {hours % 24:02}h"
    if hours:
        return f"{hours}h {minutes % 60:02}m"
    return f"{minutes}m {seconds % 60:02}s" if minutes else f"{seconds}s"


def words(name: str) -> str:
    """Return a status as people say it: ``needs attention``."""
    return name.replace("_", " ")
