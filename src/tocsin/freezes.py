"""When nothing may be changed: ``calendars:`` of ``tocsin.yaml``."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from tocsin.zones import Zone

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ClockTime = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
"""``HH:MM``, from ``00:00`` to ``24:00``."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Span(_Part):
    """One stretch of time."""

    from_: AwareDatetime = Field(alias="from")
    """With its offset, such as ``2026-12-20T00:00:00+01:00``."""
    to: AwareDatetime
    """The first moment that is free again."""
    why: str = ""

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("`to` has to come after `from`")
        return self


class Weekly(_Part):
    """The same hours on days of every week."""

    days: tuple[Day, ...] = Field(min_length=1)
    """On which days it begins."""
    from_: ClockTime = Field(default="00:00", alias="from")
    to: ClockTime = "24:00"
    """Not later than ``from``: it ends on the next day."""
    timezone: Zone = "UTC"
    """IANA name. An hour that comes twice belongs to it both times."""
    why: str = ""


class Calendar(_Part):
    """A time in which runbooks change nothing: all of its parts together."""

    windows: tuple[Span, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    ics: Path | None = None
    """An iCalendar file; every event in it that is not cancelled counts, with all its recurrences."""
    timezone: Zone = "UTC"
    """Of what in ``ics`` names no time zone: whole days, and times of the clock on the wall."""
    everywhere: bool = False
    """It holds for every runbook that names no calendar in ``guardrails.freeze``."""
