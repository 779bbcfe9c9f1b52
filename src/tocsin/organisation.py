"""What an organisation decides, in ``tocsin.yaml``: severities, services, teams, access, connections."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tocsin.connections import Connection
from tocsin.freezes import Calendar
from tocsin.publishing import RunbookPolicy, Source, refuse_same_names
from tocsin.vault import SecretSource

HookName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
CalendarName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]
EnvName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class _Decision(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(_Decision):
    """One severity. The first of the list is the worst."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,19}$")
    description: str = ""
    emoji: str = ":large_orange_circle:"


class Service(_Decision):
    """One entry of the services catalogue: the key is its slug."""

    name: str
    pagerduty: tuple[str, ...] = ()
    """Ids of the PagerDuty services that page for it."""
    severity: str | None = None
    """Severity of an incident that a page opens; the default one when not given."""
    people: tuple[str, ...] = ()
    """Whom to invite: emails or Slack user ids."""
    team: str | None = None
    labels: dict[str, str] = {}
    """For expressions, ``incident.service.labels``: namespace, deployment, cluster…"""


class Team(_Decision):
    """People who may do the same things; principals name it ``group:<key>``."""

    members: tuple[str, ...] = ()
    """Emails, Slack user ids (``slack:U0ANA``) or logins (``cli:ana``)."""


class Access(_Decision):
    """Who is what, by principals: ``group:sre``, ``user:ana@acme.example``, or ``*`` for every known person.

    Every member of the Slack workspace may declare and work on incidents. Runbooks are for responders.
    """

    responder: tuple[str, ...] = ()
    """May start and cancel runs."""
    admin: tuple[str, ...] = ()
    """May do everything but approve what they asked for."""


class PagerDuty(_Decision):
    """How the two lives of an incident follow each other."""

    on_resolved: Literal["resolve", "note"] = "resolve"
    """When the page is resolved there: resolve the incident here, or only note it on the timeline."""


class Hook(_Decision):
    """A door for whoever else shall start runbooks: ``POST /webhooks/runbooks/<key>``."""

    secret: SecretSource
    """Signs the body, or is sent as a bearer token."""


def _severities() -> tuple[Severity, ...]:
    return (
        Severity(name="sev1", description="Customers cannot use the product", emoji=":red_circle:"),
        Severity(name="sev2", description="An important part is broken", emoji=":large_orange_circle:"),
        Severity(name="sev3", description="Degraded; a workaround exists", emoji=":large_yellow_circle:"),
        Severity(name="sev4", description="A nuisance", emoji=":white_circle:"),
    )


class Organisation(_Decision):
    """Everything an organisation decides."""

    severities: tuple[Severity, ...] = Field(default_factory=_severities, min_length=1)
    default_severity: str = "sev3"
    statuses: tuple[str, ...] = ("investigating", "identified", "monitoring")
    """The live ones, in their usual order. ``resolved`` always comes last and is not listed."""
    roles: tuple[str, ...] = ("incident commander", "communications", "scribe")
    announcements: str | None = None
    """Channel (name or id) with one message per incident, kept current. The bot must be a member."""
    services: dict[str, Service] = {}
    teams: dict[str, Team] = {}
    access: Access = Access()
    connections: dict[str, Connection] = {}
    """Keyed as runbooks name them, ``kind:name``: ``k8s:main``, ``aws:prod``, ``http:statuspage``."""
    secrets: dict[str, SecretSource] = {}
    """What ``secrets.NAME`` stands for in runbooks, and where it is read from."""
    env: dict[EnvName, str | int | float | bool] = {}
    """What runbooks read as ``env.NAME``: what differs between installations. No secrets: runs show it."""
    hooks: dict[HookName, Hook] = {}
    """By the name that ``on: [{webhook: NAME}]`` of runbooks gives."""
    calendars: dict[CalendarName, Calendar] = {}
    """By the name that ``guardrails.freeze`` of runbooks gives: ``calendar:NAME``."""
    runbooks: RunbookPolicy = RunbookPolicy()
    sources: tuple[Source, ...] = ()
    """Where runbooks are kept, besides the library that ships with Tocsin and TOCSIN_RUNBOOKS."""
    pagerduty: PagerDuty = PagerDuty()
    join_window: int = Field(default=1800, ge=0)
    """Seconds: an alert joins an open incident of its service that is younger than this; 0 never joins."""

    @field_validator("connections", mode="before")
    @classmethod
    def _kinds(cls, given: object) -> object:
        """Read each connection's kind from its name."""
        if not isinstance(given, dict):
            return given
        return {name: {"kind": str(name).partition(":")[0], **(one or {})} for name, one in given.items()}

    @model_validator(mode="after")
    def _names_exist(self) -> "Organisation":
        known = [one.name for one in self.severities]
        for where, severity in [
            ("default_severity", self.default_severity),
            *((f"services.{slug}.severity", one.severity) for slug, one in self.services.items()),
        ]:
            if severity is not None and severity not in known:
                raise ValueError(f"{where} is {severity!r}; the severities are {', '.join(known)}")
        if "resolved" in self.statuses:
            raise ValueError("statuses: resolved is always there and is not listed")
        return self

    @model_validator(mode="after")
    def _sources_fit(self) -> "Organisation":
        refuse_same_names(self.sources)
        for index, source in enumerate(self.sources):
            if source.team is not None and source.team not in self.teams:
                known = ", ".join(self.teams) or "none"
                raise ValueError(f"sources.{index}.team is {source.team!r}; the teams are {known}")
            for key in ("token", "webhook_secret"):
                name = getattr(source, key)
                if name is not None and name not in self.secrets:
                    known = ", ".join(self.secrets) or "none"
                    raise ValueError(f"sources.{index}.{key} is {name!r}; the secrets are {known}")
        return self

    def severity(self, name: str) -> Severity | None:
        """Return the severity of that name, or None."""
        return next((one for one in self.severities if one.name == name), None)

    def service_of_page(self, pagerduty_id: str) -> str | None:
        """Return the slug of the service that this PagerDuty service pages for, or None."""
        return next((slug for slug, one in self.services.items() if pagerduty_id in one.pagerduty), None)
