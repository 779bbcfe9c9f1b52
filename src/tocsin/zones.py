"""Time zones by their IANA names."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone; write its IANA name, such as `Europe/Berlin`") from None
    return name


Zone = Annotated[str, AfterValidator(_known)]
"""IANA name, such as ``Europe/Berlin``."""
