"""What happens to runbooks, and to the places they are kept in."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from tocsin.events.base import Event

Channel = Literal["draft", "published", "stable"]
"""``draft``: proposed last. ``published``: runs when nothing else is said. ``stable``: known to be good."""


class Provenance(BaseModel):
    """Where in git a revision was found. Its author is the actor of the event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Name of the source in tocsin.yaml."""
    repository: str
    commit: str
    """Full hash."""
    path: str
    """In the repository."""
    committed_at: datetime


class LandedFile(BaseModel):
    """One runbook of a source as it is now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """Beneath the source's place."""
    runbook: str
    digest: str


class RevisionRecorded(Event):
    """A runbook's content was seen for the first time. Immutable: its digest is its name."""

    type: Literal["revision_recorded"] = "revision_recorded"
    runbook: str
    digest: str
    content: dict[str, JsonValue]
    """The canonical form."""
    text: str
    """The file as it was written."""
    origin: str
    """Path, or git commit and path."""
    provenance: Provenance | None = None
    """Of one that came from git."""


class RevisionProposed(Event):
    """A revision became the runbook's draft: people are asked whether it shall be published."""

    type: Literal["revision_proposed"] = "revision_proposed"
    runbook: str
    digest: str
    against: str | None = None
    """What is published now; reviews are of the change from there."""
    needed: int
    """People who have to agree, the author not among them."""
    changes: tuple[str, ...] = ()
    """What the change means, one line each."""
    raises: tuple[str, ...] = ()
    """Those of them that take more people."""


class ReviewGiven(Event):
    """One person agreed with a proposed revision."""

    type: Literal["review_given"] = "review_given"
    runbook: str
    digest: str
    against: str | None = None
    comment: str = ""


class ProposalRejected(Event):
    """A person refused a proposed revision; the runbook has no draft any more."""

    type: Literal["proposal_rejected"] = "proposal_rejected"
    runbook: str
    digest: str
    reason: str


class RevisionPublished(Event):
    """A channel of the runbook moved to this revision."""

    type: Literal["revision_published"] = "revision_published"
    runbook: str
    digest: str
    previous: str | None = None
    """Where the channel was before."""
    channel: Literal["published", "stable"] = "published"


class RunbookWithdrawn(Event):
    """The runbook's file is gone from its source: nothing of it is published any more."""

    type: Literal["runbook_withdrawn"] = "runbook_withdrawn"
    runbook: str
    source: str
    commit: str = ""


class SourceLanded(Event):
    """What a source says now is recorded, all of it."""

    type: Literal["source_landed"] = "source_landed"
    source: str
    place: str
    """Folder, or URL of the repository."""
    commit: str = ""
    """Empty for a folder."""
    author: str = ""
    changed: tuple[LandedFile, ...] = ()
    """Files that are new, or say something new."""
    gone: tuple[str, ...] = ()
    """Paths of the files that are no more."""


class SourceRefused(Event):
    """Something in a source is wrong, so nothing of it was taken; what was published stays."""

    type: Literal["source_refused"] = "source_refused"
    source: str
    place: str
    commit: str = ""
    author: str = ""
    problems: tuple[str, ...]
    """``file:line:col: message``, every one of them."""


class SourceUnreachable(Event):
    """A source cannot be read; what was published stays."""

    type: Literal["source_unreachable"] = "source_unreachable"
    source: str
    place: str
    error: str


class TriggersDemoted(Event):
    """The runbook failed so often in a row that its triggers only propose, whatever their mode."""

    type: Literal["triggers_demoted"] = "triggers_demoted"
    runbook: str
    digest: str
    """The published revision that failed."""
    failures: int


class TriggersRearmed(Event):
    """An admin let the runbook's triggers act by themselves again."""

    type: Literal["triggers_rearmed"] = "triggers_rearmed"
    runbook: str
    reason: str = ""
