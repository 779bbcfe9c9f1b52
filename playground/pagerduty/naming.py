"""Ids and times as PagerDuty writes them."""

import secrets
from datetime import UTC, datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id(prefix: str, length: int) -> str:
    """Make a random id such as `Q1KD0TLXG4S1VO`: 14 characters for incidents, 26 for events."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length - len(prefix)))


def now() -> datetime:
    """Read the clock, aware UTC."""
    return datetime.now(UTC)


def to_seconds(moment: datetime) -> str:
    """Write a time as the REST API does: `2015-10-06T21:30:42Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def to_milliseconds(moment: datetime) -> str:
    """Write a time as a webhook's `occurred_at`: `2020-10-02T18:45:22.169Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def maybe_seconds(moment: datetime | None) -> str | None:
    """Write a time that may be absent."""
    return None if moment is None else to_seconds(moment)
