"""Keeps what an incident has in Slack: channel, topic, pinned summary, announcement, people.

Every job reads what is, does one thing, and stores the fact; tried again, it finds what it did before.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlmodel import col, select

from tocsin.bot.channels import Channels
from tocsin.bot.office import Office
from tocsin.bot.scenes import scene
from tocsin.bot.speech import Said, Words
from tocsin.bot.views.incident import announcement, summary, topic
from tocsin.bot.wire import Refused, told
from tocsin.events import Event, Fact
from tocsin.events import incident as events
from tocsin.incidents import look
from tocsin.incidents.tables import Incident, Kept

_VIEWS = {"summary": summary, "announcement": announcement}


class Upkeep:
    """The jobs of an incident's artefacts."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._channels = Channels(office.client, office.people)

    async def open_channel(self, incident_id: str) -> None:
        """Make the incident's channel."""
        async with self._office.database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
            taken = (
                await session.exec(select(Incident.channel).where(col(Incident.channel).is_not(None)))
            ).all()
        if incident.channel is not None:
            return
        async with self._blamed(incident_id, "channel"):
            channel, name = await self._channels.open(incident, frozenset(one for one in taken if one))
            await self._store(incident_id, events.ChannelOpened(channel=channel, name=name), "channel")

    async def set_topic(self, incident_id: str) -> None:
        """Write status and severity over the channel."""
        incident = await self._incident(incident_id)
        if incident.channel is not None:
            async with self._blamed(incident_id, "topic"):
                with told():
                    await self._office.client.conversations_setTopic(
                        channel=incident.channel, topic=topic(incident)
                    )

    async def pin_summary(self, incident_id: str) -> None:
        """Post the summary and pin it."""
        incident = await self._incident(incident_id)
        if incident.channel is None:
            return
        async with self._blamed(incident_id, "summary"):
            said = await self._post(incident, "summary", incident.channel)
            with told("already_pinned"):
                await self._office.client.pins_add(channel=said.channel, timestamp=said.ts)
            await self._keep(incident_id, "summary", said)

    async def announce(self, incident_id: str) -> None:
        """Post the one message in the announcements channel."""
        incident, where = await self._incident(incident_id), self._office.organisation.announcements
        if where is None or incident.private:
            return
        async with self._blamed(incident_id, "announcement"):
            await self._keep(incident_id, "announcement", await self._post(incident, "announcement", where))

    async def invite(self, incident_id: str) -> None:
        """Bring people in: who declared it, and who knows the service."""
        incident = await self._incident(incident_id)
        if incident.channel is None:
            return
        async with self._blamed(incident_id, "invitation"):
            people, missing = await self._people(incident)
            if people:
                with told("already_in_channel", "cant_invite_self"):
                    await self._office.client.conversations_invite(
                        channel=incident.channel, users=",".join(people), force=True
                    )
            names = {one: str(await self._office.people.actor(one)) for one in people}
            invited = events.PeopleInvited(people=people, names=names, missing=missing)
            await self._store(incident_id, invited, "invitation")

    async def refresh(self, incident_id: str) -> None:
        """Let summary and announcement say what is."""
        async with self._office.database.transaction() as session:
            incident = await session.get_one(Incident, incident_id)
            kept = await look.kept(session, incident_id)
            shown = await scene(self._office, session, incident)
        for artefact, view in _VIEWS.items():
            if artefact in kept:
                async with self._blamed(incident_id, artefact):
                    await self._office.speech.edit(_said(kept[artefact]), view(shown))

    async def _people(self, incident: Incident) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return Slack ids of whom to invite, and who has none, with the reason."""
        kind, _, opener = incident.opened_by_id.partition(":")
        found, missing = [opener] if kind == "slack" else [], []
        for name in self._wanted(incident):
            user = await self._office.people.by_email(name) if "@" in name else name
            found += [user] if user else []
            missing += [] if user else [f"{name} (nobody here has this address)"]
        return tuple(dict.fromkeys(found)), tuple(missing)

    def _wanted(self, incident: Incident) -> list[str]:
        organisation = self._office.organisation
        service = organisation.services.get(incident.service or "")
        if service is None:
            return []
        team = organisation.teams.get(service.team or "")
        members = team.members if team and not incident.private else ()
        names = [name.removeprefix("slack:").removeprefix("user:") for name in (*service.people, *members)]
        return [name for name in names if ":" not in name]

    async def _post(self, incident: Incident, artefact: str, where: str) -> Said:
        async with self._office.database.transaction() as session:
            words: Words = _VIEWS[artefact](await scene(self._office, session, incident))
        return await self._office.speech.post(where, f"{incident.id}:{artefact}", words, incident.opened_at)

    async def _keep(self, incident_id: str, artefact: str, said: Said) -> None:
        link = await self._office.speech.permalink(said)
        kept = events.MessageKept(artefact=artefact, channel=said.channel, ts=said.ts, permalink=link)
        await self._store(incident_id, kept, f"kept:{artefact}")

    async def _incident(self, incident_id: str) -> Incident:
        async with self._office.database.transaction() as session:
            return await session.get_one(Incident, incident_id)

    @asynccontextmanager
    async def _blamed(self, incident_id: str, artefact: str) -> AsyncIterator[None]:
        """Store what Slack refuses as ArtefactFailed, once; what may pass is raised for the queue."""
        try:
            yield
        except Refused as refused:
            failed = events.ArtefactFailed(artefact=artefact, error=refused.code, mend=refused.mend)
            await self._store(incident_id, failed, f"failed:{artefact}:{refused.code}")

    async def _store(self, incident_id: str, event: Event, ref: str) -> None:
        fact = Fact(event=event, source="slack", source_ref=f"slack:{ref}", incident_id=incident_id)
        async with self._office.database.transaction() as session:
            await self._office.log.append(session, f"incident/{incident_id}", [fact])


def _said(kept: Kept) -> Said:
    return Said(kept.channel, kept.ts)
