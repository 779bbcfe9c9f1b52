"""What a runbook says, as frozen models; ``load`` builds them from YAML, nothing else does."""

import hashlib
import json
import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    model_validator,
)

from tocsin.errors import ErrorClass

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=366)


def parse_duration(text: object) -> timedelta:
    """Return ``90s``, ``5m``, ``2h`` or ``1d`` as a timedelta; raise ValueError otherwise."""
    if isinstance(text, timedelta):
        return text
    match = re.fullmatch(r"([0-9]{1,8})([smhd])", str(text))
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write 90s, 5m, 2h or 1d")
    duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    if duration > _LONGEST:
        raise ValueError(f"{text!r} is longer than {_LONGEST.days} days")
    return duration


def _pagerduty(value: object) -> object:
    """Let ``{event: incident.triggered}`` stand for ``incident.triggered``."""
    return value["event"] if isinstance(value, dict) and value.keys() == {"event"} else value


def _one_or_more(value: object) -> object:
    """Let one value stand for a list of it."""
    return (value,) if isinstance(value, str | dict) else value


def _checks(value: object) -> object:
    """Let ``none`` stand for no checks at all, and one check for a list of it."""
    return () if value == "none" else _one_or_more(value)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration, json_schema_input_type=Annotated[str, Field(pattern="^[0-9]+[smhd]$")]),
    PlainSerializer(lambda value: f"{int(value.total_seconds())}s"),
]
Expression = str
"""A bare expression, as in ``if`` and ``assert``: no ``${{ }}`` around it."""
Value = JsonValue
"""A JSON value whose strings may hold ``${{ expression }}``."""


class Model(BaseModel):
    """Base: frozen, no unknown keys, YAML's own spelling accepted and written."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        serialize_by_alias=True,
        use_attribute_docstrings=True,
    )


class Dedupe(Model):
    """Drop a trigger whose key was seen within the window."""

    key: str
    """Text with ``${{ }}``."""
    window: Duration = timedelta(hours=1)


class Trigger(Model):
    """One entry of ``on:``. Exactly one of the four kinds is set."""

    pagerduty: Annotated[
        str | None,
        BeforeValidator(_pagerduty, json_schema_input_type=str | dict[Literal["event"], str] | None),
    ] = None
    """A PagerDuty event type, such as ``incident.triggered``."""
    alert: dict[str, str] | None = None
    """Fields that a normalised alert must equal: ``source, service, severity, status``."""
    slash: str | None = None
    """Another name for ``/runbook run``."""
    manual: bool | None = None
    """People may start it; needed only where there are other triggers and no ``slash``."""
    when: Expression | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    mode: Literal["propose", "auto"] = "propose"
    """propose: plan now, act after approval. auto: act as the steps say."""
    dedupe: Dedupe | None = None
    max_age: Duration = timedelta(hours=1)
    """An older event starts nothing; what happened during an outage is history, not a trigger."""

    @model_validator(mode="after")
    def _has_one_kind(self) -> Self:
        kinds = [self.pagerduty, self.alert, self.slash, self.manual or None]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("a trigger has exactly one of `pagerduty`, `alert`, `slash` and `manual: true`")
        return self


class InputSpec(Model):
    """One input of a runbook."""

    type: Literal["string", "integer", "number", "boolean", "duration", "list", "map", "enum"]
    required: bool = False
    default: JsonValue = None
    enum: tuple[JsonValue, ...] | None = None
    pattern: str | None = None
    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    description: str = ""


class Permissions(Model):
    """Who may start a run, who may approve it, and which connections it may touch."""

    run: tuple[str, ...] = ()
    """Principals: ``group:sre``, ``role:admin``, ``user:ana@acme.example``. Empty: every responder."""
    approve: tuple[str, ...] = ()
    """Default of every step's ``approve.from``."""
    connections: tuple[str, ...] = ()


class Guardrails(Model):
    """Limits that hold for the whole run."""

    lock: str | None = None
    """Text with ``${{ }}``: one more lock key, shared with every runbook that names it."""
    timeout: Duration = timedelta(hours=1)
    """The whole run, time spent awaiting approval not counted."""


class Retry(Model):
    """How a failed attempt is tried again; only for the error classes named."""

    max: int = Field(default=3, ge=0, le=20)
    """Further attempts after the first."""
    backoff: Literal["fixed", "exponential"] = "exponential"
    base: Duration = timedelta(seconds=2)
    cap: Duration = timedelta(seconds=60)
    jitter: bool = True
    on: tuple[ErrorClass, ...] = (ErrorClass.TRANSIENT, ErrorClass.THROTTLED, ErrorClass.CONFLICT)


class Approval(Model):
    """Ask people before the step."""

    from_: tuple[str, ...] = Field(default=(), alias="from")
    """Principals; empty means the runbook's ``permissions.approve``."""
    count: int = Field(default=1, ge=1, le=10)
    self_: bool = Field(default=False, alias="self")
    """Let the person who asked for the run approve it."""
    expires: Duration = timedelta(minutes=30)
    on_expiry: Literal["cancel", "skip", "compensate"] = "cancel"


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


class Step(Model):
    """One step: exactly one of ``uses``, ``wait`` and ``assert`` says what it does."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = ""
    uses: str | None = None
    with_: dict[str, Value] = Field(default={}, alias="with")
    wait: Duration | None = None
    assert_: Annotated[
        tuple[Expression, ...],
        BeforeValidator(_one_or_more, json_schema_input_type=Expression | tuple[Expression, ...]),
    ] = Field(default=(), alias="assert")
    if_: Expression | None = Field(default=None, alias="if")
    approve: Approval | None = None
    retry: Retry = Retry()
    timeout: Duration = timedelta(minutes=5)
    """One attempt of the action."""
    verify: Annotated[
        tuple[Check, ...] | None,
        BeforeValidator(_checks, json_schema_input_type=Literal["none"] | Check | tuple[Check, ...] | None),
    ] = None
    """Left out: the action's own verify. ``none``: no look at the world."""
    undo: Literal["auto", "none"] = "auto"
    on_failure: Literal["fail", "continue", "compensate"] = "fail"

    @property
    def title(self) -> str:
        """Return the name people see."""
        return self.name or self.id

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        kinds = [self.uses is not None, self.wait is not None, bool(self.assert_)]
        if kinds == [True, False, True]:
            raise ValueError("`uses` and `assert` in one step: write the assertion as `verify: {assert: …}`")
        if sum(kinds) != 1:
            raise ValueError("a step has exactly one of `uses`, `wait` and `assert`")
        if self.uses is None and (self.with_ or self.verify):
            raise ValueError("`with` and `verify` belong to a step with `uses`")
        if self.uses is None and self.approve is not None:
            raise ValueError("`approve` belongs to a step with `uses`, to the one that changes something")
        return self


class OnFailure(Model):
    """What a failed run does last."""

    compensate: bool = False
    """Undo the finished steps in reverse order."""


class Runbook(Model):
    """A whole runbook."""

    schema_: Literal["runbook/v1"] = Field(alias="schema")
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    title: str
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    on: tuple[Trigger, ...] = ()
    inputs: dict[str, InputSpec] = {}
    permissions: Permissions = Permissions()
    guardrails: Guardrails = Guardrails()
    vars: dict[str, Value] = {}
    steps: tuple[Step, ...] = Field(min_length=1, max_length=200)
    on_failure: OnFailure = OnFailure()
    outputs: dict[str, Value] = {}

    @property
    def by_hand(self) -> bool:
        """Say whether people may start it: a runbook with triggers says so among them."""
        return not self.on or any(trigger.manual or trigger.slash for trigger in self.on)

    def canonical(self) -> str:
        """Return the sorted JSON that a revision digests: no comments, no layout."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """Return the revision: SHA-256 of the canonical form, 64 hex digits."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()
