"""One step: what it does, and what has to be true before and after it."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tocsin.errors import ErrorClass
from tocsin.runbooks.model.approvals import Approval
from tocsin.runbooks.model.base import (
    Duration,
    Expression,
    Expressions,
    Model,
    Value,
    one_or_more,
    parse_duration,
)
from tocsin.runbooks.model.inputs import InputSpec

KINDS = ("uses", "parallel", "manual", "wait", "set", "runbook")
"""What a step can do; without any of them it only asserts or asks."""
Waves = Annotated[int, Field(ge=1)] | Annotated[str, Field(pattern=r"^([1-9][0-9]?|100)%$")] | Literal["rest"]

Failing = Literal["fail", "continue", "compensate"]
"""What follows when a step has failed for good."""


def _checks(value: object) -> object:
    """Let ``none`` stand for no checks at all, and one check for a list of it."""
    return () if value == "none" else one_or_more(value)


def _wait(value: object) -> object:
    """Let ``5m`` stand for ``{for: 5m}``."""
    return {"for": parse_duration(value)} if isinstance(value, str) else value


def _handler(value: object) -> object:
    """Let a bare list of steps stand for ``{steps: [...]}``."""
    return {"steps": value} if isinstance(value, list | tuple) else value


class Retry(Model):
    """How a failed attempt is tried again; only for the error classes named."""

    max: int = Field(default=3, ge=0, le=20)
    """Further attempts after the first."""
    backoff: Literal["fixed", "exponential"] = "exponential"
    base: Duration = timedelta(seconds=2)
    cap: Duration = timedelta(seconds=60)
    jitter: bool = True
    on: tuple[ErrorClass, ...] = (ErrorClass.TRANSIENT, ErrorClass.THROTTLED, ErrorClass.CONFLICT)


class Look(Model):
    """How the world is looked at, and how often. Neither ``uses`` nor ``assert``: the action's own way."""

    uses: str | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    assert_: Expression | None = Field(default=None, alias="assert")
    interval: Duration = timedelta(seconds=5)
    for_: Duration = Field(default=timedelta(0), alias="for")
    """How long it must hold."""
    consecutive: int = Field(default=1, ge=1, le=1000)
    """How many passes in a row it takes."""
    deadline: Duration = timedelta(minutes=5)
    on_inconclusive: Literal["fail", "ask"] = "fail"
    """What follows when the deadline is over and nothing could be seen: the step failed, or a person says."""


class Check(Look):
    """One entry of ``verify``: an action that reads, and an assertion over its output ``value``.

    Without ``uses`` the assertion is over the step's own output.
    """

    @model_validator(mode="after")
    def _looks_at_something(self) -> Self:
        if self.uses is None and self.assert_ is None:
            raise ValueError("a check needs `uses` (what to read), `assert` (what must hold), or both")
        if self.with_ and self.uses is None:
            raise ValueError("`with` belongs to `uses`; name the action that reads")
        return self


class Foreach(Model):
    """Do the step once for every item."""

    items: tuple[Value, ...] | str
    """A list, or ``${{ }}`` that yields one; at most 1,000 items."""
    as_: str = Field(default="item", alias="as", pattern=r"^[a-z][a-z0-9_]{0,39}$")
    """What expressions call the item."""
    max_parallel: int | None = Field(default=None, ge=1, le=100)
    """How many at the same time. Left out: one after the other, or a whole wave."""
    waves: tuple[Waves, ...] = ()
    """How many items at a time: a number, a share of all, ``rest``. The next wave begins when all of the one
    before succeeded."""
    fail_fast: bool = True
    """Begin no further item when one has failed."""
    stop_when: Expression | None = None
    """Looked at after every item: once it holds, no further item is begun."""


class Wait(Model):
    """Sleep: for a time, until a moment, or until something holds."""

    for_: Duration | None = Field(default=None, alias="for")
    until: Expression | None = None
    """Looked at again every ``interval``."""
    at: str | None = None
    """A moment, RFC 3339, or ``${{ }}`` that yields one."""
    interval: Duration = timedelta(seconds=15)
    deadline: Duration = timedelta(hours=1)
    """How long ``until`` may take; the step has failed then."""

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if sum(one is not None for one in (self.for_, self.until, self.at)) != 1:
            raise ValueError(
                "`wait` is a duration such as `5m`, or has exactly one of `for`, `until` and `at`"
            )
        return self


class Manual(Model):
    """Something that a person does, and says that it is done."""

    assignee: str | None = None
    """A principal; only they complete it. Left out: every responder."""
    instructions: str = ""
    """Text with ``${{ }}``."""
    checklist: tuple[str, ...] = Field(default=(), max_length=20)
    """Every entry has to be ticked."""
    fields: dict[str, InputSpec] = {}
    """What the person fills in: the step's outputs, and evidence in the postmortem."""


class Timeline(Model):
    """How the step stands in the incident's channel and timeline."""

    level: Literal["hidden", "info", "major"] = "info"
    summary: str = ""
    """Text with ``${{ }}``, said when the step has succeeded."""

    @property
    def tells(self) -> bool:
        """Say whether there is anything to be said."""
        return self.level != "info" or self.summary != ""


class UndoSteps(Model):
    """Steps that undo this one, instead of the action's own way."""

    steps: tuple[Step, ...] = Field(min_length=1, max_length=20)


class Handler(Model):
    """What happens when the step has failed for good."""

    steps: Annotated[tuple[Step, ...], Field(max_length=20)] = ()
    then: Failing = "fail"
    end: Literal["success"] | None = None
    """End the whole run here, as a success."""
    note: str = ""
    """Why that is a success: the run's summary."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if bool(self.steps) == (self.end is not None):
            raise ValueError("`on_failure` has either `steps` or `end: success`")
        return self


class Step(Model):
    """One step: exactly one of ``uses, parallel, manual, wait, set, runbook`` says what it does.

    Without any of them it is a gate: ``assert`` alone, or ``approve`` alone.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = ""
    uses: str | None = None
    runbook: str | None = None
    """Name of another runbook, as it is published when the run is asked for; ``with`` holds its inputs."""
    with_: dict[str, Value] = Field(default={}, alias="with")
    parallel: tuple[Step, ...] = Field(default=(), max_length=50)
    """Steps that begin together; this one is done when all of them are."""
    manual: Manual | None = None
    wait: Annotated[Wait | None, BeforeValidator(_wait, json_schema_input_type=Wait | Duration | None)] = None
    set: dict[str, Value] | None = None
    """Values that are computed here and kept: the step's outputs."""
    foreach: Foreach | None = None
    if_: Expression | None = Field(default=None, alias="if")
    approve: Approval | None = None
    assert_: Expressions = Field(default=(), alias="assert")
    """Alone: what must hold for the run to go on. With ``uses``: over the step's own output, ``value``."""
    retry: Retry = Retry()
    timeout: Duration | None = None
    """One attempt: 5m of an action, 24h of a manual step."""
    deadline: Duration | None = None
    """All attempts together."""
    verify: Annotated[
        tuple[Check, ...] | None,
        BeforeValidator(_checks, json_schema_input_type=Literal["none"] | Check | tuple[Check, ...] | None),
    ] = None
    """Left out: the action's own verify. ``none``: no look at the world."""
    undo: Literal["auto", "none"] | UndoSteps = "auto"
    point_of_no_return: bool = False
    """Once it has happened, nothing before it is undone any more."""
    on_failure: Annotated[
        Failing | Handler,
        BeforeValidator(_handler, json_schema_input_type=Failing | Handler | tuple[Step, ...]),
    ] = "fail"
    outputs: dict[str, Value] = {}
    """Further outputs, computed from the action's own: ``value``."""
    timeline: Timeline = Timeline()

    @property
    def title(self) -> str:
        """Return the name people see."""
        return self.name or self.id

    @cached_property
    def kind(self) -> str:
        """Return what it does: a key of KINDS, ``assert`` or ``approve``."""
        return next(iter(self._kinds()), "assert" if self.assert_ else "approve")

    @property
    def limit(self) -> timedelta:
        """Return how long one attempt may take."""
        usual = timedelta(hours=24) if self.manual else timedelta(minutes=5)
        return self.timeout or usual

    @property
    def handlers(self) -> tuple[Step, ...]:
        """Return the steps that are run when this one has failed."""
        return self.on_failure.steps if isinstance(self.on_failure, Handler) else ()

    @property
    def undo_steps(self) -> tuple[Step, ...]:
        """Return the steps that undo this one, where the runbook brings its own."""
        return self.undo.steps if isinstance(self.undo, UndoSteps) else ()

    @cached_property
    def inner(self) -> tuple[Step, ...]:
        """Return every step that stands inside this one."""
        return (*self.parallel, *self.handlers, *self.undo_steps)

    @property
    def failing(self) -> Failing:
        """Return what follows once it has failed and its handler is through."""
        return self.on_failure.then if isinstance(self.on_failure, Handler) else self.on_failure

    def _kinds(self) -> list[str]:
        return [kind for kind in KINDS if getattr(self, kind) not in (None, ())]

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        kinds = self._kinds()
        if len(kinds) > 1:
            raise ValueError(f"`{kinds[0]}` and `{kinds[1]}` in one step: make two steps of them")
        if not kinds and bool(self.assert_) == (self.approve is not None):
            named = ", ".join(f"`{kind}`" for kind in KINDS)
            raise ValueError(f"a step has exactly one of {named}, `assert` alone or `approve` alone")
        for key, fits, where in (
            ("with_", {"uses", "runbook"}, "`uses` or `runbook`"),
            ("verify", {"uses"}, "`uses`"),
            ("outputs", {"uses"}, "`uses`"),
            ("point_of_no_return", {"uses"}, "`uses`"),
        ):
            if getattr(self, key) and self.kind not in fits:
                raise ValueError(f"`{key.rstrip('_')}` belongs to a step with {where}")
        if self.assert_ and self.kind not in {"uses", "assert"}:
            raise ValueError("`assert` stands alone, or with `uses`")
        if self.approve is not None and self.kind not in {"uses", "approve"}:
            raise ValueError("`approve` stands alone, or with `uses`, before the change that it is for")
        return self
