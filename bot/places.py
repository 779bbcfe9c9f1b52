"""Where things are said that belong to an incident, or to none."""

from tocsin.bot.office import Office
from tocsin.bot.wire import Refused
from tocsin.events import incident as events
from tocsin.incidents.tables import Incident
from tocsin.log import Entry


async def place_of(office: Office, incident_id: str | None) -> str | None:
    """Return the incident's channel, else the announcements channel; raise Refused where there is neither.

    None: the incident's channel is not open yet.
    """
    if incident_id is None:
        return _announcements(office)
    async with office.database.transaction() as session:
        incident = await session.get_one(Incident, incident_id)
        entries = await office.log.read(session, f"incident/{incident_id}")
    if incident.channel is not None:
        return incident.channel
    if not any(_gave_up(entry) for entry in entries):
        return None
    if incident.private:
        raise Refused("private_without_channel")
    return _announcements(office)


def _announcements(office: Office) -> str:
    where = office.organisation.announcements
    if where is None:
        raise Refused("no_announcements")
    return where


def _gave_up(entry: Entry) -> bool:
    match entry.event:
        case events.ArtefactFailed(artefact="channel") | events.JobAbandoned(job="bot.open_channel"):
            return True
        case _:
            return False
