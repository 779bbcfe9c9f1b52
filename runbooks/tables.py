"""The projections of run and runbook events; ``projections`` writes them, everybody else only reads."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Column, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class Run(SQLModel, table=True):
    """A run as it stands; its steps are folded from the log when somebody looks (``state.fold``)."""

    id: str = Field(primary_key=True)
    runbook: str
    revision: str
    status: str
    """As in the language: ``requested``, ``awaiting_approval``, … ``needs_attention``."""
    mode: str
    trigger: str
    incident_id: str | None = None
    requested_by: str
    requested_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    finished_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    summary: str = ""
    dedupe_key: str | None = None
    rate_key: str | None = None
    cooldown_key: str | None = None
    """What the runbook's limits count it by; None: there is no such limit."""
    rerun_of: str | None = None
    fired_by: str | None = None
    """The trigger that started it by itself."""


class Suggestion(SQLModel, table=True):
    """A run that a trigger offers."""

    id: str = Field(primary_key=True)
    runbook: str
    inputs: dict[str, JsonValue] = Field(sa_column=Column(JSONB))
    trigger: str
    """What happened: ``incident:opened``, ``alert``."""
    fired_by: str
    dedupe_key: str | None = None
    incident_id: str | None = None
    position: int
    """Of its event in the log."""
    suggested_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    run_id: str | None = None
    """The run that a person started from it; None: nobody did."""
    taken_by: str | None = None


class Tick(SQLModel, table=True):
    """How far a schedule has come. No projection: it is not in the log; forgotten, it counts from now on."""

    trigger: str = Field(primary_key=True)
    """The trigger's own name."""
    last: datetime = Field(sa_column=Column(DateTime(timezone=True)))


class Stop(SQLModel, table=True):
    """At most one row: while it is there, no run begins anything further."""

    id: int = Field(default=1, primary_key=True)
    reason: str
    stopped_by: str
    stopped_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))


class Lock(SQLModel, table=True):
    """One run's place in the line for one resource; the lowest position is first."""

    resource: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    position: int
    held: bool


class Revision(SQLModel, table=True):
    """One content of a runbook, for ever."""

    runbook: str = Field(primary_key=True)
    digest: str = Field(primary_key=True)
    number: int
    """From 1, by the order in which contents were first seen."""
    content: dict[str, JsonValue] = Field(sa_column=Column(JSONB))
    text: str
    origin: str
    recorded_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))


class Published(SQLModel, table=True):
    """Which revision of a runbook runs when none is named."""

    runbook: str = Field(primary_key=True)
    digest: str
    by_person: bool
    """A person chose it: changed files do not move it any more."""
