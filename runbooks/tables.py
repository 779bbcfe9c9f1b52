"""The projections of run and runbook events; ``projections`` writes them, everybody else only reads."""

from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import Column, DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from tocsin.events import Actor


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
    author: dict[str, JsonValue] = Field(sa_column=Column(JSONB))
    """The actor who wrote it; of a commit, who wrote that."""
    source: str | None = None
    """Name of the git source that it came from; its repository and commit stand beside."""
    repository: str | None = None
    commit: str | None = None
    published_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    """When it was published first. It may be again, without a review."""

    @property
    def written_by(self) -> Actor:
        """Return its author."""
        return Actor.model_validate(self.author)


class Pointer(SQLModel, table=True):
    """Which revision a channel of a runbook is at."""

    runbook: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    """``published``, which runs when nothing else is said, or ``stable``."""
    digest: str
    previous: str | None = None
    """Where the channel was before."""
    by_person: bool
    """A person chose it: changed files of a folder do not move it any more."""


class Proposal(SQLModel, table=True):
    """A runbook's draft: the revision that people are asked about. At most one of a runbook."""

    runbook: str = Field(primary_key=True)
    digest: str
    against: str | None = None
    """What was published when it was proposed; reviews are of the change from there."""
    proposed_by: str
    proposed_at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    reviewers: list[dict[str, JsonValue]] = Field(sa_column=Column(JSONB))
    """The actors who agreed."""

    @property
    def agreed(self) -> tuple[Actor, ...]:
        """Return who agreed."""
        return tuple(map(Actor.model_validate, self.reviewers))


class SourceState(SQLModel, table=True):
    """What is known of one source of runbooks."""

    __tablename__ = "source"

    name: str = Field(primary_key=True)
    commit: str = ""
    """The commit that landed last; empty for a folder."""
    landed_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))
    refused_commit: str = ""
    problems: list[str] = Field(sa_column=Column(JSONB))
    """Why nothing was taken of the newest state; empty when it was."""
    refused_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True)))


class SourceFile(SQLModel, table=True):
    """One runbook that a source holds: its name is the source's."""

    __tablename__ = "source_file"

    source: str = Field(primary_key=True)
    path: str = Field(primary_key=True)
    runbook: str
    digest: str


class SourceLook(SQLModel, table=True):
    """The newest look at a git source. No projection: it is not in the log, and may be forgotten."""

    __tablename__ = "source_look"

    name: str = Field(primary_key=True)
    at: datetime = Field(sa_column=Column(DateTime(timezone=True)))
    error: str = ""
    """Why it could not be read; empty when it could."""


class Standing(SQLModel, table=True):
    """How a runbook's published revision did of late."""

    runbook: str = Field(primary_key=True)
    failures: int
    """Runs that failed in a row."""
    demoted: bool
    """It was said that its triggers only propose."""
