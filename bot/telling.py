"""Tells people: lines in an incident's channel, the postmortem, the plan of a run that nobody started."""

import json

from tocsin.bot.names import RUNBOOK
from tocsin.bot.office import Links, Office
from tocsin.bot.speech import Words
from tocsin.bot.views.incident import note
from tocsin.bot.views.plan import preview
from tocsin.bot.views.text import esc, link
from tocsin.bot.wire import Refused, told
from tocsin.errors import TocsinError
from tocsin.events import SYSTEM
from tocsin.events import incident as events
from tocsin.events.runbook import TriggersDemoted
from tocsin.incidents.tables import Incident
from tocsin.log import Entry
from tocsin.runbooks.commands import RunRequest


class Telling:
    """The jobs that say something once."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def say(self, incident_id: str, position: int) -> None:
        """Say in the channel what happened; where there is none, tell the declarer what is broken.

        An incident that nobody declared was paged: then everybody is told.
        """
        incident, entry = await self._read(incident_id, position)
        words = Words(note(entry))
        broken = isinstance(entry.event, events.ArtefactFailed | events.JobAbandoned | TriggersDemoted)
        if incident.channel is not None:
            try:
                await self._office.speech.post(incident.channel, _key(entry), words, entry.recorded_at)
            except Refused:
                if not broken:
                    raise
            else:
                return
        listener = self._listener(incident)
        if broken and listener is not None:
            about = Words(f"*{incident.ref} {esc(incident.title)}*\n{words.text}")
            await self._office.speech.post(listener, _key(entry), about, entry.recorded_at)

    def _listener(self, incident: Incident) -> str | None:
        """Return who is told of what is broken in an incident without a channel."""
        kind, _, opener = incident.opened_by_id.partition(":")
        if kind == "slack":
            return opener
        return None if incident.private else self._office.organisation.announcements

    async def share_postmortem(self, incident_id: str, position: int) -> None:
        """Post the draft's link and its text as a file: one message, also after a retry."""
        incident, entry = await self._read(incident_id, position)
        if incident.channel is None or not isinstance(entry.event, events.PostmortemDrafted):
            return
        name = f"{incident.ref}-postmortem-{entry.event.version}.md"
        if await self._shared(incident.channel, name, entry):
            return
        async with self._office.database.transaction() as session:
            draft = await self._office.drafts.export(session, SYSTEM, incident_id, "md", entry.event.version)
        url = Links(self._office.base_url).postmortem(incident.ref)
        comment = (
            f":memo: {link(url, f'Postmortem of {incident.ref}')}, draft {entry.event.version}: `{name}`"
        )
        with told():
            await self._office.client.files_upload_v2(
                channel=incident.channel, filename=name, title=name, content=draft, initial_comment=comment
            )

    async def show_plan(self, runbook: str, inputs: str, channel: str, user: str) -> None:
        """Say to one person what a run would change. Nothing is started."""
        try:
            actor = await self._office.people.actor(user)
            request = RunRequest(runbook=runbook, inputs=json.loads(inputs), trigger="slash", from_text=True)
            steps = await self._office.preview(actor, request)
        except TocsinError as error:
            words = Words(f"*{RUNBOOK} plan {esc(runbook)}*: {esc(str(error))}")
        else:
            words = preview(runbook, steps)
        await self._office.speech.whisper(channel, user, words)

    async def _shared(self, channel: str, name: str, entry: Entry) -> bool:
        """Say whether an earlier try uploaded the file; uploads carry no metadata, but a comment."""
        me = await self._office.people.me()
        with told():
            pages = await self._office.client.conversations_history(
                channel=channel, oldest=f"{entry.recorded_at.timestamp() - 120:.6f}", limit=200
            )
            async for page in pages:
                if any(name in one.get("text", "") and one.get("user") == me for one in page["messages"]):
                    return True
        return False

    async def _read(self, incident_id: str, position: int) -> tuple[Incident, Entry]:
        async with self._office.database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
            found = await self._office.log.read_after(session, position - 1, 1)
        return incident, found[0]


def _key(entry: Entry) -> str:
    return f"note:{entry.position}"
