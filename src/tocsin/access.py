"""Who may do what: one function for every door. Deny by default."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from tocsin.errors import Forbidden
from tocsin.events import Actor
from tocsin.organisation import Organisation

Verb = Literal[
    "incident.read",
    "incident.declare",
    "incident.change",
    "run.read",
    "run.start",
    "run.cancel",
    "run.approve",
    "runbook.read",
    "runbook.propose",
    "runbook.review",
    "runbook.publish",
    "automation.resume",
    "audit.read",
]

MEMBER: frozenset[Verb] = frozenset(
    {"incident.read", "incident.declare", "incident.change", "run.read", "runbook.read"}
)
"""What every known person may do."""
RESPONDER: frozenset[Verb] = MEMBER | {"run.start", "run.cancel", "runbook.propose"}
"""What the organisation's responders may do besides."""
NAMED: frozenset[Verb] = frozenset({"run.start", "run.approve", "run.cancel", "runbook.review"})
"""What those may do, without a role, whom the object itself names."""


@dataclass(frozen=True)
class Duty:
    """What somebody is on call for now, as whoever knows has told."""

    principals: frozenset[str] = frozenset()
    """``oncall:SCHEDULE``."""
    unknown: str = ""
    """Why not all of it could be found out. Never a yes."""


OFF_DUTY = Duty()


class Access:
    """Answers for one organisation."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation

    def principals(self, actor: Actor) -> frozenset[str]:
        """Return every name the actor goes by: itself, its teams, its roles, and ``*``."""
        own = {f"{actor.kind}:{actor.id}"} | ({f"user:{actor.email.lower()}"} if actor.email else set())
        teams = self._organisation.teams.items()
        names = (
            own | {f"group:{key}" for key, team in teams if own & set(map(_principal, team.members))} | {"*"}
        )
        # Whoever holds the database's password or the bootstrap token already has everything.
        admin = actor.kind == "cli" or (actor.kind, actor.id) == ("api", "bootstrap")
        if admin or names & set(self._organisation.access.admin):
            names |= {"role:admin"}
        if names & {"role:admin", *self._organisation.access.responder}:
            names |= {"role:responder"}
        return frozenset(names)

    def authorize(self, actor: Actor, verb: Verb, allowed: Iterable[str] = (), duty: Duty = OFF_DUTY) -> None:
        """Raise Forbidden unless the actor may do ``verb``.

        ``allowed`` are the object's own principals: with any given, one of them (or an admin) it must be.
        ``duty`` is what the actor is besides, by being on call.
        """
        names = self.principals(actor) | duty.principals
        if actor.kind == "system" or "role:admin" in names:
            return
        wanted = frozenset(allowed)
        if wanted and not wanted & names:
            told = f"{actor} may not {_words(verb)}: that takes {_any_of(wanted)}. Nothing was changed."
            if duty.unknown:
                told += f" Whether you are on call could not be found out: {duty.unknown}."
            raise Forbidden(told)
        rights = RESPONDER if "role:responder" in names else MEMBER
        if verb not in rights and not (wanted and verb in NAMED):
            raise Forbidden(f"{actor} may not {_words(verb)}; ask an admin of Tocsin. Nothing was changed.")


def _principal(member: str) -> str:
    """Return a team member as a principal: a bare address is a user, a bare Slack id is a Slack user."""
    if ":" in member:
        return member
    return f"user:{member.lower()}" if "@" in member else f"slack:{member}"


def _words(verb: Verb) -> str:
    kind, _, what = verb.partition(".")
    return f"{what} {'the audit log' if kind == 'audit' else f'this {kind}'}"


def _any_of(principals: frozenset[str]) -> str:
    return " or ".join(sorted(principals))
