"""What routes are handed: built by the composition root, kept on the app."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from tocsin.access import Access
from tocsin.actions.registry import Registry
from tocsin.db import Database
from tocsin.incidents.intake import Intake
from tocsin.incidents.lifecycle import Lifecycle
from tocsin.jobs import JobQueue
from tocsin.log import Log
from tocsin.postmortems.drafts import Drafts
from tocsin.runbooks.care import Care
from tocsin.runbooks.commands import Runs
from tocsin.runbooks.demotion import Standings
from tocsin.runbooks.hooks import Hooks
from tocsin.runbooks.preview import Preview
from tocsin.runbooks.programs import Programs
from tocsin.runbooks.proposals import Proposals
from tocsin.runbooks.revisions import Revisions
from tocsin.runbooks.sources import Sources
from tocsin.runbooks.suggestions import Suggestions
from tocsin.runbooks.switch import Switch
from tocsin.runbooks.triggers import Triggers
from tocsin.settings import Settings


@dataclass(frozen=True)
class Door:
    """Everything the routes use."""

    settings: Settings
    database: Database
    log: Log
    jobs: JobQueue
    access: Access
    intake: Intake
    triggers: Triggers
    hooks: Hooks
    suggestions: Suggestions
    lifecycle: Lifecycle
    runs: Runs
    care: Care
    switch: Switch
    preview: Preview
    programs: Programs
    revisions: Revisions
    proposals: Proposals
    sources: Sources
    standings: Standings
    registry: Registry
    drafts: Drafts


async def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


TheDoor = Annotated[Door, Depends(_door)]
