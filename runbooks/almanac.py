"""Reads the calendars of ``tocsin.yaml`` in, once, when Tocsin starts."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from recurring_ical_events.query import CalendarQuery

from tocsin.errors import BadSetting
from tocsin.freezes import Calendar
from tocsin.runbooks.calendars import Calendars, Hours, Rule, Window, longest

_DAY = timedelta(days=1)


class Feed:
    """The events of an iCalendar file, their recurrences worked out day by day."""

    def __init__(self, query: CalendarQuery, zone: ZoneInfo) -> None:
        self._query = query
        self._zone = zone
        self._known: tuple[date, tuple[Window, ...]] = (date.min, ())

    def covering(self, now: datetime) -> Window | None:
        """Return the event that is going on now, the one that lasts longest; None: none is."""
        today = now.astimezone(UTC).date()
        if self._known[0] != today:
            self._known = (today, tuple(self.around(today)))
        return longest(window.covering(now) for window in self._known[1])

    def around(self, day: date) -> Iterator[Window]:
        """Yield every event of a day in UTC, and of its neighbours: what names no zone may be elsewhere."""
        noon = datetime.combine(day, time(12), UTC)
        for event in self._query.between(noon - 2 * _DAY, noon + 2 * _DAY):
            if event.get("STATUS") != "CANCELLED":
                yield Window(
                    self._moment(event.start), self._moment(event.end), str(event.get("SUMMARY", ""))
                )

    def _moment(self, given: date | datetime) -> datetime:
        """Return a moment: a whole day begins at midnight, and what names no zone is in ours."""
        at = given if isinstance(given, datetime) else datetime.combine(given, time())
        return at if at.tzinfo else at.replace(tzinfo=self._zone)


def calendars_of(given: Mapping[str, Calendar]) -> Calendars:
    """Return the calendars; raise BadSetting naming the file that cannot be read, and what is wrong in it."""
    windows = {name: tuple(_rules(name, calendar)) for name, calendar in given.items()}
    return Calendars(windows, frozenset(name for name, calendar in given.items() if calendar.everywhere))


def _rules(name: str, calendar: Calendar) -> Iterator[Rule]:
    for span in calendar.windows:
        yield Window(span.from_, span.to, span.why)
    yield from map(Hours, calendar.weekly)
    if calendar.ics is not None:
        try:
            yield _feed(calendar.ics, ZoneInfo(calendar.timezone))
        except OSError as error:
            raise _bad(name, calendar.ics, f"cannot be read: {error.strerror}") from error
        except (ValueError, LookupError) as error:
            raise _bad(name, calendar.ics, f"is no calendar: {' '.join(str(error).split())}") from error


def _feed(path: Path, zone: ZoneInfo) -> Feed:
    """Return a file's events; raise ValueError or LookupError for what nobody could work out later."""
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    for event in calendar.walk("VEVENT"):
        called = event.get("SUMMARY") or event.get("UID") or "an event"
        for field, problem in event.errors:
            raise ValueError(f"{called}: {field}: {problem}")
        if "DTSTART" not in event:
            raise ValueError(f"{called}: DTSTART is missing")
    feed = Feed(recurring_ical_events.of(calendar), zone)
    list(feed.around(datetime.now(UTC).date()))
    return feed


def _bad(name: str, path: Path, problem: str) -> BadSetting:
    return BadSetting(f"calendars.{name}.ics: {path} {problem}")
