"""What everything in this folder stands on; main builds it once and hands it in."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from tocsin.bot.people import People
from tocsin.bot.speech import Speech
from tocsin.db import Database
from tocsin.events import Actor
from tocsin.incidents.lifecycle import Lifecycle
from tocsin.jobs import JobQueue
from tocsin.log import Log
from tocsin.organisation import Organisation
from tocsin.postmortems.drafts import Drafts
from tocsin.runbooks.care import Care
from tocsin.runbooks.commands import RunRequest, Runs
from tocsin.runbooks.preview import PlannedStep
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.revisions import Revisions
from tocsin.runbooks.suggestions import Suggestions
from tocsin.runbooks.switch import Switch

Preview = Callable[[Actor, RunRequest], Awaitable[Sequence[PlannedStep]]]
"""Plans a run that nobody starts. It authorizes; it raises what ``Runs.start`` would raise."""


@dataclass(frozen=True)
class Office:
    """The ground, the commands, and the way to Slack."""

    database: Database
    log: Log
    queue: JobQueue
    lifecycle: Lifecycle
    runs: Runs
    care: Care
    switch: Switch
    programs: Programs
    revisions: Revisions
    suggestions: Suggestions
    organisation: Organisation
    client: AsyncWebClient
    """With ``retry_handlers=[]``: a job that is told to wait is tried again by the queue."""
    base_url: str
    """Where the console is, without a slash at the end."""
    signing_secret: str | None
    preview: Preview
    drafts: Drafts
    people: People
    speech: Speech


@dataclass(frozen=True)
class Ask:
    """What a person wants, whichever way they said it: a command, a button, a modal."""

    actor: Actor
    key: str
    """The same for a request that Slack sends again."""
    trigger_id: str
    channel: str = ""
    words: str = ""
    """What was typed after the verb."""
    about: str = ""
    """The button's value, or the modal's ``private_metadata``."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """A modal's inputs, without the empty ones."""
    mentioned: tuple[Actor, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What is said to that person alone, or shown on their screen."""

    text: str = ""
    blocks: tuple[dict[str, object], ...] = ()
    view: dict[str, object] | None = None


@dataclass(frozen=True)
class Links:
    """Addresses in the console."""

    base_url: str

    def incident(self, ref: str) -> str:
        """Return an incident's page."""
        return f"{self.base_url}/incidents/{ref}"

    def run(self, run_id: str) -> str:
        """Return a run's page."""
        return f"{self.base_url}/runs/{run_id}"

    def postmortem(self, ref: str) -> str:
        """Return an incident's postmortem."""
        return f"{self.base_url}/incidents/{ref}/postmortem"
