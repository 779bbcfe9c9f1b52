"""When nothing may be changed: the freezes of ``tocsin.yaml``, for one moment. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from tocsin.freezes import DAYS, Weekly

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """One stretch of time in which nothing may be changed. Times are aware; the end is outside."""

    start: datetime
    end: datetime
    why: str = ""

    def covering(self, now: datetime) -> "Window | None":
        """Return itself while it is open."""
        return self if self.start <= now < self.end else None


class Rule(Protocol):
    """A part of a calendar."""

    def covering(self, now: datetime) -> Window | None:
        """Return the window that is open now, the one that lasts longest; None: none is."""
        ...


@dataclass(frozen=True)
class Hours:
    """The same hours every week."""

    week: Weekly

    def covering(self, now: datetime) -> Window | None:
        """Return the window that is open now: one that began today, or yesterday."""
        today = now.astimezone(ZoneInfo(self.week.timezone)).date()
        days = [day for day in (today - _DAY, today) if DAYS[day.weekday()] in self.week.days]
        return longest(self._of(day).covering(now) for day in days)

    def _of(self, day: date) -> Window:
        """Return the window of a day. Where the clock changes at its ends, the longer reading holds."""
        begin, end = _minutes(self.week.from_), _minutes(self.week.to)
        end += 0 if end > begin else 24 * 60
        zone = ZoneInfo(self.week.timezone)
        return Window(min(_readings(day, begin, zone)), max(_readings(day, end, zone)), self.week.why)


@dataclass(frozen=True)
class Closed:
    """A calendar says no."""

    calendar: str
    until: datetime
    why: str


@dataclass(frozen=True)
class Calendars:
    """Every calendar there is, by name."""

    windows: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()
    """The calendars that hold for every runbook that names none."""

    def closed(self, names: Sequence[str] | None, now: datetime) -> Closed | None:
        """Return the window that lasts longest of those that are open now in these calendars; None: free.

        ``names`` are ``calendar:NAME`` or ``NAME``; None stands for the calendars that hold everywhere. One
        that is not there is closed until the day is over: nobody can say that it allows a change.
        """
        wanted = self.everywhere if names is None else set(map(plain, names))
        found = [self._closed(name, now) for name in sorted(wanted)]
        return max(filter(None, found), key=lambda one: one.until, default=None)

    def _closed(self, name: str, now: datetime) -> Closed | None:
        if name not in self.windows:
            midnight = datetime.combine(now.astimezone(UTC).date() + _DAY, time(), UTC)
            return Closed(name, midnight, "tocsin.yaml has no such calendar")
        window = longest(rule.covering(now) for rule in self.windows[name])
        return Closed(name, window.end, window.why) if window else None


def plain(name: str) -> str:
    """Return a calendar's name without the ``calendar:`` in front of it."""
    return name.removeprefix("calendar:")


def longest(windows: Iterable[Window | None]) -> Window | None:
    """Return the window that ends last."""
    return max(filter(None, windows), key=lambda one: one.end, default=None)


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _readings(day: date, minutes: int, zone: ZoneInfo) -> list[datetime]:
    """Return what a time on the wall can mean: two moments where the clock skips it or shows it twice."""
    shown = datetime.combine(day, time()) + timedelta(minutes=minutes)
    return [shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
