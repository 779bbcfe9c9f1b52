"""The projections of incident events; ``projections`` writes them, everybody else only reads."""

from datetime import datetime

from sqlalchemy import Column, DateTime
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlmodel import Field, SQLModel


class Incident(SQLModel, table=True):
    """An incident as it stands."""

    id: str = Field(primary_key=True)
    number: int
    title: str
    severity: str
    status: str
    summary: str
    service: str | None = None
    private: bool
    opened_by: str
    """Name of the person or system that opened it."""
    opened_by_id: str
    """``slack:U0ANA`` and the like."""
    opened_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    resolved_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    update: str = ""
    """The newest update somebody posted."""
    channel: str | None = None
    channel_name: str | None = None
    people: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(TEXT)))
    """Slack ids of everybody who was invited; a private incident is theirs."""

    @property
    def ref(self) -> str:
        """Return the name people use: ``INC-12``."""
        return f"INC-{self.number}"

    @property
    def open(self) -> bool:
        """Say whether it still goes on."""
        return self.resolved_at is None


class Page(SQLModel, table=True):
    """A pager's incident that belongs to one of ours."""

    source: str = Field(primary_key=True)
    dedup_key: str = Field(primary_key=True)
    incident_id: str
    title: str
    status: str
    """``triggered``, ``acknowledged`` or ``resolved``, by the newest event we know."""
    url: str
    changed_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    resolved_by_us: bool = False


class Delivery(SQLModel, table=True):
    """A webhook that was stored."""

    source: str = Field(primary_key=True)
    event_id: str = Field(primary_key=True)
    event_type: str
    subject: str | None = None
    """The pager's incident it is about."""
    change: str | None = None
    """Null: of no consequence, only stored."""
    position: int


class Kept(SQLModel, table=True):
    """A chat message that is edited in place."""

    incident_id: str = Field(primary_key=True)
    artefact: str = Field(primary_key=True)
    channel: str
    ts: str
    permalink: str


class Assignment(SQLModel, table=True):
    """Who has a role now."""

    incident_id: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    person: str
    person_name: str
