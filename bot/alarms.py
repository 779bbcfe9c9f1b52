"""Tells everybody at once: what is broken and belongs to no incident, and what steers all runs."""

from tocsin.bot.office import Links, Office
from tocsin.bot.speech import Words
from tocsin.bot.views.alarm import alarm
from tocsin.incidents.tables import Incident


class Alarms:
    """The job that tells it."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def sound(self, position: int) -> None:
        """Say it in the announcements channel, and in the incident's; a private one is named nowhere else."""
        async with self._office.database.transaction() as session:
            [entry] = await self._office.log.read_after(session, position - 1, 1)
            incident = await session.get(Incident, entry.incident_id) if entry.incident_id else None
        words = Words(alarm(entry, Links(self._office.base_url)))
        for place in self._places(incident):
            await self._office.speech.post(place, f"note:{position}", words, entry.recorded_at)

    def _places(self, incident: Incident | None) -> list[str]:
        private = incident is not None and incident.private
        everybody = None if private else self._office.organisation.announcements
        return [place for place in (incident.channel if incident else None, everybody) if place]
