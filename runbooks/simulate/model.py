"""What a file of tests says, as frozen models: ``x.test.yaml`` beside the runbook ``x.yaml``."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime, Field, JsonValue

from tocsin.runbooks.model.base import Model
from tocsin.runbooks.simulate.acts import Act
from tocsin.runbooks.simulate.answers import Span, World
from tocsin.runbooks.simulate.expected import Expect

BEGAN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When a run is asked for of which nothing is said: a Monday morning."""
SYSTEM_NAME = "system"
"""Stands in ``requested_by`` for a trigger."""


class Held(Model):
    """A lock that another run holds at first."""

    resource: str
    """The lock's key: ``deploy:shop/checkout``, or what an action names."""
    for_: Span = Field(alias="for")
    """Until when, from the beginning of the run."""


class Freeze(Model):
    """A time in which a calendar forbids changes, counted from the beginning of the run."""

    calendar: str
    """Its name, as in ``guardrails.freeze``."""
    from_: Span = Field(default=timedelta(0), alias="from")
    """When it begins."""
    until: Span
    """When it is over."""
    why: str = ""
    """What people read about it."""


class Case(Model):
    """One run."""

    name: str = Field(min_length=1, max_length=200)
    """What it shows, in a sentence."""
    inputs: dict[str, JsonValue] = {}
    """Beside those of the file; each replaces the one of its name."""
    requested_by: str = "ana"
    """Who asks for it; ``system`` for a trigger."""
    trigger: str = "manual"
    """What started it, as ``run`` knows it."""
    mode: Literal["propose", "auto"] = "auto"
    """propose: it asks before its first change even where no step does."""
    at: AwareDatetime = BEGAN
    """When it is asked for."""
    event: JsonValue = None
    """The webhook that started it."""
    alert: dict[str, JsonValue] | None = None
    """The alert that started it, as far as it matters; the rest is made up."""
    incident: dict[str, JsonValue] | None = None
    """The incident that it belongs to, as far as it matters; the rest is made up. ``channel: null``: not open
    yet."""
    break_glass: str = ""
    """Why a freeze does not hold for it."""
    keep: dict[str, dict[str, JsonValue]] = {}
    """Steps that are taken over as done, with their outputs, as in a rerun."""
    held: tuple[Held, ...] = ()
    """Locks that the run has to wait for."""
    freezes: tuple[Freeze, ...] = ()
    """When nothing may be changed."""
    world: World = {}
    """Beside that of the file: ``run`` of an action here replaces ``run`` of it there, and so on."""
    people: tuple[Act, ...] = ()
    """What people do. Nobody does anything that does not stand here."""
    expect: Expect
    """What is to come of it."""


class Tests(Model):
    """A file of tests."""

    schema_: Literal["runbook-test/v1"] = Field(alias="schema")
    """The version of these keys."""
    runbook: str | None = None
    """Path of the runbook, seen from this file. Left out: the file of the same name without ``.test``."""
    cast: dict[str, tuple[str, ...]] = {}
    """The principals that people are: ``bo: [group:dba]``. Whoever is not listed is in every group that the
    runbook names."""
    inputs: dict[str, JsonValue] = {}
    """Inputs of every case."""
    world: World = {}
    """The world of every case."""
    cases: tuple[Case, ...] = Field(min_length=1, max_length=200)
    """The runs, each on its own."""
