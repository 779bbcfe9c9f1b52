"""The timeline: a pure fold of log entries into rows, in the order things happened."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from tocsin.events.incident import EntryHidden, EntryShown, IncidentOpened, MessagePinned
from tocsin.events.run import RunRequested
from tocsin.log import Entry
from tocsin.postmortems.noise import telling
from tocsin.postmortems.people import People
from tocsin.postmortems.sentences import tell
from tocsin.postmortems.texts import WebUrl, one_line, plain
from tocsin.postmortems.wording import Kind

LATE = timedelta(minutes=5)
"""An entry that was recorded this much after it happened is marked."""
LONGEST = 500
"""Characters of a row's text; what is cut here stands whole in the log."""


class Row(BaseModel):
    """One thing that happened, in one sentence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime
    elapsed: timedelta
    """Since the incident was opened; negative before that."""
    kind: Kind
    text: str
    actor: str
    actor_role: str | None = None
    """What the actor was at that time: ``incident commander``."""
    source: str
    permalink: WebUrl = ""
    position: int
    """Of the log entry; the row's stable name."""
    recorded_at: datetime | None = None
    """When we learnt it, if that was more than five minutes later."""
    run_id: str | None = None
    step: str | None = None
    times: int = 1
    """How often the very same thing happened in a row."""
    until: datetime | None = None
    """When it happened last, if more than once."""


def timeline(entries: Sequence[Entry], people: People | None = None) -> tuple[Row, ...]:
    """Return the rows of an incident's entries, which come in log order.

    Rows are sorted by when things happened, those of one moment as they were logged; hidden entries,
    bookkeeping and noise are left out; repetitions become one row. ``people`` saves folding them twice.
    """
    if not entries:
        return ()
    known = people or People(entries)
    runbooks = runbook_names(entries)
    opened_at = next((e.occurred_at for e in entries if isinstance(e.event, IncidentOpened)), None)
    start = opened_at or entries[0].occurred_at
    ordered = sorted(telling(visible(entries)), key=lambda entry: (entry.occurred_at, entry.position))
    rows = (_row(entry, start, known, runbooks) for entry in ordered)
    return tuple(_grouped(row for row in rows if row is not None))


def visible(entries: Sequence[Entry]) -> list[Entry]:
    """Return the entries that nobody hid, or that were shown again since."""
    hidden: set[tuple[str, str | None]] = set()
    for entry in entries:
        if isinstance(entry.event, EntryHidden):
            hidden.add((entry.stream, entry.event.source_ref))
        elif isinstance(entry.event, EntryShown):
            hidden.discard((entry.stream, entry.event.source_ref))
    return [entry for entry in entries if (entry.stream, entry.source_ref) not in hidden]


def runbook_names(entries: Iterable[Entry]) -> dict[str | None, str]:
    """Return the runbook of every run that was requested, by the run's id."""
    return {e.run_id: e.event.runbook for e in entries if isinstance(e.event, RunRequested)}


def readable(text: str, entry: Entry, people: People) -> str:
    """Return a text of the entry as people read it: what came from Slack is in Slack's own markup."""
    from_slack = entry.source == "slack" or isinstance(entry.event, MessagePinned)
    return plain(text, people.name) if from_slack else text


def _row(entry: Entry, start: datetime, people: People, runbooks: dict[str | None, str]) -> Row | None:
    told = tell(entry.event, people.name, runbooks.get(entry.run_id, "a run"))
    if told is None:
        return None
    author = entry.event.author if isinstance(entry.event, MessagePinned) else None
    late = entry.recorded_at - entry.occurred_at > LATE
    return Row(
        at=entry.occurred_at,
        elapsed=entry.occurred_at - start,
        kind=told.kind,
        text=one_line(readable(told.text, entry, people), LONGEST),
        actor=one_line(people.name(author) if author else str(entry.actor)),
        actor_role=people.roles(author, entry.occurred_at, entry.position)
        if author
        else people.roles_of(entry),
        source=entry.source,
        permalink=told.link,
        position=entry.position,
        recorded_at=entry.recorded_at if late else None,
        run_id=entry.run_id,
        step=told.step,
    )


def _grouped(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows, the same thing several times in a row as one."""
    held: Row | None = None
    for row in rows:
        if held is not None and _same(held, row):
            held = held.model_copy(update={"times": held.times + 1, "until": row.at})
            continue
        if held is not None:
            yield held
        held = row
    if held is not None:
        yield held


def _same(one: Row, other: Row) -> bool:
    return (one.kind, one.text, one.actor, one.run_id) == (other.kind, other.text, other.actor, other.run_id)
