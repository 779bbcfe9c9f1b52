"""When nothing may be changed: the freezes of ``tocsin.yaml``. Pure, but for reading them in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Window:
    """One stretch of time in which nothing may be changed. Times are aware; the end is outside."""

    start: datetime
    end: datetime
    why: str = ""


@dataclass(frozen=True)
class Closed:
    """A calendar says no."""

    calendar: str
    until: datetime
    why: str


@dataclass(frozen=True)
class Calendars:
    """Every calendar there is, by name."""

    windows: Mapping[str, Sequence[Window]] = field(default_factory=dict)
    everywhere: frozenset[str] = frozenset()
    """The calendars that hold for every runbook that names none."""

    def closed(self, names: Sequence[str] | None, now: datetime) -> Closed | None:
        """Return the window that lasts longest of those that are open now in these calendars; None: free.

        ``names`` are ``calendar:NAME`` or ``NAME``; None stands for the calendars that hold everywhere.
        """
        wanted = self.everywhere if names is None else {name.removeprefix("calendar:") for name in names}
        found = [
            Closed(name, window.end, window.why)
            for name in sorted(wanted)
            for window in self.windows.get(name, ())
            if window.start <= now < window.end
        ]
        return max(found, key=lambda one: one.until, default=None)
