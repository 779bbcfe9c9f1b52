"""What every event is, and how one stands in the log."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """Something that happened, named in the past tense. Frozen; its ``type`` never changes meaning."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Actor(BaseModel):
    """Who caused an event, as it was known then; a later change of name rewrites nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["slack", "pagerduty", "api", "cli", "web", "git", "system"]
    id: str
    """The door's own id: ``U0ANA``, ``PLH1HKV``, a token's name, a login, a commit's email."""
    name: str = ""
    email: str | None = None

    def __str__(self) -> str:
        return self.name or self.id

    def is_same_person(self, other: "Actor") -> bool:
        """Say whether two actors are one person; the same email through another door is."""
        if self.email and other.email:
            return self.email.lower() == other.email.lower()
        return (self.kind, self.id) == (other.kind, other.id)


SYSTEM = Actor(kind="system", id="tocsin", name="Tocsin")


class Fact(BaseModel):
    """An event on its way into the log, with what the event itself does not say."""

    model_config = ConfigDict(frozen=True)

    event: Event
    actor: Actor = SYSTEM
    occurred_at: datetime | None = None
    """When it happened; None means now."""
    source: str = "tocsin"
    """Where we learnt it: ``tocsin``, ``slack``, ``pagerduty``, ``api``, ``cli``."""
    source_ref: str | None = None
    """The source's own id of it, unique in the stream: a second append with it is a duplicate."""
    incident_id: str | None = None
    run_id: str | None = None
