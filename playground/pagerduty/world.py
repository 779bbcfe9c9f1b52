"""What an account knows before anything breaks: people, services, policies, schedules, priorities."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from tocsin.playground.pagerduty.errors import Refusal

T = TypeVar("T")


class Reference(BaseModel):
    """A thing as other things mention it. `path` is its place below the API's and the web page's address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: str
    summary: str
    path: str


class Thing(BaseModel):
    """A fixed resource of the account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str


class Person(Thing):
    """A user. `handle` is how the practice verbs name them."""

    handle: str
    email: str
    time_zone: str
    job_title: str

    @property
    def reference(self) -> Reference:
        return Reference(id=self.id, kind="user", summary=self.name, path=f"users/{self.id}")


class Team(Thing):
    """A team of users."""

    @property
    def reference(self) -> Reference:
        return Reference(id=self.id, kind="team", summary=self.name, path=f"teams/{self.id}")


class Schedule(Thing):
    """An on-call schedule. Here nobody rotates: the first of `users` is always on call."""

    users: tuple[str, ...]
    time_zone: str

    @property
    def reference(self) -> Reference:
        return Reference(id=self.id, kind="schedule", summary=self.name, path=f"schedules/{self.id}")


class Policy(Thing):
    """An escalation policy: one schedule on each level, the first level first."""

    levels: tuple[str, ...]
    delay_minutes: int = 15

    @property
    def reference(self) -> Reference:
        return Reference(
            id=self.id, kind="escalation_policy", summary=self.name, path=f"escalation_policies/{self.id}"
        )


class Priority(Thing):
    """An incident priority, P1 the highest."""

    description: str

    @property
    def reference(self) -> Reference:
        return Reference(id=self.id, kind="priority", summary=self.name, path=f"priorities/{self.id}")


class Service(Thing):
    """A service with its one Events API v2 integration; `routing_key` is that integration's key."""

    description: str
    policy: str
    routing_key: str

    @property
    def reference(self) -> Reference:
        return Reference(id=self.id, kind="service", summary=self.name, path=f"services/{self.id}")

    @property
    def integration(self) -> Reference:
        own = f"{self.id}I"
        path = f"services/{self.id}/integrations/{own}"
        return Reference(id=own, kind="inbound_integration", summary="Events API V2", path=path)


class World(BaseModel):
    """The fixed part of an account. Every lookup raises Refusal 404 for what is not there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: Team
    people: tuple[Person, ...]
    schedules: tuple[Schedule, ...]
    policies: tuple[Policy, ...]
    services: tuple[Service, ...]
    priorities: tuple[Priority, ...]

    def person(self, named: str) -> Person:
        """Find a user by id, handle or e-mail address."""
        return _first([p for p in self.people if named in (p.id, p.handle, p.email)], f"User {named}")

    def service(self, named: str) -> Service:
        """Find a service by id or name."""
        return _first([s for s in self.services if named in (s.id, s.name)], f"Service {named}")

    def service_of(self, routing_key: str) -> Service | None:
        """Find the service an Events API routing key belongs to."""
        return next((s for s in self.services if s.routing_key == routing_key), None)

    def policy(self, named: str) -> Policy:
        """Find an escalation policy by id or name."""
        return _first([p for p in self.policies if named in (p.id, p.name)], f"Escalation Policy {named}")

    def schedule(self, named: str) -> Schedule:
        """Find a schedule by id or name."""
        return _first([s for s in self.schedules if named in (s.id, s.name)], f"Schedule {named}")

    def priority(self, named: str) -> Priority:
        """Find a priority by id or name."""
        return _first([p for p in self.priorities if named in (p.id, p.name)], f"Priority {named}")

    def on_call(self, policy: Policy, level: int) -> Person:
        """Say who is on call on a level of a policy, counted from 1."""
        return self.person(self.schedule(policy.levels[level - 1]).users[0])


def _first(found: list[T], what: str) -> T:
    if not found:
        raise Refusal.not_found(what)
    return found[0]
