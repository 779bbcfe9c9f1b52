"""What people do to an incident: command → authorize → event. The caller commits."""

from datetime import datetime
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from tocsin.access import Access, Verb
from tocsin.errors import Conflict, Invalid, NotFound
from tocsin.events import Actor, Event, Fact
from tocsin.events import incident as events
from tocsin.incidents.look import find
from tocsin.incidents.tables import Incident
from tocsin.log import Log
from tocsin.organisation import Organisation

RESOLVED = "resolved"


class Declaration(BaseModel):
    """What it takes to declare an incident."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    severity: str | None = None
    """None: the service's, or the default one."""
    summary: str = Field(default="", max_length=3000)
    service: str | None = None
    private: bool = False


class Pin(BaseModel):
    """A chat message that somebody wants on the timeline."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: str
    ts: str
    text: str
    author: str
    permalink: str = ""
    at: datetime
    """The message's own time."""

    @property
    def ref(self) -> str:
        """Return the timeline entry's ``source_ref``: one entry per message, however often it is pinned."""
        return f"message:{self.channel}:{self.ts}"


class Lifecycle:
    """The commands on incidents, the same for every door."""

    def __init__(self, log: Log, access: Access, organisation: Organisation) -> None:
        self._log = log
        self._access = access
        self._organisation = organisation

    async def declare(
        self, session: AsyncSession, actor: Actor, wanted: Declaration, at: datetime | None = None
    ) -> Incident:
        """Open an incident; raise Invalid when its severity or service is unknown."""
        self._access.authorize(actor, "incident.declare")
        connection = await session.connection()
        number = (await connection.execute(text("select nextval('incident_number')"))).scalar_one()
        opened = events.IncidentOpened(
            number=number,
            title=" ".join(wanted.title.split()),
            severity=self._severity(wanted.severity or self._usual_severity(wanted.service)),
            status=self._organisation.statuses[0],
            **wanted.model_dump(include={"summary", "service", "private"}),
        )
        incident_id = uuid4().hex
        fact = Fact(event=opened, actor=actor, source=actor.kind, incident_id=incident_id, occurred_at=at)
        await self._log.append(session, f"incident/{incident_id}", [fact], expected_version=0)
        return await session.get_one(Incident, incident_id)

    async def change_status(
        self, session: AsyncSession, actor: Actor, ref: str, status: str, reason: str = ""
    ) -> Incident:
        """Move the incident to a live status, or to ``resolved``; raise Conflict when it is there already."""
        incident = await self._changeable(session, actor, ref)
        known = (*self._organisation.statuses, RESOLVED)
        if status not in known:
            raise Invalid(f"there is no status {status!r}; the statuses are {', '.join(known)}")
        if status == incident.status:
            raise Conflict(f"{incident.ref} already is {status}; nothing was changed")
        changed = events.StatusChanged(before=incident.status, after=status, reason=reason)
        return await self._append(session, actor, incident, changed)

    async def resolve(self, session: AsyncSession, actor: Actor, ref: str, reason: str = "") -> Incident:
        """End the incident; raise Conflict when it has ended."""
        return await self.change_status(session, actor, ref, RESOLVED, reason)

    async def reopen(self, session: AsyncSession, actor: Actor, ref: str, reason: str = "") -> Incident:
        """Take a resolved incident up again."""
        return await self.change_status(session, actor, ref, self._organisation.statuses[0], reason)

    async def change_severity(
        self, session: AsyncSession, actor: Actor, ref: str, severity: str, reason: str = ""
    ) -> Incident:
        """Set the severity; raise Conflict when it has it already."""
        incident = await self._changeable(session, actor, ref)
        if self._severity(severity) == incident.severity:
            raise Conflict(f"{incident.ref} already is {severity}; nothing was changed")
        changed = events.SeverityChanged(before=incident.severity, after=severity, reason=reason)
        return await self._append(session, actor, incident, changed)

    async def post_update(self, session: AsyncSession, actor: Actor, ref: str, message: str) -> Incident:
        """Tell everybody where things stand."""
        incident = await self._changeable(session, actor, ref)
        if not message.strip():
            raise Invalid("an update needs a sentence; nothing was posted")
        return await self._append(session, actor, incident, events.UpdatePosted(message=message.strip()))

    async def assign_role(
        self, session: AsyncSession, actor: Actor, ref: str, assigned: events.RoleAssigned
    ) -> Incident:
        """Give a role to a person; whoever had it has it no more."""
        incident = await self._changeable(session, actor, ref)
        if assigned.role not in self._organisation.roles:
            raise Invalid(
                f"there is no role {assigned.role!r}; the roles are {', '.join(self._organisation.roles)}"
            )
        return await self._append(session, actor, incident, assigned)

    async def pin(self, session: AsyncSession, actor: Actor, ref: str, pin: Pin) -> Incident:
        """Put a message on the timeline at its own time; a hidden one is shown again."""
        incident = await self._changeable(session, actor, ref)
        pinned = events.MessagePinned(**pin.model_dump(exclude={"at"}))
        fact = self._fact(actor, incident, pinned).model_copy(
            update={"source_ref": pin.ref, "occurred_at": pin.at}
        )
        if not await self._log.append(session, f"incident/{incident.id}", [fact]):
            await self._append(session, actor, incident, events.EntryShown(source_ref=pin.ref))
        return incident

    async def hide(self, session: AsyncSession, actor: Actor, ref: str, source_ref: str) -> Incident:
        """Show a timeline entry no more; the log keeps it."""
        incident = await self._changeable(session, actor, ref)
        return await self._append(session, actor, incident, events.EntryHidden(source_ref=source_ref))

    async def read(self, session: AsyncSession, actor: Actor, ref: str) -> Incident:
        """Return the incident; raise NotFound when there is none, or it is private and not the actor's."""
        return await self._found(session, actor, ref, "incident.read")

    async def _changeable(self, session: AsyncSession, actor: Actor, ref: str) -> Incident:
        incident = await self._found(session, actor, ref, "incident.change")
        # One command at a time: the second one decides on what the first one left.
        await session.refresh(incident, with_for_update=True)
        return incident

    async def _found(self, session: AsyncSession, actor: Actor, ref: str, verb: Verb) -> Incident:
        incident = await find(session, ref)
        self._access.authorize(actor, verb)
        if incident.private and not self._belongs(actor, incident):
            raise NotFound(f"there is no incident {ref}")
        return incident

    def _belongs(self, actor: Actor, incident: Incident) -> bool:
        names = self._access.principals(actor)
        theirs = {incident.opened_by_id, "role:admin", *(f"slack:{person}" for person in incident.people)}
        return actor.kind == "system" or bool(theirs & names)

    async def _append(
        self, session: AsyncSession, actor: Actor, incident: Incident, event: Event
    ) -> Incident:
        await self._log.append(session, f"incident/{incident.id}", [self._fact(actor, incident, event)])
        return incident

    def _fact(self, actor: Actor, incident: Incident, event: Event) -> Fact:
        return Fact(event=event, actor=actor, source=actor.kind, incident_id=incident.id)

    def _usual_severity(self, service: str | None) -> str:
        known = self._organisation.services
        if service is not None and service not in known:
            raise Invalid(
                f"there is no service {service!r}; the catalogue has {', '.join(sorted(known)) or 'none'}"
            )
        return (known[service].severity if service else None) or self._organisation.default_severity

    def _severity(self, name: str) -> str:
        if self._organisation.severity(name) is None:
            known = ", ".join(one.name for one in self._organisation.severities)
            raise Invalid(f"there is no severity {name!r}; the severities are {known}")
        return name
