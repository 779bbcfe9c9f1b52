"""Folds alerts and what the pager said about them."""

from collections.abc import Sequence

from tocsin.events import incident
from tocsin.log import Entry
from tocsin.postmortems.model import Page

_Key = tuple[str, str]
"""The source, and its own id of what is wrong."""


def pages(shown: Sequence[Entry], entries: Sequence[Entry]) -> tuple[Page, ...]:
    """Return what alerted, first things first. A page none of whose alerts is ``shown`` is left out."""
    alerts: dict[_Key, list[tuple[Entry, incident.AlertReceived]]] = {}
    for entry in shown:
        if isinstance(entry.event, incident.AlertReceived):
            alerts.setdefault((entry.event.source, entry.event.dedup_key), []).append((entry, entry.event))
    changes: dict[_Key, list[tuple[Entry, str]]] = {}
    for entry in sorted(entries, key=lambda entry: (entry.occurred_at, entry.position)):
        match entry.event:
            case incident.PageChanged(source=source, dedup_key=key, change=change):
                changes.setdefault((source, key), []).append((entry, change))
            case incident.PagerResolved(dedup_key=key):
                changes.setdefault(("pagerduty", key), []).append((entry, "resolved"))
            case _:
                pass
    found = (_page(of_page, changes.get(key, [])) for key, of_page in alerts.items())
    return tuple(sorted(found, key=lambda page: page.at))


def _page(
    alerts: Sequence[tuple[Entry, incident.AlertReceived]], changes: Sequence[tuple[Entry, str]]
) -> Page:
    _, first = alerts[0]
    acknowledged = next((entry for entry, change in changes if change == "acknowledged"), None)
    resolved = [entry.occurred_at for entry, change in changes if change == "resolved"]
    return Page(
        source=first.source,
        title=first.title,
        service=first.service,
        urgency=first.urgency,
        url=first.url,
        at=min(entry.occurred_at for entry, _ in alerts),
        alerts=len(alerts),
        acknowledged_at=acknowledged.occurred_at if acknowledged else None,
        acknowledged_by=str(acknowledged.actor) if acknowledged else None,
        resolved_at=resolved[-1] if resolved else None,
    )
