"""Who is who: names behind ids, and the roles people had at a time."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from datetime import datetime

from tocsin.events import Actor
from tocsin.events.incident import PeopleInvited, RoleAssigned
from tocsin.log import Entry


class People:
    """What the entries say about people. One person may come through several doors: the email joins them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names: dict[str, str] = {}
        self._emails: dict[str, str] = {}
        assigned: list[tuple[datetime, int, RoleAssigned]] = []
        for entry in entries:
            self._meet(entry.actor)
            if isinstance(entry.event, PeopleInvited):
                self._names = {**entry.event.names, **self._names}
            if isinstance(entry.event, RoleAssigned):
                self._names.setdefault(entry.event.person, entry.event.person_name)
                assigned.append((entry.occurred_at, entry.position, entry.event))
        assigned.sort(key=lambda one: one[:2])
        self._moments = [(at, position) for at, position, _ in assigned]
        self._held = _snapshots(event for _, _, event in assigned)

    def name(self, person: str) -> str:
        """Return the person's name, or the id where nobody told it."""
        return self._names.get(person, person)

    def key(self, person: str) -> str:
        """Return what is the same for one person through every door."""
        return self._emails.get(person, person).lower()

    def key_of(self, actor: Actor) -> str:
        """Return the actor's ``key``."""
        return self.key(actor.email or actor.id)

    def roles(self, person: str, at: datetime, position: int) -> str | None:
        """Return the roles somebody had just before that point of the timeline, or None."""
        before = self._held[bisect_left(self._moments, (at, position))]
        held = [role for role, holder in before.items() if self.key(holder) == self.key(person)]
        return ", ".join(held) or None

    def roles_of(self, entry: Entry) -> str | None:
        """Return the roles the entry's actor had when it happened, or None."""
        return self.roles(entry.actor.email or entry.actor.id, entry.occurred_at, entry.position)

    def _meet(self, actor: Actor) -> None:
        if actor.name:
            self._names[actor.id] = actor.name
        if actor.email:
            self._emails[actor.id] = actor.email


def _snapshots(assigned: Iterable[RoleAssigned]) -> list[Mapping[str, str]]:
    """Return who held which role before the first assignment, after it, after the second, and so on."""
    held: list[Mapping[str, str]] = [{}]
    for event in assigned:
        held.append({**held[-1], event.role: event.person})
    return held
