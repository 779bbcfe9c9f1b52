"""Folds severities, statuses and times; every duration comes with its definition."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from tocsin.events import Event, incident
from tocsin.incidents.lifecycle import RESOLVED
from tocsin.log import Entry
from tocsin.postmortems.model import Course, Measure, Stage
from tocsin.postmortems.people import People
from tocsin.postmortems.timeline import readable

MITIGATED = frozenset({"mitigated", "monitoring"})
"""The statuses that say the harm is over, if not yet the incident."""


def course(first: Entry, opened: incident.IncidentOpened, entries: Sequence[Entry], people: People) -> Course:
    """Return the incident's course; ``first`` is the entry that opened it."""
    ordered = sorted(entries, key=lambda entry: (entry.occurred_at, entry.position))
    start = Stage(name="", since=first.occurred_at, lasted=None, by=str(first.actor))
    severities = [
        start.model_copy(update={"name": opened.severity}),
        *_changes(ordered, incident.SeverityChanged, people),
    ]
    statuses = [
        start.model_copy(update={"name": opened.status}),
        *_changes(ordered, incident.StatusChanged, people),
    ]
    resolved_at = statuses[-1].since if statuses[-1].name == RESOLVED else None
    mitigated_at = next((stage.since for stage in statuses if stage.name in MITIGATED), None)
    acknowledged_at = _first(ordered, _acknowledges)
    return Course(
        severity=severities[-1].name,
        severities=_lasting(severities, resolved_at),
        status=statuses[-1].name,
        statuses=_lasting(statuses, None),
        opened_at=first.occurred_at,
        opened_by=str(first.actor),
        acknowledged_at=acknowledged_at,
        mitigated_at=mitigated_at,
        resolved_at=resolved_at,
        measures=_measures(ordered, first.occurred_at, mitigated_at, resolved_at),
    )


def _measures(
    ordered: Sequence[Entry], opened_at: datetime, mitigated_at: datetime | None, resolved_at: datetime | None
) -> tuple[Measure, ...]:
    return (
        Measure(
            name="Time to acknowledge",
            value=_between(_first(ordered, _alerts), _first(ordered, _acknowledges)),
            definition="from the first alert to the first acknowledgement at the pager",
        ),
        Measure(
            name="Time to first update",
            value=_between(opened_at, _first(ordered, _updates)),
            definition="from the opening of the incident to the first update that somebody posted",
        ),
        Measure(
            name="Time to mitigate",
            value=_between(opened_at, mitigated_at),
            definition="from the opening of the incident to the first time it was mitigated or monitoring",
        ),
        Measure(
            name="Time to resolve",
            value=_between(opened_at, resolved_at),
            definition="from the opening of the incident to its resolution, the last one if it was reopened",
        ),
    )


def _changes(
    ordered: Sequence[Entry],
    kind: type[incident.StatusChanged] | type[incident.SeverityChanged],
    people: People,
) -> Iterator[Stage]:
    for entry in ordered:
        if isinstance(entry.event, kind):
            reason = readable(entry.event.reason, entry, people)
            yield Stage(
                name=entry.event.after,
                since=entry.occurred_at,
                lasted=None,
                by=str(entry.actor),
                reason=reason,
            )


def _lasting(stages: Sequence[Stage], end: datetime | None) -> tuple[Stage, ...]:
    """Return the stages with how long each lasted; the last one lasted until ``end``."""
    lasted = [later.since - earlier.since for earlier, later in pairwise(stages)]
    last = _between(stages[-1].since, end)
    return tuple(
        stage.model_copy(update={"lasted": length})
        for stage, length in zip(stages, [*lasted, last], strict=True)
    )


def _first(ordered: Sequence[Entry], holds: Callable[[Event], bool]) -> datetime | None:
    return next((entry.occurred_at for entry in ordered if holds(entry.event)), None)


def _alerts(event: Event) -> bool:
    triggered = isinstance(event, incident.PageChanged) and event.change == "triggered"
    return triggered or isinstance(event, incident.AlertReceived)


def _acknowledges(event: Event) -> bool:
    return isinstance(event, incident.PageChanged) and event.change == "acknowledged"


def _updates(event: Event) -> bool:
    return isinstance(event, incident.UpdatePosted)


def _between(start: datetime | None, end: datetime | None) -> timedelta | None:
    """Return the time between them; None where one is not known, or the clocks contradict each other."""
    return end - start if start is not None and end is not None and end >= start else None
