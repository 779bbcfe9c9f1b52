"""``events.md``: every event, with its fields."""

from collections.abc import Iterator, Mapping
from typing import get_args

from docs.reading import cell, fields, prose, summary, table
from tocsin.events import Event, Fact, IncidentEvent, RunbookEvent, RunEvent
from tocsin.log import Entry

INTRO = """\
# Events

The log is the only history there is: timeline, runs, postmortem and audit trail are folded from it. An event
never changes its meaning, and none is ever changed or removed. `GET /api/v1/events` reads them.
"""
COLUMNS: Mapping[str, str] = {
    "position": "Its place in the whole log; grows, with gaps.",
    "stream": "`incident/ID`, `run/ID`, `runbook/NAME`, `trigger/RUNBOOK`, `delivery/SOURCE/ID` or `system`.",
    "event": "One of the events below; `type` says which.",
    "actor": "Who caused it: `kind`, `id`, `name` and `email`, as they were known then.",
    "incident_id": "The incident that it belongs to, if any.",
    "run_id": "The run that it belongs to, if any.",
    "hash": "SHA-256 over all of this and the hash before it in the stream.",
}
"""What the models leave to the names of the columns."""
FAMILIES = {"Incidents": IncidentEvent, "Runs": RunEvent, "Runbooks": RunbookEvent}


def events() -> str:
    """Return the page."""
    return "\n".join([INTRO, *_columns(), *_families()])


def every() -> list[type[Event]]:
    """Return every event there is."""
    return [event for union in FAMILIES.values() for event in get_args(union)]


def name_of(event: type[Event]) -> str:
    """Return an event's ``type``."""
    return str(event.model_fields["type"].default)


def columns() -> dict[str, str]:
    """Return what stands beside every event, with its words."""
    said = {row.name: row.words for row in fields(Fact) if row.words}
    return {row.name: row.words or {**COLUMNS, **said}.get(row.name, "") for row in fields(Entry)}


def _columns() -> Iterator[str]:
    yield from ("## What stands beside every event", "", "| | |", "|---|---|")
    for name, words in columns().items():
        yield f"| `{name}` | {cell(' '.join(prose(words).split()))} |"
    yield ""


def _families() -> Iterator[str]:
    for title, union in FAMILIES.items():
        yield from (f"## {title}", "")
        for event in get_args(union):
            rows = [row for row in fields(event) if row.name != "type"]
            yield from (f"### `{name_of(event)}`", "", summary(event), "")
            yield from (*table(rows), "") if rows else ()
