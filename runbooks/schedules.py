"""The times of ``schedule`` triggers. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tocsin.runbooks.model import Schedule

_RUN_UP = timedelta(hours=3)
"""More than any clock is put back: begun in an hour that comes for the second time, cronsim repeats it."""
_LOOKS = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366))


def newest(schedule: Schedule, since: datetime, now: datetime) -> datetime | None:
    """Return the last time of the schedule after ``since`` and not after ``now``; None: there is none.

    Looked for from near to far: what comes every minute need not be counted through a whole year.
    """
    for far in _LOOKS:
        found = _newest(schedule, max(since, now - far), now)
        if found is not None or now - far <= since:
            return found
    return None


def _newest(schedule: Schedule, since: datetime, now: datetime) -> datetime | None:
    zone = ZoneInfo(schedule.timezone)
    found = None
    for tick in CronSim(schedule.cron, (since - _RUN_UP).astimezone(zone)):
        at = tick.astimezone(UTC)
        if at > now:
            break
        if at > since:
            found = at
    return found
