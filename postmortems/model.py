"""What a postmortem holds: the facts, folded from the log, and the questions that only people can answer."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.actions.base import Change
from tocsin.postmortems.texts import WebUrl
from tocsin.postmortems.timeline import Row


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(_Part):
    """A severity or a status, from a moment on."""

    name: str
    since: datetime
    lasted: timedelta | None
    """None: it still is so."""
    by: str
    reason: str = ""


class Measure(_Part):
    """A duration with its definition, without which the number means nothing."""

    name: str
    value: timedelta | None
    """None: not known."""
    definition: str


class Course(_Part):
    """How the incident went through its severities and statuses, and how long that took."""

    severity: str
    severities: tuple[Stage, ...]
    status: str
    statuses: tuple[Stage, ...]
    opened_at: datetime
    opened_by: str
    acknowledged_at: datetime | None
    mitigated_at: datetime | None
    resolved_at: datetime | None
    measures: tuple[Measure, ...]


class Tenure(_Part):
    """A role in a person's hands."""

    role: str
    person: str
    since: datetime
    until: datetime | None
    """When it was handed on; None: kept to the end."""


class Page(_Part):
    """What alerted, and who answered."""

    source: str
    title: str
    service: str
    urgency: str
    url: WebUrl
    at: datetime
    alerts: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None


class Decision(_Part):
    """What one person said to one plan."""

    approved: bool
    by: str
    role: str | None
    at: datetime
    comment: str


class Step(_Part):
    """One step of a run: what it was to change, who allowed it, what came of it."""

    name: str
    status: str
    plan: str
    risk: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]
    decisions: tuple[Decision, ...]
    attempts: int
    started_at: datetime | None
    duration: timedelta | None
    """From the first attempt to the last thing that happened before it was taken back."""
    problem: str
    """Why it was skipped, rejected or failed, or what is left to do by hand."""


class Run(_Part):
    """One run of one revision of a runbook."""

    id: str
    runbook: str
    revision: str
    mode: str
    trigger: str
    inputs: dict[str, JsonValue]
    requested_by: str
    requested_role: str | None
    requested_at: datetime
    status: str
    """How it ended; ``running`` when it had not."""
    result: str
    duration: timedelta | None
    steps: tuple[Step, ...]


class Message(_Part):
    """A pinned message or a posted update, whole."""

    at: datetime
    author: str
    text: str
    permalink: WebUrl = ""


class Person(_Part):
    """Somebody who took part."""

    name: str
    roles: tuple[str, ...]


class Prompt(_Part):
    """A section that people write, and the questions that help them."""

    title: str
    questions: tuple[str, ...]


class Postmortem(_Part):
    """Everything a reader of a postmortem is told. Texts are as people wrote them: escaping is render's."""

    ref: str
    title: str
    url: WebUrl
    version: int
    """Of the draft; 0 before there is one."""
    position: int
    """Log position it was folded up to."""
    written_at: datetime
    """When the newest thing in it was recorded."""
    private: bool
    service: str | None
    summary: str
    course: Course
    roles: tuple[Tenure, ...]
    people: tuple[Person, ...]
    pages: tuple[Page, ...]
    updates: tuple[Message, ...]
    runs: tuple[Run, ...]
    messages: tuple[Message, ...]
    timeline: tuple[Row, ...]
    impact: Prompt
    prompts: tuple[Prompt, ...]
    follow_ups: Prompt
