"""What starts a run by itself: the entries of ``on:``."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tocsin.runbooks.model.base import Duration, Expression, Model, Value

KINDS = ("pagerduty", "alert", "incident", "webhook", "schedule", "runbook", "slash", "manual")


def _pagerduty(value: object) -> object:
    """Let ``{event: incident.triggered}`` stand for ``incident.triggered``."""
    return value["event"] if isinstance(value, dict) and value.keys() == {"event"} else value


def _schedule(value: object) -> object:
    """Let ``"0 4 * * 1-5"`` stand for ``{cron: "0 4 * * 1-5"}``."""
    return {"cron": value} if isinstance(value, str) else value


def _ended(value: object) -> object:
    """Let a runbook's name stand for ``{name: …}``."""
    return {"name": value} if isinstance(value, str) else value


class Dedupe(Model):
    """Drop a trigger whose key was seen within the window."""

    key: str
    """Text with ``${{ }}``."""
    window: Duration = timedelta(hours=1)


class Storm(Model):
    """What holds when the trigger matches more often than one event can explain."""

    max: int = Field(ge=1, le=10_000)
    """Runs within ``per`` that start as ``mode`` says."""
    per: Duration = timedelta(minutes=10)
    then: Literal["propose", "drop"] = "propose"
    """What becomes of the others."""


class Schedule(Model):
    """At which times."""

    cron: str
    """Five fields: minute, hour, day of month, month, day of week."""
    timezone: str = "UTC"
    """IANA name, such as ``Europe/Berlin``. An hour that the clock skips is made up for right after; one that
    comes twice counts once."""


class Ended(Model):
    """The end of another runbook's run."""

    name: str
    status: Literal["succeeded", "failed", "compensated", "cancelled", "expired"] = "succeeded"


class Trigger(Model):
    """One entry of ``on:``. Exactly one of the kinds is set."""

    pagerduty: Annotated[
        str | None,
        BeforeValidator(_pagerduty, json_schema_input_type=str | dict[Literal["event"], str] | None),
    ] = None
    """A PagerDuty event type, such as ``incident.triggered``."""
    alert: dict[str, str] | None = None
    """Fields that a normalised alert must equal: ``source, service, severity, status``."""
    incident: Literal["opened", "severity", "status"] | None = None
    """What happened to an incident: it was opened, or its severity or status was changed."""
    webhook: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")] | None = None
    """Name of a hook of ``tocsin.yaml``: called at ``/webhooks/runbooks/NAME``."""
    schedule: Annotated[
        Schedule | None, BeforeValidator(_schedule, json_schema_input_type=Schedule | str | None)
    ] = None
    runbook: Annotated[Ended | None, BeforeValidator(_ended, json_schema_input_type=Ended | str | None)] = (
        None
    )
    """After a run of another runbook: its name, or name and ``status``."""
    slash: str | None = None
    """Another name for ``/runbook run``."""
    manual: bool | None = None
    """People may start it; needed only where there are other triggers and no ``slash``."""
    when: Expression | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    mode: Literal["suggest", "propose", "auto"] = "propose"
    """suggest: offer a button. propose: plan now, act after approval. auto: act as the steps say."""
    dedupe: Dedupe | None = None
    cooldown: Duration | None = None
    """Start nothing within this time after the last run that this trigger started."""
    storm: Storm | None = None
    max_age: Duration = timedelta(hours=1)
    """An older event starts nothing; what happened during an outage is history, not a trigger."""

    @property
    def kind(self) -> str:
        """Return which of the kinds it is."""
        return self._kinds()[0]

    def _kinds(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind) not in (None, False)]

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if len(self._kinds()) != 1:
            named = ", ".join(f"`{kind}`" for kind in KINDS[:-1])
            raise ValueError(f"a trigger has exactly one of {named} and `manual: true`")
        return self
