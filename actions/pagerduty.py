"""PagerDuty's REST API, by its official client: hand an incident on, or close it, with a note.

https://developer.pagerduty.com/api-reference
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pagerduty
from pydantic import Field

from tocsin.actions.base import Action, Change, Effect, Frozen, Permission, Plan, Risk, Verdict
from tocsin.connections import Connections, PagerDutyConnection
from tocsin.errors import ActionFailed, ErrorClass
from tocsin.trust import trusting

_TIMEOUT = 20
"""Seconds for one request."""
_KINDS = {401: ErrorClass.DENIED, 403: ErrorClass.DENIED, 404: ErrorClass.MISSING, 429: ErrorClass.THROTTLED}


class Page(Frozen):
    """The incident at PagerDuty, and what to write on it."""

    connection: str = Field(
        default="pagerduty:main", description="The account: pagerduty:NAME of tocsin.yaml"
    )
    incident: str = Field(pattern=r"^[A-Z0-9]{5,40}$", description="PagerDuty's id of it, not its number")
    note: str = Field(
        min_length=1, max_length=2000, description="Written once: the very same note is not repeated"
    )

    @property
    def resource(self) -> str:
        """The lock key."""
        return f"{self.connection}/incident/{self.incident}"


class Escalate(Page):
    """The incident, and the level of its escalation policy that shall have it."""

    level: int | None = Field(
        default=None, ge=1, le=20, description="The next one that reaches somebody else when not given"
    )


class EscalatePlan(Plan):
    """The level that was chosen."""

    level: int


class Escalated(Frozen):
    """Who has the incident now."""

    level: int
    assigned: tuple[str, ...]
    """Names of the people."""
    changed: bool
    """False when they had it already; nobody was paged again."""


class Resolved(Frozen):
    """How the incident is now."""

    changed: bool
    """False when it was resolved already."""


class EscalateIncident(Action[Escalate, EscalatePlan, Escalated]):
    """Page the next level of the escalation policy. People who have the incident are not paged again."""

    name = "pagerduty.escalate"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=1)

    def resources(self, want: Escalate) -> list[str]:
        return [want.resource]

    def permissions(self, want: Escalate) -> list[Permission]:
        return [*_rights(want), Permission(system="pagerduty", verb="oncalls.read", resource="oncalls")]

    def plan(self, want: Escalate) -> EscalatePlan:
        pager = _pager(self.connections, want)
        found = pager.open_incident(want.incident)
        levels = pager.on_call(found["escalation_policy"]["id"])
        level = want.level or _next(want, levels, _assigned(found))
        if level not in levels:
            raise _nobody(want, level)
        before, after = sorted(_assigned(found).values()), sorted(levels[level].values())
        moved = Change(resource=want.resource, field="assigned to", before=list(before), after=list(after))
        return EscalatePlan(
            summary=f"Escalate {found['summary']} to level {level}: {', '.join(after)}",
            changes=(moved, _noted(pager, want)),
            level=level,
        )

    def run(self, want: Escalate, plan: EscalatePlan, key: str) -> Escalated:
        pager = _pager(self.connections, want)
        found = pager.open_incident(want.incident)
        people = pager.on_call(found["escalation_policy"]["id"]).get(plan.level)
        if not people:
            raise _nobody(want, plan.level)
        changed = not _assigned(found).keys() >= people.keys()
        if changed:
            pager.escalate(want.incident, plan.level)
        pager.note(want.incident, want.note)
        return Escalated(level=plan.level, assigned=tuple(sorted(people.values())), changed=changed)

    def verify(self, want: Escalate, plan: EscalatePlan) -> Verdict:
        pager = _pager(self.connections, want)
        found = pager.incident(want.incident)
        people = pager.on_call(found["escalation_policy"]["id"]).get(plan.level, {})
        if found["status"] == "resolved" or _assigned(found).keys() >= people.keys():
            return Verdict(state="ok", reason=f"it is {found['status']}")
        return Verdict(state="waiting", reason=f"level {plan.level} does not have it yet")


class ResolveIncident(Action[Page, Plan, Resolved]):
    """Write a note on an incident, then resolve it."""

    name = "pagerduty.resolve_with_note"
    risk = Risk.HIGH
    effect = Effect.IDEMPOTENT
    settle = timedelta(minutes=1)

    def resources(self, want: Page) -> list[str]:
        return [want.resource]

    def permissions(self, want: Page) -> list[Permission]:
        return _rights(want)

    def plan(self, want: Page) -> Plan:
        pager = _pager(self.connections, want)
        found = pager.incident(want.incident)
        closed = Change(resource=want.resource, field="status", before=found["status"], after="resolved")
        return Plan(summary=f"Resolve {found['summary']}", changes=(closed, _noted(pager, want)))

    def run(self, want: Page, plan: Plan, key: str) -> Resolved:
        pager = _pager(self.connections, want)
        pager.note(want.incident, want.note)  # first: who is told of the end finds the reason there
        return Resolved(changed=pager.resolve(want.incident))

    def verify(self, want: Page, plan: Plan) -> Verdict:
        status = _pager(self.connections, want).incident(want.incident)["status"]
        return Verdict(state="ok" if status == "resolved" else "waiting", reason=f"it is {status}")


class Pager:
    """The verbs. Synchronous; every one but ``escalate`` may be repeated without effect."""

    def __init__(self, connection: PagerDutyConnection, ca_bundle: str | None = None) -> None:
        self._client = pagerduty.RestApiV2Client(
            connection.token.get_secret_value(),
            default_from=connection.sender,
            base_url=connection.base_url,
            verify=trusting(ca_bundle),
        )
        self._client.timeout = _TIMEOUT
        # It would sleep and try again, after a 429 for ever. Whoever calls knows better when to.
        self._client.max_network_attempts = 0
        self._client.max_http_attempts = -1
        self._client.retry = {429: 1}

    def incident(self, incident: str) -> Any:
        """Return an incident as the API shows it."""
        with _translated(f"PagerDuty incident {incident} could not be read"):
            return self._client.rget(f"/incidents/{incident}")

    def open_incident(self, incident: str) -> Any:
        """Return an incident; raise INVALID when it is resolved."""
        found = self.incident(incident)
        if found["status"] == "resolved":
            raise ActionFailed(
                f"PagerDuty incident {incident} is resolved; nobody was paged. Reopen it first.",
                ErrorClass.INVALID,
            )
        return found

    def on_call(self, policy: str) -> dict[int, dict[str, str]]:
        """Return who is on call now, by the policy's level: names by user id. Empty levels are left out."""
        levels: dict[int, dict[str, str]] = {}
        with _translated(f"who is on call in PagerDuty's policy {policy} could not be read"):
            for turn in self._client.iter_all("oncalls", params={"escalation_policy_ids[]": [policy]}):
                people = levels.setdefault(turn["escalation_level"], {})
                people[turn["user"]["id"]] = turn["user"]["summary"]
        return levels

    def escalate(self, incident: str, level: int) -> None:
        """Hand an incident to a level of its policy, and page the people there, again if need be."""
        with _translated(f"PagerDuty incident {incident} could not be escalated"):
            change = {"id": incident, "type": "incident_reference", "escalation_level": level}
            self._client.rput(f"/incidents/{incident}", json=change)

    def resolve(self, incident: str) -> bool:
        """Resolve an incident; return False when it already was."""
        with _translated(f"PagerDuty incident {incident} could not be resolved"):
            if self._client.rget(f"/incidents/{incident}")["status"] == "resolved":
                return False
            change = {"id": incident, "type": "incident_reference", "status": "resolved"}
            self._client.rput(f"/incidents/{incident}", json=change)
            return True

    def notes(self, incident: str) -> dict[str, str]:
        """Return the ids of an incident's notes, by what they say."""
        with _translated(f"the notes of PagerDuty incident {incident} could not be read"):
            found = self._client.rget(f"/incidents/{incident}/notes")
        return {note["content"]: str(note["id"]) for note in found}

    def note(self, incident: str, content: str) -> str:
        """Add a note unless the very same one is there; return its id."""
        earlier = self.notes(incident).get(content)
        if earlier is not None:
            return earlier
        with _translated(f"PagerDuty incident {incident} could not be annotated"):
            made = self._client.rpost(f"/incidents/{incident}/notes", json={"content": content})
            return str(made["id"])

    def on_duty(self, schedule: str) -> frozenset[str]:
        """Return the email addresses, in lower case, of who is on call in a schedule now.

        https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls
        """
        with _translated(f"PagerDuty could not say who is on call in {schedule}"):
            params = {"schedule_ids[]": [schedule], "include[]": ["users"]}
            found = self._client.list_all("/oncalls", params=params)
        return frozenset(one["user"]["email"].lower() for one in found if one["user"].get("email"))


def _pager(connections: Connections, want: Page) -> Pager:
    return Pager(connections.get(want.connection, PagerDutyConnection), connections.ca_bundle)


def _rights(want: Page) -> list[Permission]:
    """Return the scopes of https://developer.pagerduty.com/docs/oauth-functionality."""
    resource = f"incidents/{want.incident}"
    scopes = ("incidents.read", "incidents.write")
    return [Permission(system="pagerduty", verb=scope, resource=resource) for scope in scopes]


def _noted(pager: Pager, want: Page) -> Change:
    earlier = want.note if want.note in pager.notes(want.incident) else None
    return Change(resource=want.resource, field="note", before=earlier, after=want.note)


def _assigned(found: Any) -> dict[str, str]:
    people = [one["assignee"] for one in found["assignments"]]
    return {person["id"]: person["summary"] for person in people}


def _next(want: Escalate, levels: dict[int, dict[str, str]], assigned: dict[str, str]) -> int:
    """Return the first level above all those whose people have the incident.

    PagerDuty does not say on which level an incident is; it is told from who is assigned.
    """
    reached = [level for level, people in levels.items() if people.keys() & assigned.keys()]
    above = sorted(level for level in levels if level > max(reached, default=0))
    if reached and above:
        return above[0]
    has = ", ".join(sorted(assigned.values())) or "nobody"
    why = "no level above reaches anybody else" if reached else "nobody of them is on a level of its policy"
    raise ActionFailed(
        f"PagerDuty incident {want.incident} is assigned to {has}, and {why}; nobody was paged."
        " Give `level` to choose one.",
        ErrorClass.INVALID,
    )


def _nobody(want: Escalate, level: int) -> ActionFailed:
    return ActionFailed(
        f"nobody is on call on level {level} of the policy of PagerDuty incident {want.incident};"
        " nobody was paged. Choose another level.",
        ErrorClass.INVALID,
    )


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except pagerduty.HttpError as error:
        status = error.response.status_code if error.response is not None else 500
        kind = _KINDS.get(status, ErrorClass.TRANSIENT if status >= 500 else ErrorClass.INVALID)
        raise ActionFailed(f"{what}: HTTP {status}", kind) from None
    except pagerduty.Error as error:
        raise ActionFailed(f"{what}: {type(error).__name__}", ErrorClass.TRANSIENT) from None
