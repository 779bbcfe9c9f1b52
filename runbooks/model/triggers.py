"""What starts a run by itself: the entries of ``on:``."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from tocsin.runbooks.model.base import Duration, Expression, Model, Value
from tocsin.zones import Zone

BY_HAND = ("slash", "manual")
KINDS = ("pagerduty", "alert", "incident", "webhook", "schedule", "runbook", *BY_HAND)


def _pagerduty(value: object) -> object:
    """Let ``{event: incident.triggered}`` stand for ``incident.triggered``."""
    return value["event"] if isinstance(value, dict) and value.keys() == {"event"} else value


def _schedule(value: object) -> object:
    """Let ``"0 4 * * 1-5"`` stand for ``{cron: "0 4 * * 1-5"}``."""
    return {"cron": value} if isinstance(value, str) else value


def _ended(value: object) -> object:
    """Let a runbook's name stand for ``{name: …}``."""
    return {"name": value} if isinstance(value, str) else value


def _cron(text: str) -> str:
    try:
        if len(text.split()) != 5:
            raise CronSimError("Wrong number of fields")
        next(CronSim(text, datetime.now(UTC)))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "no day is like that"
        raise ValueError(
            f"{text!r} is no cron expression ({why}); write minute, hour, day of month, month, day of week:"
            " `0 4 * * 1-5`"
        ) from None
    return text


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

    cron: Annotated[str, AfterValidator(_cron)]
    """Five fields: minute, hour, day of month, month, day of week."""
    timezone: Zone = "UTC"
    """IANA name, such as ``Europe/Berlin``. A time that the clock skips is made up for right after; one that
    comes twice counts once. Where the hour is ``*``, every hour counts."""


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
    """Start nothing within this time after the last run that this trigger started, or suggested."""
    storm: Storm | None = None
    """A trigger that only suggests says nothing further in a storm."""
    max_age: Duration = timedelta(hours=1)
    """An older event starts nothing; what happened during an outage is history, not a trigger."""

    @property
    def kind(self) -> str:
        """Return which of the kinds it is."""
        return self._kinds()[0]

    @property
    def unused(self) -> tuple[str, ...]:
        """Return what is said about a run that nothing starts by itself, and so means nothing."""
        if self.kind not in BY_HAND:
            return ()
        fields = {name: field for name, field in type(self).model_fields.items() if name not in KINDS}
        said = [name for name, field in fields.items() if getattr(self, name) != field.default]
        return tuple(fields[name].alias or name for name in said)

    def _kinds(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind) not in (None, False)]

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        if len(self._kinds()) != 1:
            named = ", ".join(f"`{kind}`" for kind in KINDS[:-1])
            raise ValueError(f"a trigger has exactly one of {named} and `manual: true`")
        return self
