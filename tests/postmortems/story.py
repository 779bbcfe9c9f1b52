"""A small builder: tells an incident event by event, as the log would hand it out."""

from datetime import UTC, datetime, timedelta

from tocsin.events import SYSTEM, Actor, IncidentEvent, RunbookEvent, RunEvent
from tocsin.events.incident import IncidentOpened
from tocsin.log import Entry

OPENED = datetime(2026, 3, 2, 13, 55, 27, tzinfo=UTC)
ANA = Actor(kind="slack", id="U0ANA", name="Ana", email="ana@acme.example")
BEN = Actor(kind="slack", id="U0BEN", name="Ben", email="ben@acme.example")
BEN_AT_THE_PAGER = Actor(kind="pagerduty", id="PLH1HKV", name="Ben Okafor", email="ben@acme.example")


class Story:
    """Entries of one incident, each ``after`` its opening; ``learnt`` is when we heard of it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def tell(
        self,
        event: IncidentEvent | RunEvent | RunbookEvent,
        after: timedelta = timedelta(0),
        *,
        by: Actor = SYSTEM,
        learnt: timedelta | None = None,
        ref: str | None = None,
        run: str | None = None,
    ) -> "Story":
        position = len(self.entries) + 1
        self.entries.append(
            Entry(
                position=position,
                stream=f"run/{run}" if run else "incident/i1",
                version=position,
                event=event,
                actor=by,
                source="tocsin" if by is SYSTEM else by.kind,
                source_ref=ref,
                incident_id="i1",
                run_id=run,
                occurred_at=OPENED + after,
                recorded_at=OPENED + (after if learnt is None else learnt),
                hash=f"{position:064x}",
            )
        )
        return self


def opened(title: str = "Checkout is down", summary: str = "") -> Story:
    """Return a story that has begun: Ana declared INC-7."""
    event = IncidentOpened(number=7, title=title, severity="sev3", status="investigating", summary=summary)
    return Story().tell(event, by=ANA)


def at(hours: int = 0, minutes: int = 0, seconds: int = 0, days: int = 0) -> timedelta:
    """Return a time after the opening."""
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
