"""The limits that hold for a whole run: ``guardrails:`` and ``permissions:``."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tocsin.runbooks.model.base import Duration, Expression, Model, Value, one_or_more


def _cooldown(value: object) -> object:
    """Let ``15m`` stand for ``{window: 15m}``."""
    return {"window": value} if isinstance(value, str) else value


class Permissions(Model):
    """Who may start a run, who may approve it, and which connections it may touch."""

    run: tuple[str, ...] = ()
    """Principals: ``group:sre``, ``role:admin``, ``user:ana@acme.example``, ``oncall:PSCHEDULE``. Empty:
    every responder."""
    approve: tuple[str, ...] = ()
    """Default of every step's ``approve.from``."""
    connections: tuple[str, ...] = ()


class RateLimit(Model):
    """How many runs may start within a time."""

    max: int = Field(ge=1, le=10_000)
    per: Duration
    scope: str = ""
    """Text with ``${{ }}``: runs are counted by what it yields. Empty: all runs of the runbook together."""


class Cooldown(Model):
    """How long the runbook is left alone after a run."""

    window: Duration
    per: str = ""
    """Text with ``${{ }}``: runs are told apart by what it yields."""
    then: Literal["refuse", "propose"] = "refuse"
    """What becomes of a run that is asked for within the window."""


class StopIf(Model):
    """Looked at before every change and between waves: the assertion must hold, or the run stops there."""

    uses: str
    with_: dict[str, Value] = Field(default={}, alias="with")
    assert_: Expression = Field(alias="assert")


class Guardrails(Model):
    """Limits that hold for the whole run."""

    lock: Annotated[
        tuple[str, ...],
        BeforeValidator(one_or_more, json_schema_input_type=str | tuple[str, ...]),
    ] = ()
    """Texts with ``${{ }}``: further lock keys, shared with every runbook that names them."""
    max_targets: int | None = Field(default=None, ge=1, le=10_000)
    """How many different things all plans together may change."""
    rate_limit: RateLimit | None = None
    cooldown: Annotated[
        Cooldown | None, BeforeValidator(_cooldown, json_schema_input_type=Cooldown | Duration | None)
    ] = None
    freeze: tuple[str, ...] | Literal["none"] | None = None
    """``calendar:NAME`` of ``tocsin.yaml``: no change while one of them says so. Left out: the calendars that
    hold for everybody. ``none``: it works during a freeze, and the log says so."""
    environments: dict[str, Literal["auto", "propose", "deny"]] = {}
    """By the ``environment`` of the connections that the steps use: act as asked, ask first, or refuse."""
    stop_if: StopIf | None = None
    timeout: Duration = timedelta(hours=1)
    """The whole run, time spent waiting for people not counted."""
